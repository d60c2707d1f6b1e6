/** What this phone keeps: its key, whose private half cannot be read out, and the card. One IndexedDB store. */

import type { PublicJwk } from "../card/es256.js";

const NAME = "kets-holder";
const STORE = "kept";

/** The phone's key, made before it is enrolled; `code` is what it is being enrolled with. */
export interface KeptKey {
  readonly pair: CryptoKeyPair;
  readonly jwk: PublicJwk;
  readonly code: string;
}

/** The card as text of its QR; `ahead`: seconds by which the registry's clock was ahead of this phone's. */
export interface KeptCard {
  readonly number: string;
  readonly name: string;
  readonly expiresAt: string;
  readonly text: string;
  readonly ahead: number;
}

export interface Kept {
  key?: KeptKey;
  /** A key that is being enrolled while another still shows its card. */
  next?: KeptKey;
  card?: KeptCard;
}

/** Everything that is kept. */
export async function read(): Promise<Kept> {
  const store = (await database()).transaction(STORE).objectStore(STORE);
  const [key, next, card] = [store.get("key"), store.get("next"), store.get("card")];
  await done(card);
  return { ...some("key", key.result), ...some("next", next.result), ...some("card", card.result) };
}

/** Keep exactly this, all of it or nothing. */
export async function write(kept: Kept): Promise<void> {
  const transaction = (await database()).transaction(STORE, "readwrite");
  const store = transaction.objectStore(STORE);
  store.clear();
  for (const [name, value] of Object.entries(kept)) {
    store.put(value, name);
  }
  await new Promise<void>((resolve, reject) => {
    transaction.oncomplete = () => resolve();
    transaction.onabort = () => reject(transaction.error);
  });
}

function database(): Promise<IDBDatabase> {
  const request = indexedDB.open(NAME, 1);
  request.onupgradeneeded = () => request.result.createObjectStore(STORE);
  return done(request);
}

function done<T>(request: IDBRequest<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
}

function some<N extends string>(name: N, value: unknown): object {
  return value === undefined ? {} : { [name]: value };
}
