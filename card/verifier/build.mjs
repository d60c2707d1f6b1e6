// Builds dist/: the page, the holder's page, the library and its command line. Sources that are not there are left out.

import { existsSync } from "node:fs";
import { rm } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";
import { buildHolder } from "./build-holder.mjs";
import { buildPage } from "./build-page.mjs";

const browser = { platform: "browser", format: "esm", target: ["es2022"], minify: true, sourcemap: false };
const node = { platform: "node", format: "esm", target: ["node20"] };
const TARGETS = [
  { entry: "src/card/index.ts", out: "dist/card.mjs", ...browser },
  { entry: "src/cli.ts", out: "dist/cli.mjs", ...node },
];

const absWorkingDir = fileURLToPath(new URL(".", import.meta.url));
process.chdir(absWorkingDir);
await rm("dist", { recursive: true, force: true });
for (const { entry, out, ...options } of TARGETS.filter(({ entry }) => existsSync(entry))) {
  const fixed = { absWorkingDir, bundle: true, charset: "utf8", legalComments: "none", logLevel: "warning" };
  await build({ entryPoints: [entry], outfile: out, ...fixed, ...options });
}
await buildHolder(browser);
await buildPage(browser);
