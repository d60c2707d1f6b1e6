/**
 * The lists on this device: the root that was pinned on the first visit, the trust list, titles, status lists, and
 * what was seen, so that nothing older is ever taken. Only what was verified is kept, all of a refresh or nothing.
 */

import type { PublicJwk } from "../card/es256.js";
import { type Code, type Seen, StatusList, TrustDir, type TrustList, VerificationError } from "../card/index.js";
import { MAX_TOKEN as MAX_STATUS } from "../card/status.js";
import { MAX_TOKEN as MAX_TRUST } from "../card/trust.js";
import { clear, readAll, write } from "./database.js";
import { fetched, Unreachable } from "./fetching.js";
import { now } from "./times.js";

const PLACE = "lists/";
const MAX_TITLES = 2 ** 20;
const ROOM = 4 * 2 ** 20; // characters of status lists that are kept; beyond it, only those that cards asked for
const AT_ONCE = 4;

interface Kept {
  readonly root: PublicJwk;
  readonly trustList: string;
  readonly titles: Uint8Array<ArrayBuffer>;
  readonly seen: Seen;
}

/** What a refresh has brought. `lists`: how many status lists are newer than before; `code`: why one was refused. */
export type Refreshed =
  | { readonly kind: "new" | "same"; readonly lists: number }
  | { readonly kind: "offline" }
  | { readonly kind: "refused"; readonly code: Code };

/** How old the lists are; times in Unix seconds. `oldest` of all that are held, which is what to tell people. */
export interface Held {
  readonly trust: TrustList;
  readonly oldest: number;
  readonly overdue: boolean;
  readonly status: readonly StatusList[];
  readonly shards: number;
  readonly characters: number;
}

export class Lists {
  #kept: Kept | undefined;
  #status = new Map<number, string>();
  #asked = new Set<number>();
  #dir: Promise<TrustDir> | undefined;
  #refreshing: Promise<Refreshed> | undefined;

  /** What an earlier visit left on the device. */
  static async open(): Promise<Lists> {
    const lists = new Lists();
    for (const [name, value] of await readAll()) {
      if (name === "kept") {
        lists.#kept = value as Kept;
      } else if (name.startsWith("status/")) {
        lists.#status.set(Number(name.slice(7)), value as string);
      }
    }
    return lists;
  }

  get root(): PublicJwk | undefined {
    return this.#kept?.root;
  }

  /** What cards are verified against. Raises: VerificationError, as "trust-missing" before the first refresh. */
  async dir(): Promise<TrustDir> {
    const kept = this.#kept;
    if (!kept) {
      throw new VerificationError("trust-missing");
    }
    this.#dir ??= TrustDir.load({ ...kept, status: (shard) => this.#lookUp(shard) }, now());
    try {
      return await this.#dir;
    } catch (error) {
      this.#dir = undefined; // a clock that was behind may be right by now
      throw error;
    }
  }

