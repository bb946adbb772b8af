// What was asked of the server and how it went, for tests.

import type { RequestInfo } from "./request-info.ts";
import type { Watch } from "./watch.ts";

export interface SeenRequest {
  readonly atMs: number;
  readonly method: string;
  /** With its query. */
  readonly path: string;
  readonly verb: string;
  /** Plural; empty when the path is no resource. */
  readonly resource: string;
  readonly namespace: string;
  readonly name: string;
  readonly query: URLSearchParams;
  /** Empty when the token was refused. */
  user: string;
  /** `undefined` until, and unless, an answer begins. */
  status: number | undefined;
  /** What the fault script did to it. */
  fault: string | undefined;
  isOpen: boolean;
}

export class RequestLog {
  readonly #requests: SeenRequest[] = [];
  readonly #watches = new Set<Watch>();

  get requests(): readonly SeenRequest[] {
    return this.#requests;
  }

  get watches(): ReadonlySet<Watch> {
    return this.#watches;
  }

  open(info: RequestInfo, path: string, atMs: number): SeenRequest {
    const { target, method, verb, query } = info;
    const seen: SeenRequest = {
      atMs,
      method,
      path,
      verb,
      resource: target?.plural ?? "",
      namespace: target?.namespace ?? "",
      name: target?.name ?? "",
      query,
      user: "",
      status: undefined,
      fault: undefined,
      isOpen: true,
    };
    this.#requests.push(seen);
    return seen;
  }

  addWatch(watch: Watch): () => void {
    this.#watches.add(watch);
    return () => void this.#watches.delete(watch);
  }

  /** Forgets what is over. */
  clear(): void {
    const open = this.#requests.filter(({ isOpen }) => isOpen);
    this.#requests.splice(0, this.#requests.length, ...open);
  }
}
