// A cursor over one message that counts its work, so that no packet can cost more than a fixed number of steps.

/**
 * Work allowed for one message. A step is one iteration of the decoder: the header, one label (its octets are one run of at
 * most 63), the fixed fields of the question, one additional record, one EDNS option. The longest legal query needs 128 labels,
 * a TSIG owner another 128, and a few options.
 */
export const MAX_DECODE_STEPS = 300;

/** The caller asks `has` before every read; a read past the end is a bug and throws in DataView. */
export class Reader {
  readonly #octets: Uint8Array;
  readonly #view: DataView;
  #offset = 0;
  #steps = 0;

  constructor(octets: Uint8Array) {
    this.#octets = octets;
    this.#view = new DataView(octets.buffer, octets.byteOffset, octets.byteLength);
  }

  get offset(): number {
    return this.#offset;
  }

  get steps(): number {
    return this.#steps;
  }

  /** Takes one step; `false` when the budget is used up. */
  spend(): boolean {
    if (this.#steps >= MAX_DECODE_STEPS) return false;
    this.#steps += 1;
    return true;
  }

  has(octets: number): boolean {
    return this.#offset + octets <= this.#octets.length;
  }

  uint8(): number {
    const value = this.#view.getUint8(this.#offset);
    this.#offset += 1;
    return value;
  }

  uint16(): number {
    const value = this.#view.getUint16(this.#offset);
    this.#offset += 2;
    return value;
  }

  /** A view, not a copy. */
  take(octets: number): Uint8Array {
    const taken = this.#octets.subarray(this.#offset, this.#offset + octets);
    this.#offset += octets;
    return taken;
  }

  /** The octets from an earlier offset up to here; a view, not a copy. */
  since(offset: number): Uint8Array {
    return this.#octets.subarray(offset, this.#offset);
  }
}
