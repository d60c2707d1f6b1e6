// Reads [{name, reader, data, ...}] from standard input, has each read by a package of npm, and writes [{name, claims}]
// or [{name, refused}]. Nothing of this project is imported.
import { createHash, webcrypto } from "node:crypto";
import { readFileSync } from "node:fs";
import pixelpass from "@mosip/pixelpass";
import { SDJwtVcInstance } from "@sd-jwt/sd-jwt-vc";
import * as jose from "jose";

const base64url = (bytes) => Buffer.from(bytes).toString("base64url");
const sha256 = (data) => createHash("sha256").update(Buffer.from(data)).digest();

async function es256(jwk) {
  const key = await webcrypto.subtle.importKey("jwk", jwk, { name: "ECDSA", namedCurve: "P-256" }, false, ["verify"]);
  return (data, signature) =>
    webcrypto.subtle.verify({ name: "ECDSA", hash: "SHA-256" }, key, Buffer.from(signature, "base64url"), Buffer.from(data));
}

const READERS = {
  async jose({ data, jwk, typ }) {
    const key = await jose.importJWK(jwk, "ES256");
    return (await jose.jwtVerify(data, key, { algorithms: ["ES256"], typ })).payload;
  },
  async "sd-jwt-vc"({ data, jwk, nonce, statusList }) {
    const reader = new SDJwtVcInstance({
      hasher: sha256,
      hashAlg: "sha-256",
      verifier: await es256(jwk),
      kbVerifier: async (text, signature, payload) => (await es256(payload.cnf.jwk))(text, signature),
      statusListFetcher: async () => statusList,
    });
    const { payload, kb } = await reader.verify(data, [], true);
    if (kb.payload.nonce !== nonce) throw new Error("another nonce");
    if (payload.exp < Date.now() / 1000) throw new Error("expired");
    return { payload: await reader.getClaims(data), kb: kb.payload };
  },
  async pixelpass({ data }) {
    const envelope = JSON.parse(pixelpass.decode(data));
    const [protectedHeader, , payload, signature] = envelope.value;
    return [envelope.tag, ...[protectedHeader, payload, signature].map((part) => base64url(part.data))];
  },
};

console.log = () => undefined; // pixelpass writes what it reads
const answers = [];
for (const each of JSON.parse(readFileSync(0, "utf8"))) {
  try {
    answers.push({ name: each.name, claims: await READERS[each.reader](each) });
  } catch (error) {
    answers.push({ name: each.name, refused: String(error) });
  }
}
process.stdout.write(JSON.stringify(answers));