  #lookUp(shard: number): string | null {
    this.#asked.add(shard);
    return this.#status.get(shard) ?? null;
  }

  /** What is held, for people to see; undefined when there is nothing that may be used. */
  async held(): Promise<Held | undefined> {
    try {
      const { trust, status } = await this.dir();
      const read = await Promise.allSettled([...this.#status.keys()].map(status));
      const lists = read
        .map((each) => (each.status === "fulfilled" ? each.value : null))
        .filter((list) => list !== null);
      return {
        trust,
        oldest: Math.min(trust.issuedAt, ...lists.map((list) => list.issuedAt)),
        overdue: [trust, ...lists].some((list) => list.expiresAt < now()) || lists.length === 0,
        status: lists,
        shards: shardsOf(trust).length,
        characters: charactersOf(this.#status),
      };
    } catch (error) {
      if (error instanceof VerificationError) {
        return undefined;
      }
      throw error;
    }
  }

  /** Fetch what is newer. Does nothing twice at once. */
  refresh(): Promise<Refreshed> {
    this.#refreshing ??= this.#refresh().finally(() => {
      this.#refreshing = undefined;
    });
    return this.#refreshing;
  }

  async #refresh(): Promise<Refreshed> {
    try {
      const [kept, dir] = await this.#trusted();
      const { found, refused } = await this.#statuses(dir);
      for (const [shard, list] of found) {
        kept.seen.status[shard] = list.issuedAt;
      }
      const changed = [...found].filter(([shard, { token }]) => this.#status.get(shard) !== token);
      const isNew = changed.length > 0 || kept.trustList !== this.#kept?.trustList;
      await this.#keep(kept, new Map(changed.map(([shard, { token }]) => [shard, token])));
      return refused ? { kind: "refused", code: refused } : { kind: isNew ? "new" : "same", lists: changed.length };
    } catch (error) {
      if (error instanceof VerificationError) {
        return { kind: "refused", code: error.code };
      }
      if (error instanceof Unreachable) {
        return { kind: "offline" };
      }
      throw error;
    }
  }

  /** The trust list of today, verified by the pinned root, and the titles it names. */
  async #trusted(): Promise<[Kept, TrustDir]> {
    const before = this.#kept;
    const root = before?.root ?? (JSON.parse(await text("root.json", MAX_TITLES)) as PublicJwk);
    const trustList = await text("trust-list.jwt", MAX_TRUST);
    const given = { root, trustList, status: () => null, ...(before && { seen: before.seen }) };
    let titles = before?.titles ?? (await bytes("titles.json", MAX_TITLES));
    const load = (): Promise<TrustDir> => TrustDir.load({ ...given, titles }, now());
    const dir = await load().catch(async (error: unknown) => {
      if (before && error instanceof VerificationError && error.code === "titles-altered") {
        titles = await bytes("titles.json", MAX_TITLES);
        return load();
      }
      throw error;
    });
    return [{ root, trustList, titles, seen: dir.seen }, dir];
  }

  async #statuses({ trust, seen }: TrustDir): Promise<{ found: Map<number, Found>; refused: Code | undefined }> {
    const found = new Map<number, Found>();
    let refused: Code | undefined;
    let room = ROOM;
    const wanted = this.#wanted(trust);
    const one = async (): Promise<void> => {
      for (let shard = wanted.shift(); shard !== undefined; shard = wanted.shift()) {
        if (room <= 0 && !this.#asked.has(shard)) {
          continue;
        }
        try {
          const token = await optionalText(`status/${shard}.jwt`, MAX_STATUS);
          if (token) {
            room -= token.length;
            const oldest = seen.status[shard] ?? 0;
            const { issuedAt } = await StatusList.verify(token, { shard, trust, now: now(), oldest });
            found.set(shard, { token, issuedAt });
          }
        } catch (error) {
          if (!(error instanceof VerificationError)) {
            throw error;
          }
          refused = error.code; // that of this shard stays as it was; the others are taken
        }
      }
    };
    await Promise.all(Array.from({ length: AT_ONCE }, one));
    return { found, refused };
  }

  /** Shards to ask for, those that cards named first, then those held. */
  #wanted(trust: TrustList): number[] {
    const worth = (shard: number): number => (this.#asked.has(shard) ? 0 : this.#status.has(shard) ? 1 : 2);
    return shardsOf(trust).sort((one, other) => worth(one) - worth(other) || one - other);
  }

  async #keep(kept: Kept, status: ReadonlyMap<number, string>): Promise<void> {
    const entries = [...status].map(([shard, token]) => [`status/${shard}`, token]);
    await write({ kept, ...Object.fromEntries(entries) });
    this.#kept = kept;
    this.#dir = undefined;
    for (const [shard, token] of status) {
      this.#status.set(shard, token);
    }
  }

  /** Forget everything, the pinned root too. */
  async forget(): Promise<void> {
    await clear();
    this.#kept = this.#dir = undefined;
    this.#status.clear();
  }
}

interface Found {
  readonly token: string;
  readonly issuedAt: number;
}

const shardsOf = (trust: TrustList): number[] => [
  ...new Set([...trust.keys.values()].filter((key) => key.revokedAt === null).map((key) => key.shard)),
];
const charactersOf = (status: ReadonlyMap<number, string>): number =>
  [...status.values()].reduce((sum, token) => sum + token.length, 0);

async function bytes(name: string, limit: number): Promise<Uint8Array<ArrayBuffer>> {
  const found = await fetched(PLACE + name, limit);
  if (!found) {
    throw new Unreachable(`got no ${name}`);
  }
  return found;
}

const decoded = (data: Uint8Array<ArrayBuffer>): string => new TextDecoder().decode(data).trim();
const text = async (name: string, limit: number): Promise<string> => decoded(await bytes(name, limit));

async function optionalText(name: string, limit: number): Promise<string | null> {
  const found = await fetched(PLACE + name, limit);
  return found && decoded(found);
}
