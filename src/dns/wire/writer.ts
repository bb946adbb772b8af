// An append-only message buffer with a size limit and name compression (RFC 1035 §4.1.4). Past the limit it stops writing and
// says so; what to leave out then is message.ts's decision. One message at a time: each is finished before the next is begun.

import { type DomainName, firstLabelOctets, labelBytes, parentOf, ROOT } from "#src/domain/name.ts";

/** A pointer has 14 bits. */
const MAX_POINTER_OFFSET = 0x3fff;

/**
 * Where every message begins to be written: `finish` copies it out, and no two are written at a time, so that most replies cost
 * no buffer of their own. A longer message moves to one that is.
 */
const FIRST_OCTETS = new Uint8Array(512);

export class MessageWriter {
  readonly #maxOctets: number;
  readonly #nameOffsets = new Map<DomainName, number>();
  #octets = FIRST_OCTETS;
  #length = 0;
  #overflowed = false;

  constructor(maxOctets: number) {
    this.#maxOctets = maxOctets;
  }

  get length(): number {
    return this.#length;
  }

  /** True once something did not fit; everything after that was left out too. */
  get overflowed(): boolean {
    return this.#overflowed;
  }

  bytes(octets: Uint8Array): void {
    if (!this.#reserve(octets.length)) return;
    this.#octets.set(octets, this.#length);
    this.#length += octets.length;
  }

  uint16(value: number): void {
    if (!this.#reserve(2)) return;
    this.#octets[this.#length] = value >> 8;
    this.#octets[this.#length + 1] = value & 0xff;
    this.#length += 2;
  }

  uint32(value: number): void {
    this.uint16(value >>> 16);
    this.uint16(value & 0xffff);
  }

  /** Overwrites two octets written before. */
  patchUint16(offset: number, value: number): void {
    this.#octets[offset] = value >> 8;
    this.#octets[offset + 1] = value & 0xff;
  }

  /** Writes a name, as a pointer from the first label on that stands in the message already. */
  compressedName(name: DomainName): void {
    if (this.#pointer(name)) return;
    let rest: DomainName = name;
    for (const label of labelBytes(name)) {
      if (this.#pointer(rest)) return;
      this.#remember(rest, this.#length);
      this.#label(label);
      rest = parentOf(rest) ?? ROOT;
    }
    this.#label(new Uint8Array(0));
  }

  /** Notes that `name` and its ancestors stand uncompressed at `offset`, for pointers to come. */
  rememberName(name: DomainName, offset: number): void {
    let position = offset;
    for (let rest: DomainName = name; rest !== ROOT; rest = parentOf(rest) ?? ROOT) {
      this.#remember(rest, position);
      position += 1 + firstLabelOctets(rest);
    }
  }

  /** Goes back to an earlier length and may write on from there. */
  rewind(length: number): void {
    this.#length = length;
    this.#overflowed = false;
    for (const [name, offset] of this.#nameOffsets) {
      if (offset >= length) this.#nameOffsets.delete(name);
    }
  }

  /** A copy of what was written, with `tail` after it. */
  finish(tail: Uint8Array): Uint8Array {
    const message = new Uint8Array(this.#length + tail.length);
    message.set(this.#octets.subarray(0, this.#length));
    message.set(tail, this.#length);
    return message;
  }

  #pointer(name: DomainName): boolean {
    const offset = this.#nameOffsets.get(name);
    if (offset !== undefined) this.uint16(0xc000 | offset);
    return offset !== undefined;
  }

  #label(label: Uint8Array): void {
    if (!this.#reserve(1 + label.length)) return;
    this.#octets[this.#length] = label.length;
    this.#octets.set(label, this.#length + 1);
    this.#length += 1 + label.length;
  }

  #remember(name: DomainName, offset: number): void {
    if (offset <= MAX_POINTER_OFFSET && !this.#nameOffsets.has(name)) this.#nameOffsets.set(name, offset);
  }

  #reserve(octets: number): boolean {
    const needed = this.#length + octets;
    if (this.#overflowed || needed > this.#maxOctets) {
      this.#overflowed = true;
      return false;
    }
    if (needed > this.#octets.length) {
      const grown = new Uint8Array(Math.max(needed, this.#octets.length * 2));
      grown.set(this.#octets.subarray(0, this.#length));
      this.#octets = grown;
    }
    return true;
  }
}
