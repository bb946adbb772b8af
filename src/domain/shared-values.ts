// Equal values as one: ten thousand objects say the same few things, each in a copy of its own.

/** Beyond it everything is forgotten and sharing begins anew: what is held here alone stays small. */
const MAX_VALUES = 1_000;
/** Longer ones are hardly ever said twice. */
const MAX_TEXT_CHARACTERS = 500;

export class SharedValues<T> {
  readonly #values = new Map<string, T>();

  /** The first value that came with this text, which must say all of it. */
  share(text: string, value: T): T {
    if (text.length > MAX_TEXT_CHARACTERS) return value;
    const known = this.#values.get(text);
    if (known !== undefined) return known;
    if (this.#values.size >= MAX_VALUES) this.#values.clear();
    this.#values.set(text, value);
    return value;
  }
}
