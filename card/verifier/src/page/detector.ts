/** The browser's own detector of barcodes (Shape Detection API), which TypeScript's library does not know. */

declare global {
  class BarcodeDetector {
    constructor(options: { formats: string[] });
    static getSupportedFormats(): Promise<string[]>;
    detect(picture: ImageData): Promise<{ rawValue: string }[]>;
  }
}

/** True when the detector is there and knows QR codes; some phones have the first only. */
export async function hasDetector(): Promise<boolean> {
  try {
    return "BarcodeDetector" in globalThis && (await BarcodeDetector.getSupportedFormats()).includes("qr_code");
  } catch {
    return false;
  }
}
