/** A worn card: what is a pixel wide, a scratch through the code's corner squares, is taken out of a picture. */

export type Pick = (...shades: number[]) => number;

/** In grey, each pixel what `pick` gives of the nine around it: `Math.min` thins bright scratches, `Math.max` dark ones. */
export function thinned({ width, height, data }: ImageData, pick: Pick): ImageData {
  const grey = new Uint8ClampedArray(width * height);
  for (let i = 0; i < grey.length; i += 1) {
    const [red = 0, green = 0, blue = 0] = data.subarray(4 * i, 4 * i + 3);
    grey[i] = 0.299 * red + 0.587 * green + 0.114 * blue;
  }
  const shades = among(among(grey, 1, pick), width, pick);
  const out = new ImageData(width, height);
  shades.forEach((shade, i) => {
    out.data.fill(shade, 4 * i, 4 * i + 3);
    out.data[4 * i + 3] = 255;
  });
  return out;
}

/** Each shade among those `step` before and after it; of rows the ends wrap, where a code has its quiet zone. */
function among(shades: Uint8ClampedArray, step: number, pick: Pick): Uint8ClampedArray {
  return shades.map((shade, i) => pick(shades[i - step] ?? shade, shade, shades[i + step] ?? shade));
}
