/**
 * Verifies cards in Node: NDJSON cases on standard input, one verdict for each on standard output.
 *
 * A case: `{"card": text of its QR or JWT | "cose": hexadecimal, "lists": {"root", "trust_list", "titles", "statuses":
 * {shard: token}, "seen"?} | "folder": path, "now": Unix seconds}`. Lists once given may be given again by their name:
 * `{"name": ..., "lists": ...}`, then `{"name": ...}`.
 *
 * A verdict: `{"outcome", "code", "claims"?, "status"?, "status_age_days"?, "ms"}`; `ms` is the time it took, without
 * that of reading the lists. Anything else that happens ends the program.
 */
import { readFile } from "node:fs/promises";
import { createInterface } from "node:readline";
import { ascii, type Bytes } from "./card/encoding.js";
import { type Lists, type PublicJwk, type Seen, TrustDir, toJwt, VerificationError, verify } from "./card/index.js";

interface GivenLists {
  root: PublicJwk;
  trust_list: string;
  titles: string;
  statuses: Record<string, string>;
  seen?: Seen;
}

interface Case {
  card?: string;
  cose?: string;
  name?: string;
  lists?: GivenLists;
  folder?: string;
  now: number;
}

const named = new Map<string, Lists>();

async function verdict(given: Case): Promise<object> {
  const data = given.card ?? fromHex(given.cose ?? "");
  let began = performance.now();
  try {
    const lists = await TrustDir.load(await listsOf(given), given.now);
    began = performance.now();
    const { outcome, code, claims, status, statusAgeDays } = await verify(data, { ...lists, now: given.now });
    const ms = performance.now() - began;
    return { outcome, code, claims: toJwt(claims), status, status_age_days: statusAgeDays, ms };
  } catch (error) {
    if (!(error instanceof VerificationError)) throw error;
    return { outcome: error.outcome, code: error.code, ms: performance.now() - began };
  }
}

async function listsOf({ name, lists, folder }: Case): Promise<Lists> {
  const held = name === undefined ? undefined : named.get(name);
  if (held) return held;
  const read = lists ? given(lists) : await kept(folder ?? ".");
  if (name !== undefined) named.set(name, read);
  return read;
}

function given({ root, trust_list, titles, statuses, seen }: GivenLists): Lists {
  const status = (shard: number): string | null => statuses[shard] ?? null;
  return { root, trustList: trust_list, titles: ascii(titles), status, ...(seen && { seen }) };
}

/** The lists of a folder as section 9 of the profile has it. */
async function kept(folder: string): Promise<Lists> {
  const text = async (name: string): Promise<string> => (await readFile(`${folder}/${name}`, "utf8")).trim();
  return {
    root: JSON.parse(await text("root.json")) as PublicJwk,
    trustList: await text("trust-list.jwt"),
    titles: new Uint8Array(await readFile(`${folder}/titles.json`)),
    status: (shard) => text(`status/${shard}.jwt`).catch(() => null),
  };
}

function fromHex(text: string): Bytes {
  return Uint8Array.from(text.match(/../g) ?? [], (digits) => Number.parseInt(digits, 16));
}

for await (const line of createInterface({ input: process.stdin })) {
  process.stdout.write(`${JSON.stringify(await verdict(JSON.parse(line) as Case))}\n`);
}
