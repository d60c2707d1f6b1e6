/** The QR symbol of a text, as SVG: alphanumeric mode, ECC M, one unit a module, quiet zone of 4. */

import { encode } from "uqr";

const SVG = "http://www.w3.org/2000/svg";
const QUIET = 4;

/** `text` is base45, so uqr takes alphanumeric mode. Every mask reads equally well; a fixed one is drawn faster. */
export function symbol(text: string): SVGSVGElement {
  const { data, size } = encode(text, { ecc: "M", boostEcc: false, border: 0, maskPattern: 3 });
  const drawing = document.createElementNS(SVG, "svg");
  const whole = size + 2 * QUIET;
  drawing.setAttribute("viewBox", `0 0 ${whole} ${whole}`);
  drawing.setAttribute("shape-rendering", "crispEdges");
  const [ground, modules] = [document.createElementNS(SVG, "rect"), document.createElementNS(SVG, "path")];
  ground.setAttribute("width", String(whole));
  ground.setAttribute("height", String(whole));
  ground.setAttribute("fill", "#fff");
  modules.setAttribute("d", data.map(rowOf).join(""));
  modules.setAttribute("fill", "#000");
  drawing.append(ground, modules);
  return drawing;
}

/** One rectangle for each run of dark modules. */
function rowOf(row: readonly boolean[], y: number): string {
  let path = "";
  for (let x = 0; x < row.length; x++) {
    if (!row[x]) {
      continue;
    }
    const start = x;
    while (row[x + 1]) {
      x++;
    }
    path += `M${start + QUIET} ${y + QUIET}h${x + 1 - start}v1h${start - x - 1}z`;
  }
  return path;
}
