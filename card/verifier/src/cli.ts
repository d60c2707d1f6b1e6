/**
 * Verifies cards in Node: NDJSON cases on standard input, one verdict for each on standard output.
 *
 * A case: `{"card": text of its QR or JWT | "cose": hexadecimal, "trust": folder, "now": Unix seconds,
 * "nonce"?: hexadecimal, "back"?: text of the code on the card's back}`. The folder is as section 9 of the profile has
 * it; nothing is written there.
 *
 * A verdict: `{"outcome", "code", "ms"}` and, when accepted, `claims`, `status`, `status_age_days`, `proves`, `compare`,
 * `live`, and `thumbnail`, an AVIF file in hexadecimal; `ms` is the processor's time, without that of reading the
 * folder's files. Anything else that happens ends the program.
 */
import { readFile } from "node:fs/promises";
import { createInterface } from "node:readline";
import { type Bytes, hex } from "./card/encoding.js";
import {
  avif,
  type Lists,
  type PublicJwk,
  type Seen,
  TrustDir,
  toJwt,
  VerificationError,
  verify,
  verifyBack,
} from "./card/index.js";

interface Case {
  card?: string;
  cose?: string;
  trust: string;
  now: number;
  nonce?: string;
  back?: string;
}

const KEPT = 64; // folders in memory at a time
const read = new Map<string, Promise<Lists>>();
const loaded = new Map<string, Promise<TrustDir>>();

async function verdict({ card, cose, trust, now, nonce: given, back }: Case): Promise<object> {
  const data = card ?? fromHex(cose ?? "");
  const nonce = given === undefined ? null : fromHex(given);
  const lists = await once(read, trust, () => kept(trust));
  const began = process.cpuUsage();
  try {
    const folder = await once(loaded, `${now} ${trust}`, () => TrustDir.load(lists, now));
    const { claims, statusAgeDays, ...rest } = await verify(data, { ...folder, now, nonce });
    const thumbnail =
      back === undefined ? null : avif((await verifyBack(back, { front: claims, trust: folder.trust })).frame);
    const ms = spent(began);
    return {
      ...rest,
      ...(thumbnail && { thumbnail: hex(thumbnail) }),
      claims: toJwt(claims),
      status_age_days: statusAgeDays,
      ms,
    };
  } catch (error) {
    if (!(error instanceof VerificationError)) throw error;
    return { outcome: error.outcome, code: error.code, ms: spent(began) };
  }
}

function spent(began: NodeJS.CpuUsage): number {
  const { user, system } = process.cpuUsage(began);
  return (user + system) / 1000;
}

function once<T>(held: Map<string, Promise<T>>, key: string, make: () => Promise<T>): Promise<T> {
  const value = held.get(key) ?? make();
  held.set(key, value);
  for (const oldest of held.keys()) if (held.size > KEPT) held.delete(oldest);
  return value;
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
    status: async (shard) => (await bytes(`status/${shard}.cwt`)) ?? bytes(`status/${shard}.jwt`), // refused, if former
    delta: async (shard) => (await text(`status/${shard}.delta.jwt`))?.trim() ?? null,
    ...(seen && { seen }),
  };
}

function fromHex(text: string): Bytes {
  return Uint8Array.from(text.match(/../g) ?? [], (digits) => Number.parseInt(digits, 16));
}

for await (const line of createInterface({ input: process.stdin })) {
  process.stdout.write(`${JSON.stringify(await verdict(JSON.parse(line) as Case))}\n`);
}
