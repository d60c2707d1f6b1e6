// Builds dist/: the page, the holder's page, the library and its command line. Sources that are not there are left out.
// All is built beside and put in place as a whole, so that a build beside another one, or beside a server, harms neither.

import { existsSync } from "node:fs";
import { mkdtemp, rename, rm } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";
import { buildHolder } from "./build-holder.mjs";
import { buildPage } from "./build-page.mjs";

const browser = { platform: "browser", format: "esm", target: ["es2022"], minify: true, sourcemap: false };
const node = { platform: "node", format: "esm", target: ["node20"] };
const TARGETS = [
  { entry: "src/card/index.ts", out: "card.mjs", ...browser },
  { entry: "src/cli.ts", out: "cli.mjs", ...node },
];

const absWorkingDir = fileURLToPath(new URL(".", import.meta.url));
process.chdir(absWorkingDir);
const beside = await mkdtemp("dist.");
try {
  await all(`${beside}/new`);
  await put(`${beside}/new`, "dist", `${beside}/old`);
} finally {
  await rm(beside, { recursive: true, force: true });
}

async function all(folder) {
  for (const { entry, out, ...options } of TARGETS.filter(({ entry }) => existsSync(entry))) {
    const fixed = { absWorkingDir, bundle: true, charset: "utf8", legalComments: "none", logLevel: "warning" };
    await build({ entryPoints: [entry], outfile: `${folder}/${out}`, ...fixed, ...options });
  }
  await buildHolder(browser, `${folder}/holder`);
  await buildPage(browser, `${folder}/page`);
}

/** `folder` in the place of another, which goes to `old`; another build may do the same meanwhile. */
async function put(folder, place, old) {
  await rm(old, { recursive: true, force: true });
  await rename(place, old).catch(unless("ENOENT"));
  const taken = await rename(folder, place).then(() => false, unless("ENOTEMPTY", "EEXIST"));
  if (taken) {
    await put(folder, place, old);
  }
}

function unless(...codes) {
  return (error) => {
    if (!codes.includes(error.code)) {
      throw error;
    }
    return true;
  };
}
