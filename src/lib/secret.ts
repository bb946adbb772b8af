// A value that must not reach a log, a metric, a page or a crash report. Knows nothing of where it came from.

import { inspect } from "node:util";

const MASK = "***";

/** Text that prints as `***` however it is turned into text; `reveal()` is the only way to it, so that uses can be found. */
export class Secret {
  readonly #text: string;

  constructor(text: string) {
    this.#text = text;
  }

  /** The text itself: call it where the secret is sent, never where it is kept. */
  reveal(): string {
    return this.#text;
  }

  toString(): string {
    return MASK;
  }

  toJSON(): string {
    return MASK;
  }

  [inspect.custom](): string {
    return MASK;
  }
}
