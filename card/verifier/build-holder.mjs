// Builds the holder's page into dist/holder. Its few files keep their names; the service worker knows them by a digest.

import { createHash } from "node:crypto";
import { cp, readdir, readFile } from "node:fs/promises";
import { build } from "esbuild";

const SOURCE = "src/holder";
const OUT = "dist/holder";

/** Build all of it; `browser` are the options that esbuild has for every browser script. */
export async function buildHolder(browser) {
  const options = { ...browser, absWorkingDir: process.cwd(), bundle: true, charset: "utf8", legalComments: "none" };
  await cp(`${SOURCE}/static`, OUT, { recursive: true });
  await build({ ...options, entryPoints: [`${SOURCE}/main.ts`], outfile: `${OUT}/main.js` });
  const names = (await readdir(OUT)).filter((name) => name !== "sw.js").sort();
  const hash = createHash("sha256");
  for (const name of names) {
    hash.update(name).update(await readFile(`${OUT}/${name}`));
  }
  const define = {
    FILES: JSON.stringify(["./", ...names.filter((name) => name !== "index.html")]),
    VERSION: JSON.stringify(hash.digest("hex").slice(0, 12)),
  };
  await build({ ...options, define, entryPoints: [`${SOURCE}/sw.ts`], outfile: `${OUT}/sw.js`, format: "iife" });
}
