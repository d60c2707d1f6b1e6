/** What the page keeps on the device: one IndexedDB store of names and values. No card is ever put here. */

const STORE = "kept";

/** Open at first use; closed by the browser. */
let opened: Promise<IDBDatabase> | undefined;

function database(): Promise<IDBDatabase> {
  opened ??= new Promise((resolve, reject) => {
    const request = indexedDB.open("kets-verifier", 1);
    request.onupgradeneeded = () => request.result.createObjectStore(STORE);
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
  return opened;
}

/** Everything that is kept, by name. */
export async function readAll(): Promise<Map<string, unknown>> {
  const store = (await database()).transaction(STORE).objectStore(STORE);
  const names = store.getAllKeys();
  const values = await done(store.getAll());
  return new Map(names.result.map((name, place) => [String(name), values[place] as unknown]));
}

/** Write all of `entries` or none; undefined removes. */
export async function write(entries: Record<string, unknown>): Promise<void> {
  const transaction = (await database()).transaction(STORE, "readwrite");
  const store = transaction.objectStore(STORE);
  for (const [name, value] of Object.entries(entries)) {
    value === undefined ? store.delete(name) : store.put(value, name);
  }
  await new Promise<void>((resolve, reject) => {
    transaction.oncomplete = () => resolve();
    transaction.onerror = transaction.onabort = () => reject(transaction.error);
  });
}

/** Forget everything. */
export async function clear(): Promise<void> {
  await done((await database()).transaction(STORE, "readwrite").objectStore(STORE).clear());
}

function done<T>(request: IDBRequest<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
}
