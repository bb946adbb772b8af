// A secret that stands in a file of its own and is replaced there while we run. Knows nothing of what the secret opens.

import { readFile } from "node:fs/promises";
import { codeOf } from "./atomic-file.ts";
import type { Clock } from "./clock.ts";
import type { Lifecycle } from "./lifecycle.ts";
import type { Secret } from "./secret.ts";

export interface SecretFileOptions {
  readonly path: string;
  /** What the file held at the start. */
  readonly initial: Secret;
  /** The secret in the file's text; `undefined` for what cannot be one. */
  readonly parse: (text: string) => Secret | undefined;
  readonly clock: Clock;
  /** Another secret is there than before. */
  readonly changed: () => void;
  /** The file could not be read, or holds no secret; the last good one goes on. Called at every failure. */
  readonly failed: (reason: string) => void;
}

export interface SecretFile extends Lifecycle {
  current(): Secret;
  /** Reads the file now: for somebody who was just refused. Resolves with the newest good secret; never rejects. */
  refresh(): Promise<Secret>;
}

/** A change is seen within 20 s (facts: reliability §3.3): one period, and what the read takes. */
const POLL_INTERVAL_MS = 15_000;
/** A file on a dead mount never answers; whoever waits has a deadline of seconds. */
const READ_TIMEOUT_MS = 2_000;

export function createSecretFile(options: SecretFileOptions): SecretFile {
  return new PolledSecretFile(options);
}

class PolledSecretFile implements SecretFile {
  readonly #options: SecretFileOptions;
  readonly #stopping = new AbortController();
  #secret: Secret;
  #reading: Promise<void> | undefined;

  constructor(options: SecretFileOptions) {
    this.#options = options;
    this.#secret = options.initial;
  }

  start(): Promise<void> {
    void this.#poll();
    return Promise.resolve();
  }

  stop(): Promise<void> {
    this.#stopping.abort(new Error("stopping"));
    return Promise.resolve();
  }

  current(): Secret {
    return this.#secret;
  }

  /** Callers at the same time share one read. */
  async refresh(): Promise<Secret> {
    this.#reading ??= this.#read().finally(() => {
      this.#reading = undefined;
    });
    const inTime = new AbortController();
    const tooLate = this.#options.clock.sleep(READ_TIMEOUT_MS, inTime.signal).then(
      () => this.#options.failed(`was not read within ${READ_TIMEOUT_MS} ms`),
      () => undefined,
    );
    await Promise.race([this.#reading, tooLate]);
    inTime.abort();
    return this.#secret;
  }

  async #poll(): Promise<void> {
    const { clock } = this.#options;
    for (;;) {
      try {
        await clock.sleep(POLL_INTERVAL_MS, this.#stopping.signal);
      } catch {
        // The process stops.
        return;
      }
      await this.refresh();
    }
  }

  async #read(): Promise<void> {
    const { path, parse, changed, failed } = this.#options;
    try {
      const secret = parse(await readFile(path, "utf8"));
      if (secret === undefined) {
        failed("holds no secret of the right form");
      } else if (secret.reveal() !== this.#secret.reveal()) {
        this.#secret = secret;
        changed();
      }
    } catch (error) {
      failed(`cannot be read: ${codeOf(error) || "unknown error"}`);
    }
  }
}
