// Builds the phone's page: names with a digest of their content, so that they may be kept for ever;
// index.html, sw.js and the manifest keep theirs. Beside every file its .gz and .br, for a server to send.

import { createHash } from "node:crypto";
import { mkdir, readdir, readFile, writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { brotliCompressSync, constants, gunzipSync } from "node:zlib";
import zopfli from "@gfx/zopfli";
import { initWasm, Resvg } from "@resvg/resvg-wasm";
import { build, transform } from "esbuild";

const SOURCE = "src/page";
const ICONS = [
  ["icon-192.png", 192, 1],
  ["icon-512.png", 512, 1],
  ["icon-maskable-512.png", 512, 0.8],
];
const SMALL = { bundle: true, minify: true, charset: "utf8", legalComments: "none", logLevel: "warning", write: false };
const require = createRequire(import.meta.url);

/** Build all of it into the folder `out`; `browser` are the options that esbuild has for every browser script. */
export async function buildPage(browser, out) {
  const [files, names] = [new Map(), {}];
  const kept = (name, content) => {
    names[name] = hashed(name, content);
    files.set(names[name], content);
  };
  kept("zxing.wasm", await readFile(require.resolve("zxing-wasm/reader/zxing_reader.wasm")));
  kept("zxing.js", await script("zxing.worker.ts", browser, { ZXING_WASM: names["zxing.wasm"] }));
  kept("style.css", (await transform(await text("style.css"), { loader: "css", minify: true })).code);
  for (const [name, content] of await icons()) {
    kept(name, content);
  }
  const version = digest(Object.values(names).join(), await sources());
  kept("main.js", await script("main.ts", browser, { ZXING_WORKER: names["zxing.js"], VERSION: version }));
  kept("manifest.webmanifest", JSON.stringify(JSON.parse(renamed(await text("manifest.webmanifest"), names))));
  const index = renamed(await text("index.html"), names)
    .replaceAll(/>\n+</g, "><")
    .replaceAll(/\n\s*/g, "\n");
  files.set("index.html", index);
  const precached = {
    PRECACHED: ["./", ...Object.values(names).filter((name) => !name.endsWith(".png"))],
    VERSION: digest(index, version),
  };
  files.set("sw.js", await script("../sw.ts", browser, precached));
  for (const [name, content] of [...files].filter(([each]) => !each.endsWith(".png"))) {
    const { gz, br } = await compressed(name, Buffer.from(content));
    files.set(`${name}.gz`, gz).set(`${name}.br`, br);
  }
  await mkdir(out, { recursive: true });
  await Promise.all([...files].map(([name, content]) => writeFile(`${out}/${name}`, content)));
}

async function script(name, browser, constants) {
  const define = Object.fromEntries(Object.entries(constants).map(([key, value]) => [key, JSON.stringify(value)]));
  const built = await build({
    absWorkingDir: process.cwd(),
    ...browser,
    ...SMALL,
    entryPoints: [`./${SOURCE}/${name}`],
    define,
  });
  return built.outputFiles[0].text;
}

/** The PNG icons that phones want, drawn from icon.svg; a maskable one keeps clear of the edge that may be cut off. */
async function icons() {
  const svg = await text("icon.svg");
  await initWasm(await readFile(require.resolve("@resvg/resvg-wasm/index_bg.wasm")));
  const drawn = ICONS.map(([name, width, scale]) => {
    const shift = (512 * (1 - scale)) / 2;
    const smaller = `<rect width="512" height="512" fill="#0b2e59"/><g transform="translate(${shift} ${shift}) scale(${scale})">`;
    const masked = svg.replace(/<rect[^>]*>/, smaller).replace("</svg>", "</g></svg>");
    return [name, new Resvg(scale === 1 ? svg : masked, { fitTo: { mode: "width", value: width } }).render().asPng()];
  });
  return [["icon.svg", svg.replaceAll(/\n\s*/g, "")], ...drawn];
}

/** `"name"` in `content` becomes its hashed name. */
function renamed(content, names) {
  return content.replaceAll(/"([\w-]+\.\w+)"/g, (whole, name) => (names[name] ? `"${names[name]}"` : whole));
}

function hashed(name, content) {
  const dot = name.lastIndexOf(".");
  return `${name.slice(0, dot)}-${digest(content)}${name.slice(dot)}`;
}

function digest(...parts) {
  const hash = createHash("sha256");
  for (const part of parts) {
    hash.update(part);
  }
  return hash.digest("hex").slice(0, 12);
}

async function sources() {
  const files = (await readdir("src", { recursive: true })).filter((name) => name.endsWith(".ts")).sort();
  return (await Promise.all(files.map((name) => readFile(`src/${name}`, "utf8")))).join("\0");
}

async function compressed(name, content) {
  const gz = await zopfli.gzipAsync(content, { numiterations: 8 });
  if (!gunzipSync(gz).equals(content)) {
    throw new Error(`got another ${name} back from its .gz`);
  }
  const params = { [constants.BROTLI_PARAM_QUALITY]: constants.BROTLI_MAX_QUALITY };
  return { gz, br: brotliCompressSync(content, { params }) };
}

function text(name) {
  return readFile(`${SOURCE}/${name}`, "utf8");
}
