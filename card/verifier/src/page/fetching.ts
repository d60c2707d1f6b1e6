/** Lists over the network: bounded in size and time, and asked for anew each time (an unchanged one costs no data). */

/** There is no network, or nobody there who answers. */
export class Unreachable extends Error {}

const PATIENCE = 8_000; // milliseconds

/** The bytes at `path`, relative to the page; null where there is nothing. Raises: Unreachable. */
export async function fetched(path: string, limit: number): Promise<Uint8Array<ArrayBuffer> | null> {
  try {
    const answer = await fetch(path, { cache: "no-cache", signal: AbortSignal.timeout(PATIENCE) });
    if (answer.status === 404) {
      return null;
    }
    if (!answer.ok || !answer.body) {
      throw new Unreachable(`got status ${answer.status} for ${path}`);
    }
    return await read(answer.body, limit);
  } catch (error) {
    throw error instanceof Unreachable ? error : new Unreachable(String(error));
  }
}

async function read(body: ReadableStream<Uint8Array<ArrayBuffer>>, limit: number): Promise<Uint8Array<ArrayBuffer>> {
  const parts: Uint8Array<ArrayBuffer>[] = [];
  let length = 0;
  const reader = body.getReader();
  for (let part = await reader.read(); !part.done; part = await reader.read()) {
    parts.push(part.value);
    length += part.value.length;
    if (length > limit) {
      await reader.cancel();
      throw new Unreachable(`got more than ${limit} bytes`);
    }
  }
  return new Uint8Array(await new Blob(parts).arrayBuffer());
}
