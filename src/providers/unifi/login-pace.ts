// When a login may be tried. Every try counts at the console, good or bad, and too many lock the account out for everybody
// (facts: unifi.md 1.1.7, reliability.md T29). Knows the time and no request.

import { createHash } from "node:crypto";
import { type UpstreamError, UpstreamRejected, UpstreamUnavailable } from "#src/errors.ts";
import type { Clock } from "#src/lib/clock.ts";
import { CREDENTIALS_CODE } from "./classify.ts";
import type { LoginFailure, LoginFailureKind } from "./login-answer.ts";

const LOGIN_LIMIT_CODE = "unifi.login-limit";
const LOGIN_FAILED_CODE = "unifi.login";

/** The console forgets what it counted after 45 to 60 s. */
const FIRST_PAUSE_MS = 60_000;
const MAX_PAUSE_MS = 15 * 60_000;
/** A console that starts: it may come back at any moment, and it may have counted the try. */
const FIRST_UNCLEAR_PAUSE_MS = 5_000;
const MAX_UNCLEAR_PAUSE_MS = 60_000;
/** Consoles take five logins a minute from everybody together; one is left for people. */
const MAX_LOGINS = 4;
const WINDOW_MS = 60_000;

interface Pause {
  readonly failure: LoginFailure;
  /** By the monotonic clock. */
  readonly untilMs: number;
  /** A fingerprint of what was refused. */
  readonly password: string;
}

export class LoginPace {
  readonly #clock: Clock;
  #triedAtMs: readonly number[] = [];
  #failures = 0;
  #pause: Pause | undefined;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Why this password must not be tried now, and when it may be. */
  refusal(password: string): UpstreamError | undefined {
    const nowMs = this.#clock.monotonicMs();
    const pause = this.#pause;
    if (pause !== undefined && nowMs < pause.untilMs && !isLifted(pause, password)) {
      return loginError(pause.failure, pause.untilMs - nowMs);
    }
    this.#triedAtMs = this.#triedAtMs.filter((atMs) => nowMs - atMs < WINDOW_MS);
    const [oldest] = this.#triedAtMs;
    if (oldest === undefined || this.#triedAtMs.length < MAX_LOGINS) return undefined;
    const reason = `sessions end as soon as they are opened: ${MAX_LOGINS} logins within a minute`;
    return loginError({ kind: "limit", reason }, oldest + WINDOW_MS - nowMs);
  }

  /** A login is about to be sent. */
  begin(): void {
    this.#triedAtMs = [...this.#triedAtMs, this.#clock.monotonicMs()];
  }

  succeeded(): void {
    this.#pause = undefined;
  }

  /** The session of the last login has opened something: the next failure is a first one again. */
  proved(): void {
    this.#failures = 0;
  }

  /** Returns the error to throw. */
  failed(failure: LoginFailure, password: string): UpstreamError {
    const pauseMs = this.#pauseMs(failure.kind);
    this.#failures += 1;
    this.#pause = {
      failure,
      untilMs: this.#clock.monotonicMs() + pauseMs,
      password: fingerprint(password),
    };
    return loginError(failure, pauseMs);
  }

  #pauseMs(kind: LoginFailureKind): number {
    switch (kind) {
      case "second-factor":
        return Number.POSITIVE_INFINITY;
      case "unclear":
      case "no-login":
        return Math.min(FIRST_UNCLEAR_PAUSE_MS * 2 ** this.#failures, MAX_UNCLEAR_PAUSE_MS);
      default:
        return Math.min(FIRST_PAUSE_MS * 2 ** this.#failures, MAX_PAUSE_MS);
    }
  }
}

/** Another password is worth a try where the password was the reason; a limit holds for every one. */
function isLifted({ failure, password }: Pause, now: string): boolean {
  return (failure.kind === "refused" || failure.kind === "second-factor") && password !== fingerprint(now);
}

function fingerprint(password: string): string {
  return createHash("sha256").update(password).digest("base64");
}

/** Says when the next try is made, or what has to be done first. */
function loginError({ kind, reason }: LoginFailure, pauseMs: number): UpstreamError {
  const where = { upstream: "unifi", operation: "login" };
  const next = `the next login is tried in ${Math.ceil(pauseMs / 1_000)} s`;
  switch (kind) {
    case "refused":
      return new UpstreamRejected(
        CREDENTIALS_CODE,
        where,
        `${reason}; ${next}, or as soon as there is another password`,
      );
    case "second-factor": {
      const remedy = "make a local account without one, or an API key; no login is tried until the password changes";
      return new UpstreamRejected(CREDENTIALS_CODE, where, `${reason}: ${remedy}`);
    }
    case "limit":
      return new UpstreamUnavailable(LOGIN_LIMIT_CODE, where, `${reason}; ${next}`);
    default:
      return new UpstreamUnavailable(LOGIN_FAILED_CODE, where, `${reason}; ${next}`);
  }
}
