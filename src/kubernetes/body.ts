// Bytes of an answer as text: whole, or line by line as they come. Every size has a limit, and nothing waits beyond its signal.

import { ApiFailure } from "./failure.ts";
import { unlessAborted } from "./scope.ts";

/** The whole body. Rejects with a `malformed` failure beyond `maxBytes` or when it is not UTF-8. */
export async function readText(
  body: AsyncIterable<Uint8Array>,
  signal: AbortSignal,
  maxBytes: number,
): Promise<string> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of followed(body, signal)) {
    size += chunk.length;
    if (size > maxBytes) throw new ApiFailure("malformed", `the answer is longer than ${maxBytes} bytes`);
    chunks.push(chunk);
  }
  return decode(chunks);
}

/** As JSON. */
export async function readJson(
  body: AsyncIterable<Uint8Array>,
  signal: AbortSignal,
  maxBytes: number,
): Promise<unknown> {
  return parseJson(await readText(body, signal, maxBytes));
}

/**
 * The lines that each chunk completes, in their order; empty ones are left out. Only 0x0A ends a line: JSON may hold U+2028, and
 * a bare CR is a blank. Rejects with `malformed` for a line beyond `maxBytes`, with `broken` when the last one has no end.
 */
export async function* readLines(
  body: AsyncIterable<Uint8Array>,
  signal: AbortSignal,
  maxBytes: number,
): AsyncGenerator<readonly string[]> {
  let pending: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of followed(body, signal)) {
    const lines: string[] = [];
    let from = 0;
    for (let end = chunk.indexOf(NEWLINE); end !== -1; end = chunk.indexOf(NEWLINE, from)) {
      size += end - from;
      if (size > maxBytes) throw tooLong(maxBytes);
      pending.push(chunk.subarray(from, end));
      const line = decode(pending);
      if (line.trim() !== "") lines.push(line);
      pending = [];
      size = 0;
      from = end + 1;
    }
    size += chunk.length - from;
    if (size > maxBytes) throw tooLong(maxBytes);
    if (from < chunk.length) pending.push(chunk.subarray(from));
    if (lines.length > 0) yield lines;
  }
  if (size > 0) throw new ApiFailure("broken", "the answer ended inside a line");
}

/** Never with the text: it may hold a secret. */
export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new ApiFailure("malformed", `${text.length} characters are not JSON`);
  }
}

const NEWLINE = 0x0a;

function tooLong(maxBytes: number): ApiFailure {
  return new ApiFailure("malformed", `a line is longer than ${maxBytes} bytes`);
}

function decode(chunks: readonly Uint8Array[]): string {
  const [first] = chunks;
  const bytes = chunks.length === 1 && first !== undefined ? first : Buffer.concat(chunks);
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    throw new ApiFailure("malformed", `${bytes.length} bytes are not UTF-8`);
  }
}

/** The chunks, as long as the signal lets them: a body that ignores its end is left behind. */
async function* followed(body: AsyncIterable<Uint8Array>, signal: AbortSignal): AsyncGenerator<Uint8Array> {
  const iterator = body[Symbol.asyncIterator]();
  try {
    for (;;) {
      const step = await unlessAborted(signal, iterator.next());
      if (step.done === true) return;
      yield step.value;
    }
  } finally {
    // Not waited for: a generator that hangs in `next` would never answer.
    void iterator.return?.()?.catch(() => undefined);
  }
}
