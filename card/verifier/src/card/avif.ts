/** An AVIF file around the frame that the back of a card carries (docs/card-profile.md section 12, card/avif.py). */
import { type Bytes, concatenated } from "./encoding.js";

export const MAX_BYTES = 330; // of a frame
const CONTAINER = fromHex(
  "00000020667479706176696600000000617669666d6966316d6961664d413142" + // ftyp avif
    "000000eb6d65746100000000" +
    "0000002168646c72000000000000000070696374000000000000000000000000000000000e7069746d000000000001" + // hdlr, pitm
    "0000001e696c6f6300000000440000010001000000010000" + // iloc, up to where the picture begins
    "0113",
);
const PROPERTIES = fromHex(
  "0000002869696e660000000000010000001a696e6665020000000001000061763031436f6c6f7200" + // iinf
    "0000006a697072700000004b6970636f" +
    "0000001469737065000000000000003600000048" + // ispe: 54 x 72
    "000000107069786900000000030808080000000c6176314381000c00" + // pixi, av1C
    "00000013636f6c726e636c780001000d000680" + // colr: sRGB
    "0000001769706d61000000000000000100010401028304", // ipma
);
const OPENING = fromHex("12000a091815b58ed9010d0684"); // temporal delimiter, sequence header
const FRAME = 0x32;
const MDAT = Uint8Array.of(0x6d, 0x64, 0x61, 0x74);

/** The AVIF file of a frame: 54 x 72 pixels. */
export function avif(frame: Bytes): Bytes {
  const size = frame.length < 0x80 ? [frame.length] : [(frame.length & 0x7f) | 0x80, frame.length >> 7]; // LEB128
  const picture = concatenated(OPENING, Uint8Array.of(FRAME, ...size), frame);
  const box = concatenated(fourBytes(picture.length + 8), MDAT, picture);
  return concatenated(CONTAINER, fourBytes(picture.length), PROPERTIES, box);
}

const fourBytes = (value: number): Bytes =>
  Uint8Array.of(value >>> 24, (value >>> 16) & 0xff, (value >>> 8) & 0xff, value & 0xff);

function fromHex(text: string): Bytes {
  return Uint8Array.from(text.match(/../g) ?? [], (pair) => Number.parseInt(pair, 16));
}
