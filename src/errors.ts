// The error taxonomy: the class answers the only universal question, retry or not; the code is stable and safe to show.

/** Anything Zonegate raises on purpose. `message` is safe to log and to show; secrets never enter it. */
export abstract class ZonegateError extends Error {
  /** Stable, dotted, lower case: `config.invalid`, `store.corrupt`. Part of the public interface. */
  readonly code: string;

  constructor(code: string, message: string, options?: { readonly cause?: unknown }) {
    super(message, options);
    this.name = new.target.name;
    this.code = code;
  }
}

/** One wrong setting: where it stands, what is wrong, what to do. */
export interface ConfigProblem {
  readonly path: string;
  readonly problem: string;
  readonly hint: string;
}

/** Every configuration problem at once; ends the process with exit code 78 and a list, never a stack. */
export class ConfigError extends ZonegateError {
  readonly problems: readonly ConfigProblem[];

  constructor(problems: readonly ConfigProblem[]) {
    super("config.invalid", problems.map((p) => `${p.path}: ${p.problem}. ${p.hint}`).join("\n"));
    this.problems = problems;
  }
}

/** Something outside the process that the start needs is missing (a port, a folder); exit code 69 with a sentence. */
export class UnavailableError extends ZonegateError {}

/** The caller's fault: answered as problem+json with this status, never retried by us. */
export class RequestError extends ZonegateError {
  readonly status: 400 | 401 | 403 | 404 | 405 | 406 | 408 | 413 | 415 | 421;

  constructor(status: RequestError["status"], code: string, message: string, options?: { readonly cause?: unknown }) {
    super(code, message, options);
    this.status = status;
  }
}

/** This record, for good: trying again without a change is useless. The rest of the batch goes on. */
export class RecordRefused extends ZonegateError {
  readonly recordName: string;
  readonly recordType: string;

  constructor(code: string, record: { readonly name: string; readonly type: string }, reason: string) {
    super(code, `${record.name} ${record.type}: ${reason}`);
    this.recordName = record.name;
    this.recordType = record.type;
  }
}

/** A backend (disk, console, cloud) failed at one operation. */
export abstract class UpstreamError extends ZonegateError {
  readonly upstream: string;
  readonly operation: string;
  abstract readonly retryable: boolean;

  constructor(
    code: string,
    where: { readonly upstream: string; readonly operation: string },
    message: string,
    options?: { readonly cause?: unknown },
  ) {
    super(code, message, options);
    this.upstream = where.upstream;
    this.operation = where.operation;
  }
}

/** Away for now: connect, timeout, reset, 5xx, disk full. The write may or may not have happened. */
export class UpstreamUnavailable extends UpstreamError {
  override readonly retryable = true;
}

/** Credentials or rights: the same for every record until somebody changes them. */
export class UpstreamRejected extends UpstreamError {
  override readonly retryable = false;
}

/** It exists already, or it changed under us: list again and plan again. */
export class UpstreamConflict extends UpstreamError {
  override readonly retryable = true;
}

/** Not now, and no second look within the same request would change that: turned away unread (429), or taken and not shown yet. */
export class UpstreamPostponed extends UpstreamError {
  override readonly retryable = true;
}

/** The answer is not what the backend's schema says. */
export class UpstreamProtocol extends UpstreamError {
  override readonly retryable = true;
}

/** Ends an exhaustive switch; reached only through a bug. */
export function assertNever(value: never): never {
  throw new Error(`unexpected value: ${JSON.stringify(value)}`);
}
