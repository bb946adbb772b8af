// Who waits for a publication to be served. Epochs only rise, and a newer one being served settles the older ones too.

interface Waiter {
  resolve(): void;
  reject(reason: Error): void;
}

export class EpochWaiters {
  readonly #waiters = new Map<number, Waiter>();

  async wait(epoch: number): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#waiters.set(epoch, { resolve, reject });
    });
  }

  resolveUpTo(epoch: number): void {
    for (const [waitingFor, waiter] of this.#waiters) {
      if (waitingFor > epoch) continue;
      this.#waiters.delete(waitingFor);
      waiter.resolve();
    }
  }

  reject(epoch: number, reason: Error): void {
    this.#waiters.get(epoch)?.reject(reason);
    this.#waiters.delete(epoch);
  }

  rejectAll(reason: Error): void {
    for (const waiter of this.#waiters.values()) waiter.reject(reason);
    this.#waiters.clear();
  }
}
