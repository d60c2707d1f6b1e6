/**
 * The lists on this device: the root that was pinned on the first visit, the trust list, titles, status lists, and
 * what was seen, so that nothing older is ever taken. Only what was verified is kept, all of a refresh or nothing.
 */

import { ascii, type Bytes } from "../card/encoding.js";
import type { PublicJwk } from "../card/es256.js";
import {
  type Code,
  type Lists as Given,
  type StatusList,
  TrustDir,
  type TrustList,
  VerificationError,
} from "../card/index.js";
import { clear, readAll, write } from "./database.js";
import { Unreachable } from "./fetching.js";
import { fetchStatuses, fetchTrusted, type Kept, type Tokens, type Wanted } from "./refreshing.js";
import { now } from "./times.js";

/**
 * What a refresh has brought. `lists`: how many status lists are newer than before; `code`: why one was refused;
 * "unkept": they are used while this page is open, but the device has no room for them.
 */
export type Refreshed =
  | { readonly kind: "new" | "same"; readonly lists: number }
  | { readonly kind: "offline" | "unkept" }
  | { readonly kind: "refused"; readonly code: Code };

/**
 * How old the lists are; times in Unix seconds. `oldest` of all that are held, which is what to tell people; `overdue`
 * when one is past its date, or refused, or there is none.
 */
export interface Held {
  readonly trust: TrustList;
  readonly oldest: number;
  readonly overdue: boolean;
  readonly status: readonly StatusList[];
  readonly shards: number;
  readonly bytes: number;
}

export class Lists {
  #kept: Kept | undefined;
  #status = new Map<number, Tokens>();
  #unwritten: ReadonlyMap<number, Tokens> = new Map(); // in use, and not on the device yet
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
        lists.#status.set(Number(name.slice(7)), tokensOf(value as Tokens | FormerTokens));
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
    this.#dir ??= TrustDir.load({ ...kept, ...this.#tokens() }, now());
    try {
      return await this.#dir;
    } catch (error) {
      this.#dir = undefined; // a clock that was behind may be right by now
      throw error;
    }
  }

  #tokens(): Pick<Given, "status" | "delta"> {
    const status = (shard: number): Bytes | null => {
      this.#asked.add(shard);
      return this.#status.get(shard)?.list ?? null;
    };
    return { status, delta: (shard) => this.#status.get(shard)?.delta ?? null };
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
        overdue: [trust, ...lists].some((list) => list.expiresAt < now()) || lists.length < (read.length || 1),
        status: lists,
        shards: shardsOf(trust).length,
        bytes: bytesOf(this.#status),
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
      const [kept, dir] = await fetchTrusted(this.#kept);
      const { found, refused } = await fetchStatuses(dir, this.#wanted(dir.trust));
      for (const [shard, list] of found) {
        kept.seen.status[shard] = list.issuedAt;
      }
      const changed = [...found].filter(([shard, { tokens }]) => isOther(tokens, this.#status.get(shard)));
      const isNew = changed.length > 0 || kept.trustList !== this.#kept?.trustList;
      const isKept = await this.#keep(kept, new Map(changed.map(([shard, { tokens }]) => [shard, tokens])));
      if (!isKept) {
        return { kind: "unkept" };
      }
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

  /** Shards to ask for, those that cards named first, then those held. */
  #wanted(trust: TrustList): Wanted[] {
    const worth = ({ asked, held }: Wanted): number => (asked ? 0 : held ? 1 : 2);
    return shardsOf(trust)
      .map((shard) => ({ shard, asked: this.#asked.has(shard), held: this.#status.get(shard) }))
      .sort((one, other) => worth(one) - worth(other) || one.shard - other.shard);
  }

  /** Use them from now on, and write them down; false when the device does not take them. */
  async #keep(kept: Kept, status: ReadonlyMap<number, Tokens>): Promise<boolean> {
    this.#kept = kept;
    this.#dir = undefined;
    for (const [shard, tokens] of status) {
      this.#status.set(shard, tokens);
    }
    this.#unwritten = new Map([...this.#unwritten, ...status]);
    const entries = [...this.#unwritten].map(([shard, tokens]) => [`status/${shard}`, tokens]);
    try {
      await write({ kept, ...Object.fromEntries(entries) });
    } catch (error) {
      if (error instanceof DOMException) {
        return false; // most often its storage is full
      }
      throw error;
    }
    this.#unwritten = new Map();
    return true;
  }

  /** Forget everything, the pinned root too. */
  async forget(): Promise<void> {
    await clear();
    this.#kept = this.#dir = undefined;
    this.#status.clear();
    this.#unwritten = new Map();
  }
}

const shardsOf = (trust: TrustList): number[] => [
  ...new Set([...trust.keys.values()].filter((key) => key.revokedAt === null).map((key) => key.shard)),
];

/** What a page of before lists were CWT has kept: a list that is refused until the next refresh. */
interface FormerTokens {
  readonly list: string;
  readonly delta: string | null;
}

const tokensOf = ({ list, delta }: Tokens | FormerTokens): Tokens => ({
  list: typeof list === "string" ? ascii(list) : list,
  delta,
});
const bytesOf = (status: ReadonlyMap<number, Tokens>): number =>
  [...status.values()].reduce((sum, { list, delta }) => sum + list.length + (delta?.length ?? 0), 0);
const isOther = (one: Tokens, other: Tokens | undefined): boolean =>
  !other || one.delta !== other.delta || !isSame(one.list, other.list);
const isSame = (one: Bytes, other: Bytes): boolean =>
  one.length === other.length && one.every((byte, place) => byte === other[place]);
