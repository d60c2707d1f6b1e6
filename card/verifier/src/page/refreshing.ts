/** Fetches what is newer, and gives it out verified: the trust list by the pinned root, each status list by it. */

import { MAX_TOKEN as MAX_DELTA } from "../card/delta.js";
import type { Bytes } from "../card/encoding.js";
import { orRefuse } from "../card/errors.js";
import { type PublicJwk, publicJwk } from "../card/es256.js";
import {
  applied,
  type Code,
  type Seen,
  StatusList,
  sinceFile,
  TrustDir,
  type TrustList,
  VerificationError,
} from "../card/index.js";
import { json } from "../card/json.js";
import { MAX_TOKEN as MAX_STATUS } from "../card/status.js";
import { MAX_TOKEN as MAX_TRUST } from "../card/trust.js";
import { fetched, Unreachable } from "./fetching.js";
import { now } from "./times.js";

const PLACE = "../v1/lists/"; // as a verifier's folder, docs/card-profile.md section 9
const MAX_TITLES = 2 ** 20;
const ROOM = 4 * 2 ** 20; // bytes of status lists that are fetched; beyond it, only those that cards asked for
const AT_ONCE = 4;
const DELTAS = 7 * 86_400; // seconds for which what changed is told apart

/** What is kept of the lists, status lists apart. `root` was pinned on the first visit and never changes. */
export interface Kept {
  readonly root: PublicJwk;
  readonly trustList: string;
  readonly titles: Bytes;
  readonly seen: Seen;
}

/** The trust list of today and the titles it names; `before` is what is kept already. Raises: VerificationError. */
export async function fetchTrusted(before: Kept | undefined): Promise<[Kept, TrustDir]> {
  const root = before?.root ?? (await pinned());
  const trustList = text(await there("trust-list.jwt", MAX_TRUST));
  let chain: Bytes | null = null;
  let titles = before?.titles ?? (await there("titles.json", MAX_TITLES));
  const load = (): Promise<TrustDir> =>
    TrustDir.load({ root, trustList, chain, titles, status: () => null, ...(before && { seen: before.seen }) }, now());
  const dir = await load().catch(async (error: unknown) => {
    if (!before || !(error instanceof VerificationError)) {
      throw error;
    }
    if (error.code === "trust-signature") {
      chain = await fetched(`${PLACE}roots.json`, MAX_TRUST); // roots have changed since the last visit
    }
    titles = await there("titles.json", MAX_TITLES); // and it may name another table than the one kept
    return load();
  });
  return [{ root, trustList, titles, seen: dir.seen }, dir];
}

/** The root that the server names on the first visit. Raises: VerificationError, "trust-malformed". */
async function pinned(): Promise<PublicJwk> {
  const named = await there("root.json", MAX_TITLES);
  return orRefuse("trust-malformed", () => publicJwk(json(named)));
}

/** What is kept of a shard: its status list, and the changes since, both as they were signed. */
export interface Tokens {
  readonly list: Bytes;
  readonly delta: string | null;
}

/** A status list to fetch; `held` is what is kept of it already. */
export interface Wanted {
  readonly shard: number;
  readonly asked: boolean;
  readonly held: Tokens | undefined;
}

export interface Found {
  readonly tokens: Tokens;
  readonly issuedAt: number;
}

/** Status lists by shard, verified; `refused` is why one of them was not. `wanted` in the order of their worth. */
export async function fetchStatuses(
  { trust, seen }: TrustDir,
  wanted: readonly Wanted[],
): Promise<{ found: Map<number, Found>; refused: Code | undefined }> {
  const found = new Map<number, Found>();
  const left = [...wanted];
  let refused: Code | undefined;
  let room = ROOM;
  const some = async (): Promise<void> => {
    for (let next = left.shift(); next; next = left.shift()) {
      const oldest = seen.status[next.shard] ?? 0;
      try {
        const newer = room > 0 || next.asked ? await newest(next, trust, oldest) : null;
        if (newer) {
          room -= newer.tokens.list.length;
          found.set(next.shard, newer);
        }
      } catch (error) {
        refused = codeOf(error); // that of this shard stays as it was; the others are taken
      }
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, some));
  return { found, refused };
}

/** The list of a shard as it is today: what is held with the changes since, where that does, else the whole list. */
async function newest({ shard, held }: Wanted, trust: TrustList, oldest: number): Promise<Found | null> {
  const changed = held && (await withChanges(held.list, shard, trust));
  if (changed && changed.issuedAt >= oldest) {
    return changed;
  }
  const list = await fetched(`${PLACE}status/${shard}.cwt`, MAX_STATUS);
  if (!list) {
    return null;
  }
  const { issuedAt } = await StatusList.verify(list, { shard, trust, now: now(), oldest });
  return { tokens: { list, delta: null }, issuedAt };
}

async function withChanges(list: Bytes, shard: number, trust: TrustList): Promise<Found | undefined> {
  try {
    const to = await StatusList.verify(list, { shard, trust, now: now() });
    const recent = now() - to.issuedAt < DELTAS;
    const data = recent ? await fetched(PLACE + sinceFile(shard, to.issuedAt), MAX_DELTA) : null;
    const delta = data && text(data);
    return delta
      ? { tokens: { list, delta }, issuedAt: (await applied(delta, { to, trust, now: now() })).issuedAt }
      : undefined;
  } catch (error) {
    codeOf(error); // the whole list will do
    return undefined;
  }
}

function codeOf(error: unknown): Code {
  if (error instanceof VerificationError) {
    return error.code;
  }
  throw error;
}

/** What stands at `name`. Raises: Unreachable when nothing does. */
async function there(name: string, limit: number): Promise<Bytes> {
  const found = await fetched(PLACE + name, limit);
  if (!found) {
    throw new Unreachable(`got no ${name}`);
  }
  return found;
}

const text = (data: Bytes): string => new TextDecoder().decode(data).trim();
