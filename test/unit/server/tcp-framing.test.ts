import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { FrameReader } from "#src/server/tcp-framing.ts";
import { withLength } from "#test/support/dns/clients.ts";

const MAX_OCTETS = 4096;

/** Every message of the stream that arrives in these segments, and how the reading ended. */
function read(segments: readonly Uint8Array[]): { readonly messages: readonly Uint8Array[]; readonly end: string } {
  const reader = new FrameReader(MAX_OCTETS);
  const messages: Uint8Array[] = [];
  let end = "between";
  for (const segment of segments) {
    reader.push(segment);
    for (;;) {
      const frame = reader.next();
      if (frame.kind === "bad-length") return { messages, end: "bad-length" };
      if (frame.kind === "more") {
        end = frame.isInside ? "inside" : "between";
        break;
      }
      messages.push(frame.message);
    }
  }
  return { messages, end };
}

function cut(stream: Uint8Array, places: readonly number[]): readonly Uint8Array[] {
  const ends = [...places.map((place) => place % (stream.length + 1)), stream.length].sort((a, b) => a - b);
  return ends.map((end, index) => stream.slice(ends[index - 1] ?? 0, end));
}

describe("FrameReader", () => {
  test("however a stream is cut, the same messages come out", () => {
    const message = fc.uint8Array({ minLength: 1, maxLength: 300 });
    fc.assert(
      fc.property(fc.array(message, { maxLength: 8 }), fc.array(fc.nat(), { maxLength: 20 }), (messages, places) => {
        const stream = Buffer.concat(messages.map(withLength));
        const { messages: seen, end } = read(cut(stream, places));
        expect(seen.map((octets) => [...octets])).toEqual(messages.map((octets) => [...octets]));
        expect(end).toBe("between");
      }),
    );
  });

  test.each([1, 2, 3, 6])("a stream that breaks off after %i octets is inside a message", (octets) => {
    expect(read([withLength(Uint8Array.of(1, 2, 3, 4, 5)).slice(0, octets)])).toEqual({ messages: [], end: "inside" });
  });

  test("messages before a length 0 come out, nothing after it", () => {
    const stream = Buffer.concat([withLength(Uint8Array.of(9)), Uint8Array.of(0, 0), withLength(Uint8Array.of(8))]);
    expect(read([stream])).toEqual({ messages: [Buffer.of(9)], end: "bad-length" });
  });

  test("the longest length is read, one more is not", () => {
    expect(read([withLength(new Uint8Array(MAX_OCTETS))]).messages).toHaveLength(1);
    expect(read([withLength(new Uint8Array(MAX_OCTETS + 1))]).end).toBe("bad-length");
  });

  test("a message that lies whole in its segment is not copied", () => {
    const segment = withLength(Uint8Array.of(1, 2, 3));
    expect(read([segment]).messages[0]?.buffer).toBe(segment.buffer);
  });
});
