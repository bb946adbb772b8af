// Access by API key: one header, and one more look at where the key comes from when the console refuses it.

import { UpstreamError, UpstreamRejected } from "#src/errors.ts";
import { Secret } from "#src/lib/secret.ts";
import type { CallAccess, ConsoleAccess, SecretSupplier } from "./access.ts";
import { CREDENTIALS_CODE } from "./classify.ts";
import type { Exchanged } from "./transport.ts";

export function createKeyAccess(apiKey: SecretSupplier): ConsoleAccess {
  return { means: "API key", begin: ({ operation }) => new KeyOfCall(apiKey, operation) };
}

class KeyOfCall implements CallAccess {
  readonly #supply: SecretSupplier;
  readonly #operation: string;
  #key: string | undefined;
  #isFresh = false;

  constructor(supply: SecretSupplier, operation: string) {
    this.#supply = supply;
    this.#operation = operation;
  }

  async headers(): Promise<Readonly<Record<string, string>>> {
    this.#key ??= await this.#read("current");
    return { "x-api-key": this.#key };
  }

  async isRenewed(exchanged: Exchanged): Promise<boolean> {
    if (!isKeyRefused(exchanged) || this.#isFresh) return false;
    this.#isFresh = true;
    const before = this.#key;
    this.#key = await this.#read("fresh");
    return this.#key !== before;
  }

  secrets(): readonly string[] {
    return this.#key === undefined ? [] : [this.#key];
  }

  async #read(need: "current" | "fresh"): Promise<string> {
    const key = await this.#supplied(need);
    // Anything else could not be sent in a header; the key itself is not shown.
    if (/^[\x21-\x7e]+$/.test(key)) return key;
    throw this.#rejected("the API key is empty or holds blanks or control characters");
  }

  async #supplied(need: "current" | "fresh"): Promise<string> {
    try {
      const key = await this.#supply(need);
      return (key instanceof Secret ? key.reveal() : key).trim();
    } catch (error) {
      if (error instanceof UpstreamError) throw error;
      // The supplier's own error is left out: nobody can say what it holds.
      throw this.#rejected("the API key could not be read");
    }
  }

  #rejected(message: string): UpstreamRejected {
    return new UpstreamRejected(CREDENTIALS_CODE, { upstream: "unifi", operation: this.#operation }, message);
  }
}

/** A wrong site is a 401 as well; a new key would not help, and reading the file once more does no harm. */
function isKeyRefused(exchanged: Exchanged): boolean {
  return exchanged.kind === "answer" && (exchanged.status === 401 || exchanged.status === 403);
}
