/** The service worker: after one visit the card is shown without a network. It keeps the page's own files. */

declare const FILES: readonly string[]; // set by the build
declare const VERSION: string;

const worker = self as unknown as ServiceWorkerGlobalScope;
const PREFIX = "kets-holder-";
const NAME = PREFIX + VERSION;
const HOME = new URL("./", worker.location.href);

worker.addEventListener("install", (event) => event.waitUntil(install()));
worker.addEventListener("activate", (event) => event.waitUntil(activate()));
worker.addEventListener("fetch", (event) => {
  const url = new URL(event.request.url);
  const address = url.origin + url.pathname;
  if (event.request.method !== "GET") {
    return;
  }
  if (`${address}/` === HOME.href) {
    event.respondWith(Response.redirect(HOME.href)); // /card, as a link has it
  } else if (FILES.some((name) => new URL(name, HOME).href === address)) {
    event.respondWith(kept(address, event.request));
  }
});

async function install(): Promise<void> {
  const cache = await caches.open(NAME);
  await cache.addAll(FILES.map((name) => new Request(new URL(name, HOME), { cache: "reload" })));
  await worker.skipWaiting();
}

async function activate(): Promise<void> {
  const old = (await caches.keys()).filter((name) => name.startsWith(PREFIX) && name !== NAME);
  await Promise.all(old.map((name) => caches.delete(name)));
  await worker.clients.claim();
}

async function kept(address: string, request: Request): Promise<Response> {
  return (await caches.match(address, { cacheName: NAME })) ?? fetch(request);
}
