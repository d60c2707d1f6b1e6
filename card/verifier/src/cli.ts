/**
 * Verifies cards in Node: NDJSON cases on standard input, one verdict for each on standard output.
 *
 * A case: `{"card": text of its QR or JWT | "cose": hexadecimal, "trust": folder, "now": Unix seconds}`. The folder is
 * as section 9 of the profile has it; it is read once for each `now`, and nothing is written there.
 *
 * A verdict: `{"outcome", "code", "claims"?, "status"?, "status_age_days"?, "proves"?, "compare"?, "ms"}`; `ms` is the time it took, without
 * that of loading the folder. Anything else that happens ends the program.
 */
import { readFile } from "node:fs/promises";
import { createInterface } from "node:readline";
import type { Bytes } from "./card/encoding.js";
import { type Lists, type PublicJwk, type Seen, TrustDir, toJwt, VerificationError, verify } from "./card/index.js";

interface Case {
  card?: string;
  cose?: string;
  trust: string;
  now: number;
}

const loaded = new Map<string, Promise<TrustDir>>();

async function verdict({ card, cose, trust, now }: Case): Promise<object> {
  const data = card ?? fromHex(cose ?? "");
  let began = performance.now();
  try {
    const lists = await folder(trust, now);
    began = performance.now();
    const { claims, statusAgeDays, ...rest } = await verify(data, { ...lists, now });
    const ms = performance.now() - began;
    return { ...rest, claims: toJwt(claims), status_age_days: statusAgeDays, ms };
  } catch (error) {
    if (!(error instanceof VerificationError)) throw error;
    return { outcome: error.outcome, code: error.code, ms: performance.now() - began };
  }
}

function folder(path: string, now: number): Promise<TrustDir> {
  const key = `${now} ${path}`;
  const held = loaded.get(key) ?? kept(path).then((lists) => TrustDir.load(lists, now));
  loaded.set(key, held);
  return held;
}

async function kept(path: string): Promise<Lists> {
  const bytes = (name: string): Promise<Bytes | null> =>
    readFile(`${path}/${name}`).then(
      (data) => new Uint8Array(data),
      () => null,
    );
  const text = (name: string): Promise<string | null> => readFile(`${path}/${name}`, "utf8").catch(() => null);
  const root = JSON.parse((await text("root.json")) ?? "null") as PublicJwk | null;
  const seen = JSON.parse((await text("seen.json")) ?? "null") as Seen | null;
  return {
    root,
    trustList: (await text("trust-list.jwt"))?.trim() ?? null,
    titles: await bytes("titles.json"),
    chain: await bytes("roots.json"),
    status: async (shard) => (await text(`status/${shard}.jwt`))?.trim() ?? null,
    ...(seen && { seen }),
  };
}

function fromHex(text: string): Bytes {
  return Uint8Array.from(text.match(/../g) ?? [], (digits) => Number.parseInt(digits, 16));
}

for await (const line of createInterface({ input: process.stdin })) {
  process.stdout.write(`${JSON.stringify(await verdict(JSON.parse(line) as Case))}\n`);
}
