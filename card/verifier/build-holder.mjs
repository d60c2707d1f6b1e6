// Builds the holder's page. Its few files keep their names; the service worker knows them by a digest.

import { createHash } from "node:crypto";
import { cp, readdir, readFile } from "node:fs/promises";
import { build } from "esbuild";

const SOURCE = "src/holder";

/** Build all of it into the folder `out`; `browser` are the options that esbuild has for every browser script. */
export async function buildHolder(browser, out) {
  const options = { ...browser, absWorkingDir: process.cwd(), bundle: true, charset: "utf8", legalComments: "none" };
  await cp(`${SOURCE}/static`, out, { recursive: true });
  await build({ ...options, entryPoints: [`${SOURCE}/main.ts`], outfile: `${out}/main.js` });
  const names = (await readdir(out)).filter((name) => name !== "sw.js").sort();
  const hash = createHash("sha256");
  for (const name of names) {
    hash.update(name).update(await readFile(`${out}/${name}`));
  }
  const define = {
    FILES: JSON.stringify(["./", ...names.filter((name) => name !== "index.html")]),
    VERSION: JSON.stringify(hash.digest("hex").slice(0, 12)),
  };
  await build({ ...options, define, entryPoints: [`${SOURCE}/sw.ts`], outfile: `${out}/sw.js`, format: "iife" });
}
