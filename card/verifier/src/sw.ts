/**
 * The service worker: after one visit the page opens without a network. It keeps the page's own files and nothing
 * else; lists are kept, verified, by the page itself. Hand-written, since all it does is this.
 */

import { hasDetector } from "./page/detector.js";

declare const PRECACHED: readonly string[]; // set by the build: "./" and every hashed name
declare const VERSION: string;

const worker = self as unknown as ServiceWorkerGlobalScope;
const NAME = `kets-verifier-${VERSION}`;
const HOME = new URL("./", worker.location.href); // of the page, also where the scope reaches further up

worker.addEventListener("install", (event) => event.waitUntil(install()));
worker.addEventListener("activate", (event) => event.waitUntil(activate()));
worker.addEventListener("fetch", (event) => {
  if (event.request.method === "GET") {
    answer(event);
  }
});

/** Keep all files, or fail as a whole: the next visit then tries again. A phone with its own detector needs no zxing. */
async function install(): Promise<void> {
  const native = await hasDetector();
  const wanted = PRECACHED.filter((name) => !(native && name.startsWith("zxing")));
  const cache = await caches.open(NAME);
  await cache.addAll(wanted.map((name) => new Request(new URL(name, HOME), { cache: fresh(name) })));
  await worker.skipWaiting();
}

/** Hashed names never change, so the browser's own copy will do; the page itself is asked for anew. */
function fresh(name: string): RequestCache {
  return name === "./" ? "no-cache" : "default";
}

async function activate(): Promise<void> {
  const names = await caches.keys();
  const old = names.filter((name) => name.startsWith("kets-verifier-") && name !== NAME);
  await Promise.all(old.map((name) => caches.delete(name)));
  await worker.clients.claim();
}

function answer(event: FetchEvent): void {
  const url = new URL(event.request.url);
  if (`${url.origin}${url.pathname}/` === HOME.href) {
    event.respondWith(Response.redirect(HOME.href)); // /verify, as people type it
  } else if (event.request.mode === "navigate" && url.origin + url.pathname === HOME.href) {
    event.respondWith(kept(HOME.href, event.request));
  } else if (PRECACHED.some((name) => name !== "./" && new URL(name, HOME).href === url.href)) {
    event.respondWith(kept(url.href, event.request));
  }
}

async function kept(address: string, request: Request): Promise<Response> {
  return (await caches.match(address, { cacheName: NAME })) ?? fetch(request);
}
