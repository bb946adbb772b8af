// Cuts a TCP byte stream into DNS messages by their two-octet length (RFC 1035 §4.2.2). Pure; each octet is copied at most
// once, and not at all where a message lies whole in its segment.

export type Frame =
  | { readonly kind: "message"; readonly message: Uint8Array }
  /** The segment is used up; `isInside` when a message has begun and its rest is still to come. */
  | { readonly kind: "more"; readonly isInside: boolean }
  /** No message has this length: the stream means nothing from here on. */
  | { readonly kind: "bad-length" };

const EMPTY = new Uint8Array(0);

export class FrameReader {
  readonly #maxMessageOctets: number;
  #segment: Uint8Array = EMPTY;
  #offset = 0;
  #lengthHigh: number | undefined;
  #partial: Uint8Array | undefined;
  #filled = 0;

  constructor(maxMessageOctets: number) {
    this.#maxMessageOctets = maxMessageOctets;
  }

  /** Takes the next segment. The one before must be used up: `next` has said "more". */
  push(segment: Uint8Array): void {
    this.#segment = segment;
    this.#offset = 0;
  }

  next(): Frame {
    if (this.#partial !== undefined) return this.#fill(this.#partial);
    const length = this.#readLength();
    if (length === undefined) return this.#more();
    if (length === 0 || length > this.#maxMessageOctets) return { kind: "bad-length" };
    if (this.#segment.length - this.#offset >= length) return { kind: "message", message: this.#take(length) };
    this.#partial = new Uint8Array(length);
    this.#filled = 0;
    return this.#fill(this.#partial);
  }

  #fill(partial: Uint8Array): Frame {
    const octets = this.#take(partial.length - this.#filled);
    partial.set(octets, this.#filled);
    this.#filled += octets.length;
    if (this.#filled < partial.length) return this.#more();
    this.#partial = undefined;
    return { kind: "message", message: partial };
  }

  #readLength(): number | undefined {
    this.#lengthHigh ??= this.#takeOctet();
    if (this.#lengthHigh === undefined) return undefined;
    const low = this.#takeOctet();
    if (low === undefined) return undefined;
    const length = (this.#lengthHigh << 8) | low;
    this.#lengthHigh = undefined;
    return length;
  }

  /** Lets go of the segment, so that a waiting connection holds no memory but its partial message. */
  #more(): Frame {
    this.#segment = EMPTY;
    this.#offset = 0;
    return { kind: "more", isInside: this.#partial !== undefined || this.#lengthHigh !== undefined };
  }

  #takeOctet(): number | undefined {
    const octet = this.#segment[this.#offset];
    if (octet !== undefined) this.#offset += 1;
    return octet;
  }

  /** The next octets, at most `length`, as a view. */
  #take(length: number): Uint8Array {
    const octets = this.#segment.subarray(this.#offset, this.#offset + length);
    this.#offset += octets.length;
    return octets;
  }
}
