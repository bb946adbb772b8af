// What came in: every request with its answer and the fault that struck, without secrets. Facts: unifi.md 4.5.

import type { FaultAction } from "./faults.ts";
import type { Api, Operation } from "./routes.ts";

export interface SeenRequest {
  readonly number: number;
  readonly atMs: number;
  readonly method: string;
  /** With the query. */
  readonly path: string;
  readonly api: Api;
  readonly operation: Operation;
  /** Owner name of the record created, changed or deleted. */
  readonly name: string | undefined;
  /** Without the values of keys, cookies and tokens. */
  readonly headers: Readonly<Record<string, string>>;
  /** As sent; of a login only its length. */
  readonly body: string;
  /** Undefined while it is answered, 0 when it never was. */
  status: number | undefined;
  fault: FaultAction["kind"] | undefined;
}

export interface Counters {
  readonly requests: number;
  readonly byOperation: Readonly<Partial<Record<Operation, number>>>;
  /** Creates, updates and deletes asked for. */
  readonly writes: number;
  readonly logins: number;
  readonly peakParallel: number;
}

export class RequestLog {
  #seen: SeenRequest[] = [];
  #open = 0;
  #peakParallel = 0;

  add(request: Omit<SeenRequest, "number" | "status" | "fault">): SeenRequest {
    const seen = { ...request, number: this.#seen.length + 1, status: undefined, fault: undefined };
    this.#seen.push(seen);
    return seen;
  }

  opened(): void {
    this.#open++;
    this.#peakParallel = Math.max(this.#peakParallel, this.#open);
  }

  closed(): void {
    this.#open--;
  }

  get seen(): readonly SeenRequest[] {
    return this.#seen;
  }

  counters(): Counters {
    const byOperation: Partial<Record<Operation, number>> = {};
    for (const { operation } of this.#seen) byOperation[operation] = (byOperation[operation] ?? 0) + 1;
    const { create = 0, update = 0, delete: deletes = 0, login = 0 } = byOperation;
    const writes = create + update + deletes;
    return { requests: this.#seen.length, byOperation, writes, logins: login, peakParallel: this.#peakParallel };
  }

  clear(): void {
    this.#seen = [];
    this.#peakParallel = this.#open;
  }
}

const SECRET_HEADERS: ReadonlySet<string> = new Set(["x-api-key", "cookie", "authorization", "x-csrf-token"]);

export function withoutSecrets(
  headers: Readonly<Record<string, string | undefined>>,
): Readonly<Record<string, string>> {
  const entries = Object.entries(headers).map(([name, value]) => [
    name,
    SECRET_HEADERS.has(name) ? "***" : (value ?? ""),
  ]);
  return Object.fromEntries(entries) as Record<string, string>;
}
