/** What changed in a shard's status list since a day began (docs/card-profile.md section 7, card/delta.py). */
import { SHARD_SIZE } from "./claims.js";
import { parseAs, type Unverified } from "./compact.js";
import { inflateTo } from "./deflate.js";
import { type Bytes, b64url, hex, unb64url } from "./encoding.js";
import { Malformed, orRefuse, VerificationError } from "./errors.js";
import { type JsonObject, text, whole } from "./json.js";
import { statusName } from "./projection.js";
import { BITS, MAX_LIFETIME, mustList, type StatusList } from "./status.js";
import { CLOCK_SKEW, type TrustList } from "./trust.js";

export const TYP = "kets-status-delta+jwt";
export const MAX_CODED = SHARD_SIZE / 2;
export const MAX_TOKEN = 2 ** 20;
const VARINT_BYTES = 4;

interface Delta {
  readonly base: number;
  readonly digest: string;
  readonly changed: StatusList;
}

/**
 * The list `to`, brought up to the time of a signed delta, offline.
 *
 * 1. It is a compact JWS of type kets-status-delta+jwt within bounds, else "status-malformed".
 * 2. It is signed, ES256, by a listed signer of that very shard, not revoked, and not after another signer took over
 *    from it, else "status-signature".
 * 3. It is named for the shard, has base, iat, exp, 2 bits and entries in order below 2^20, else "status-malformed".
 * 4. It is not older than the list, else "status-rollback".
 * 5. It was not issued in the future, else "clock-behind" (5 minutes granted).
 * 6. Its base is not after the list, and with its changes the list has the SHA-256 it names, else "status-gap".
 */
export async function applied(token: string, { to, trust, now }: Expected): Promise<StatusList> {
  const { base, digest, changed } = await orRefuse("status-malformed", () =>
    read(parseAs(TYP, token, MAX_TOKEN), to, trust),
  );
  if (changed.issuedAt < to.issuedAt) {
    throw new VerificationError("status-rollback", `got a delta of ${changed.issuedAt}, the list is ${to.issuedAt}`);
  }
  if (changed.issuedAt > now + CLOCK_SKEW) {
    throw new VerificationError("clock-behind", `got a delta of ${changed.issuedAt}, now is ${now}`);
  }
  if (base > to.issuedAt || b64url(await changed.digest()) !== digest) {
    throw new VerificationError("status-gap", `got a delta since ${base}, which the list does not fit`);
  }
  return changed;
}

/** The name of the file that brings a list of `issuedAt`, Unix seconds, up to date: the delta since its day, UTC. */
export function sinceFile(shard: number, issuedAt: number): string {
  return `status/${shard}.since-${new Date(issuedAt * 1000).toISOString().slice(0, 10)}.jwt`;
}

interface Expected {
  readonly to: StatusList;
  readonly trust: TrustList;
  readonly now: number;
}

async function read(unverified: Unverified, to: StatusList, trust: TrustList): Promise<Delta> {
  const payload = await signedBy(unverified, to.shard, trust);
  if (text(payload, "sub") !== statusName(to.shard)) throw new Malformed("got the delta of another shard");
  if (whole(payload, "bits") !== BITS) throw new Malformed("got another number of bits than 2");
  const issuedAt = whole(payload, "iat");
  const changes = decoded(inflateTo(unb64url(text(payload, "changes")), MAX_CODED));
  const changed = to.changed(changes, issuedAt, Math.min(whole(payload, "exp"), issuedAt + MAX_LIFETIME));
  return { base: whole(payload, "base"), digest: b64url(unb64url(text(payload, "sha256"))), changed };
}

/** The payload, when a signer of `shard` signed it that may still list then. VerificationError("status-signature"). */
async function signedBy(unverified: Unverified, shard: number, trust: TrustList): Promise<JsonObject> {
  const key = trust.keys.get(hex(unverified.kid));
  const payload = key?.shard === shard ? await unverified.verified(key.publicKey) : null;
  if (!key || !payload) {
    throw new VerificationError("status-signature", `got a delta that no signer of shard ${shard} signed`);
  }
  mustList(key, whole(payload, "iat"));
  return payload;
}

/** [index, status] from LEB128 numbers: four times the entries skipped since the last one, plus the status. */
function* decoded(coded: Bytes): Generator<readonly [number, number]> {
  let [number, bytes, following] = [0, 0, 0];
  for (const byte of coded) {
    number += (byte & 127) * 128 ** bytes;
    bytes += 1;
    if (byte > 127) {
      if (bytes === VARINT_BYTES) throw new Malformed(`got a number of more than ${VARINT_BYTES} bytes`);
      continue;
    }
    const index = following + Math.floor(number / 2 ** BITS);
    if (index >= SHARD_SIZE) throw new Malformed(`got entry ${index}, expected one below ${SHARD_SIZE}`);
    yield [index, number % 2 ** BITS];
    [number, bytes, following] = [0, 0, index + 1];
  }
  if (bytes) throw new Malformed("got a number that does not end");
}
