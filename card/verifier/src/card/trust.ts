/** The trust list: whose signatures count (docs/card-profile.md section 6, card/trust.py). */
import { parseAs, type Unverified } from "./compact.js";
import { b64url, hex, unb64url } from "./encoding.js";
import { Malformed, orRefuse, VerificationError } from "./errors.js";
import { keyId, type PublicJwk, publicJwk, publicKey } from "./es256.js";
import { type Json, member, optional, text, whole } from "./json.js";

export const TYP = "kets-trust+jwt";
export const DAY = 86_400;
export const MAX_AGE = 30 * DAY;
export const CLOCK_SKEW = 300;
export const MAX_TOKEN = 4 * 2 ** 20;

/**
 * A document signer: signs cards and the status list of one shard, listed until `expiresAt`.
 *
 * `signsUntil`: when another took over, null while it signs. Its cards go on; a status list of a later date is not its
 * own to sign.
 */
export interface TrustedKey {
  readonly kid: string;
  readonly publicKey: CryptoKey;
  readonly shard: number;
  readonly expiresAt: number;
  readonly revokedAt: number | null;
  readonly statusUri: string;
  readonly signsUntil: number | null;
}

/** Whether a status list of this time counts when this key has signed it. */
export function mayList({ revokedAt, signsUntil }: TrustedKey, issuedAt: number): boolean {
  return revokedAt === null && (signsUntil === null || issuedAt <= signsUntil + CLOCK_SKEW);
}

/** A trust list that was verified: made by `TrustList.verify` alone. `keys` by kid in hexadecimal. */
export class TrustList {
  private constructor(
    readonly version: number,
    readonly issuedAt: number,
    readonly expiresAt: number,
    readonly keys: ReadonlyMap<string, TrustedKey>,
    readonly root: PublicJwk,
    readonly nextRoot: PublicJwk,
    readonly titlesDigest: string,
  ) {}

  /**
   * Read a signed list, offline.
   *
   * 1. It is a compact JWS of type kets-trust+jwt within bounds, else "trust-malformed".
   * 2. It is signed, ES256, by one of `roots`: the pinned one, or the next one that a list of it named; else
   *    "trust-signature".
   * 3. Its version is not below `oldest`, the highest seen, else "trust-rollback".
   * 4. It was not issued in the future, else "clock-behind" (5 minutes granted).
   * Its age is judged with the card, because a known revocation counts whatever the age.
   */
  static async verify(token: string, { roots, now, oldest = 0 }: Expected): Promise<TrustList> {
    const trusted = await orRefuse("trust-malformed", () => TrustList.read(parseAs(TYP, token, MAX_TOKEN), roots));
    if (trusted.version < oldest) throw new VerificationError("trust-rollback", `got version ${trusted.version}`);
    if (trusted.issuedAt > now + CLOCK_SKEW) {
      throw new VerificationError("clock-behind", `got a list of ${trusted.issuedAt}, now is ${now}`);
    }
    return trusted;
  }

  /** Whose lists count from now on; once the next root has signed, the one before no longer does. */
  get acceptedRoots(): readonly PublicJwk[] {
    return [this.root, this.nextRoot];
  }

  private static async read(unverified: Unverified, roots: readonly PublicJwk[]): Promise<TrustList> {
    const ids = await Promise.all(roots.map(keyId));
    const root = roots[ids.findIndex((id) => hex(id) === hex(unverified.kid))];
    const payload = root && (await unverified.verified(await publicKey(root)));
    if (!root || !payload) {
      throw new VerificationError("trust-signature", `got a list signed by ${b64url(unverified.kid)}`);
    }
    const entries = member(payload, "keys");
    if (!Array.isArray(entries)) throw new Malformed("got keys that are no array");
    const keys = await Promise.all(entries.map(keyOf));
    const nextRoot = publicJwk(member(payload, "next_root"));
    await publicKey(nextRoot);
    const issuedAt = whole(payload, "iat");
    return new TrustList(
      whole(payload, "version"),
      issuedAt,
      Math.min(whole(payload, "exp"), issuedAt + MAX_AGE),
      new Map(keys.map((key) => [key.kid, key])),
      root,
      nextRoot,
      text(payload, "titles_sha256"),
    );
  }
}

interface Expected {
  readonly roots: readonly PublicJwk[];
  readonly now: number;
  readonly oldest?: number;
}

async function keyOf(entry: Json): Promise<TrustedKey> {
  const jwk = publicJwk(member(entry, "jwk"));
  const kid = hex(unb64url(text(entry, "kid")));
  if (kid !== hex(await keyId(jwk))) throw new Malformed(`got kid ${kid}, which is not that of its key`);
  return {
    kid,
    publicKey: await publicKey(jwk),
    shard: whole(entry, "shard"),
    expiresAt: whole(entry, "exp"),
    revokedAt: wholeIfThere(entry, "revoked_at"),
    statusUri: text(entry, "status_uri"),
    signsUntil: wholeIfThere(entry, "signs_until"),
  };
}

function wholeIfThere(entry: Json, name: string): number | null {
  return optional(entry, name) === undefined ? null : whole(entry, name);
}
