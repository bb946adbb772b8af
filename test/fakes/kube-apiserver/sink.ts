// Where an answer goes, over TLS or in memory: what the handler may do to a client.

export interface Sink {
  head(status: number, headers: Readonly<Record<string, string>>): void;
  write(bytes: Uint8Array): void;
  /** The answer is whole. */
  end(): void;
  /** The answer is not whole: RST, or FIN in the middle of a chunk. */
  breakOff(how: "reset" | "close"): void;
  /** Runs once when nothing can be written any more, whoever ended it. */
  onGone(run: () => void): void;
}
