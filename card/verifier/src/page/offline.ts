/** The service worker keeps the page itself on the device. */

import { scriptUrl } from "./trusted.js";

/** Have the page kept for use without a network. Without service workers it works, but only online. */
export async function keepOffline(): Promise<void> {
  if (!("serviceWorker" in navigator)) {
    return;
  }
  const worker = scriptUrl("sw.js");
  const folder = new URL("./", document.baseURI).pathname;
  const options = { updateViaCache: "none" } as const;
  try {
    await navigator.serviceWorker.register(worker, { ...options, scope: folder.replace(/(?<=.)\/$/, "") });
  } catch {
    await navigator.serviceWorker.register(worker, { ...options, scope: folder }); // a server that sends no such leave
  }
}
