/** What a verifier keeps to check cards without a network (docs/card-profile.md section 9, card/trustdir.py). */
import { applied } from "./delta.js";
import { type Bytes, b64url } from "./encoding.js";
import { orRefuse, VerificationError } from "./errors.js";
import { type PublicJwk, sha256 } from "./es256.js";
import { isObject, jsonObject } from "./json.js";
import { chainOf, follow } from "./roots.js";
import { StatusList } from "./status.js";
import { TrustList } from "./trust.js";

export type Titles = ReadonlyMap<string, { readonly id: string; readonly en: string }>;

/** What was seen before, so that nothing older is taken; kept by whoever keeps the lists. */
export interface Seen {
  version: number;
  roots: readonly PublicJwk[];
  status: Record<string, number>;
}

/** The lists as they were fetched; null where one is not there. `status` gives the token of a shard's list. */
export interface Lists {
  readonly root: PublicJwk | null;
  readonly trustList: string | null;
  readonly titles: Bytes | null;
  /** roots.json, where there is one. */
  readonly chain?: Bytes | null;
  readonly status: (shard: number) => Bytes | null | Promise<Bytes | null>;
  /** The delta that is held of a shard beside its list, where there is one. */
  readonly delta?: (shard: number) => string | null | Promise<string | null>;
  readonly seen?: Seen;
}

/** Lists that were loaded and verified as of `now`; `seen` is what to remember from now on. */
export class TrustDir {
  private readonly lists = new Map<number, StatusList>();

  private constructor(
    readonly trust: TrustList,
    readonly titles: Titles,
    readonly seen: Seen,
    private readonly given: Lists,
    private readonly now: number,
  ) {}

  /** Read and verify. Throws VerificationError with an outcome of cannot-check when the lists may not be used. */
  static async load(given: Lists, now: number): Promise<TrustDir> {
    const { root, trustList, titles: table, chain, seen: before = { version: 0, roots: [], status: {} } } = given;
    if (!root) throw new VerificationError("trust-missing", "got no root");
    const roots = await follow(before.roots.length ? before.roots : [root], chain ? await chainOf(chain) : []);
    if (trustList === null) throw new VerificationError("trust-missing", "got no trust list");
    const trust = await TrustList.verify(trustList, { roots, now, oldest: before.version });
    if (!table) throw new VerificationError("trust-missing", "got no table of titles");
    if (b64url(await sha256(table)) !== trust.titlesDigest) throw new VerificationError("titles-altered");
    const titles = await orRefuse("trust-malformed", () => titlesOf(table));
    const seen = { version: trust.version, roots: trust.acceptedRoots, status: { ...before.status } };
    return new TrustDir(trust, titles, seen, given, now);
  }

  /** The verified list of `shard`, or null when there is none: the lookup that `verify` wants. */
  readonly status = async (shard: number): Promise<StatusList | null> => {
    const held = this.lists.get(shard);
    if (held) return held;
    const token = await this.given.status(shard);
    if (token === null) return null;
    const whole = await StatusList.verify(token, { shard, trust: this.trust, now: this.now });
    const changes = (await this.given.delta?.(shard)) ?? null;
    const list = changes === null ? whole : await this.withChanges(whole, changes);
    const oldest = this.seen.status[shard] ?? 0;
    if (list.issuedAt < oldest) throw new VerificationError("status-rollback", `got a list of ${list.issuedAt}`);
    this.lists.set(shard, list);
    this.seen.status[shard] = list.issuedAt;
    return list;
  };

  /** The list with its delta; the list alone where that is of before it. */
  private async withChanges(whole: StatusList, changes: string): Promise<StatusList> {
    try {
      return await applied(changes, { to: whole, trust: this.trust, now: this.now });
    } catch (error) {
      if (error instanceof VerificationError && error.code === "status-rollback") return whole;
      throw error;
    }
  }

  /** The title of a code, or the code itself where it is unknown. */
  title(code: string, language: "id" | "en"): string {
    return this.titles.get(code)?.[language] || code;
  }
}

function titlesOf(data: Bytes): Titles {
  const titles = new Map<string, { id: string; en: string }>();
  for (const [code, title] of Object.entries(jsonObject(data))) {
    const [id, en] = isObject(title) ? [title["id"], title["en"]] : [];
    titles.set(code, { id: typeof id === "string" ? id : "", en: typeof en === "string" ? en : "" });
  }
  return titles;
}
