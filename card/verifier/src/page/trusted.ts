/** Addresses of scripts under Trusted Types: only those of this page's own folder. */

interface Policies {
  createPolicy(name: string, rules: { createScriptURL: (url: string) => string }): Policy;
}
interface Policy {
  createScriptURL(url: string): string;
}

const folder = new URL("./", document.baseURI).href;

function own(url: string): string {
  const whole = new URL(url, folder).href;
  if (!whole.startsWith(folder)) {
    throw new TypeError(`got a script at ${whole}, expected one in ${folder}`);
  }
  return whole;
}

const policies = (globalThis as { trustedTypes?: Policies }).trustedTypes;
const policy = policies?.createPolicy("kets", { createScriptURL: own });

/** `url` as what a worker or a service worker may be started from. */
export function scriptUrl(url: string): string {
  return policy ? policy.createScriptURL(url) : own(url);
}
