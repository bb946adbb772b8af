// Access by user name and password: one session for everybody, opened when it is needed and again when the console has ended
// it. Who is turned away meanwhile waits for the same login. Facts: unifi.md 1.1.7.

import { UpstreamError, UpstreamRejected } from "#src/errors.ts";
import type { Clock } from "#src/lib/clock.ts";
import type { Logger } from "#src/lib/log.ts";
import { Secret } from "#src/lib/secret.ts";
import type { CallAccess, ConsoleAccess, SecretSupplier } from "./access.ts";
import { type Asked, CREDENTIALS_CODE } from "./classify.ts";
import { unlessAborted, withDeadline } from "./deadline.ts";
import { type Controller, findController, LOGIN_PATHS } from "./front.ts";
import { errorOf, type LoginOutcome, readLogin } from "./login-answer.ts";
import { LoginPace } from "./login-pace.ts";
import type { Session } from "./session.ts";
import { type Right, SessionOfCall, type SharedSession } from "./session-of-call.ts";
import type { Exchange, Method } from "./transport.ts";

export interface Login {
  readonly username: string;
  readonly password: SecretSupplier;
}

export interface SessionAccessOptions {
  readonly login: Login;
  readonly baseUrl: string;
  readonly exchange: Exchange;
  /** `undefined`: found out before the first login. */
  readonly controller: Controller | undefined;
  /** For one login with everything that belongs to it. */
  readonly timeoutMs: number;
  readonly clock: Clock;
  readonly log: Logger;
}

export interface SessionAccess extends ConsoleAccess {
  /** Asks the console, unless the settings said it. Throws an UpstreamError. */
  controller(signal: AbortSignal): Promise<Controller>;
  /** Logins that were sent since the start. */
  readonly logins: number;
  close(): void;
}

export function createSessionAccess(options: SessionAccessOptions): SessionAccess {
  return new ConsoleSession(options);
}

/** A console that never knows its own sessions costs a login in this time at most. */
const FRESH_MS = 60_000;

class ConsoleSession implements SessionAccess, SharedSession {
  readonly means = "session";
  readonly #options: SessionAccessOptions;
  readonly #pace: LoginPace;
  readonly #closing = new AbortController();
  #controller: Controller | undefined;
  #session: Session | undefined;
  /** By the monotonic clock. */
  #openedAtMs = Number.NEGATIVE_INFINITY;
  #opening: Promise<Session> | undefined;
  #logins = 0;
  /** What this account has no right to: a new session did not help. */
  readonly #forbidden = new Set<Right>();
  /** What was sent last, to be kept out of every message. */
  #passwords: readonly string[] = [];

  constructor(options: SessionAccessOptions) {
    this.#options = options;
    this.#pace = new LoginPace(options.clock);
    this.#controller = options.controller;
  }

  get logins(): number {
    return this.#logins;
  }

  begin({ method, operation }: { readonly method: Method; readonly operation: string }): CallAccess {
    return new SessionOfCall(this, { method, asked: () => this.#asked(operation) });
  }

  controller(signal: AbortSignal): Promise<Controller> {
    const { clock, timeoutMs } = this.#options;
    return withDeadline({ clock, timeoutMs }, signal, async (deadline) => {
      const before = this.#controller;
      this.#controller = this.#options.controller;
      const controller = await this.#findController(deadline.signal);
      // The other kind knows nothing of this session.
      if (before !== controller) this.#session = undefined;
      return controller;
    });
  }

  close(): void {
    this.#closing.abort();
  }

  async open(signal: AbortSignal, asked: Asked): Promise<Session> {
    if (this.#session !== undefined) return this.#session;
    this.#opening ??= this.#logIn().finally(() => {
      this.#opening = undefined;
    });
    const session = await unlessAborted(this.#opening, signal);
    if (session !== undefined) return session;
    throw errorOf({ kind: "failed", code: "ABORTED" }, asked);
  }

  drop(session: Session): boolean {
    if (this.#session !== session) return true;
    this.#session = undefined;
    // One that nobody could use in all that time has ended like any other.
    const isFresh = this.#options.clock.monotonicMs() - this.#openedAtMs < FRESH_MS;
    if (session.isProven || !isFresh) return true;
    const reason = `${this.#host} gave a session and then did not know it`;
    this.#noteFailure(this.#pace.failed({ kind: "no-session", reason }, this.#passwords[0] ?? ""));
    return false;
  }

  isForbiddenNews(right: Right): boolean {
    return !this.#forbidden.has(right);
  }

  forbid(right: Right): void {
    this.#forbidden.add(right);
  }

  accepted(session: Session, right: Right): void {
    this.#forbidden.delete(right);
    if (session.isProven) return;
    session.prove();
    this.#pace.proved();
  }

  get #host(): string {
    return new URL(this.#options.baseUrl).host;
  }

  #asked(operation: string): Asked {
    const secrets = [...this.#passwords, ...(this.#session?.secrets ?? [])];
    return { operation, host: this.#host, secrets, means: this.means };
  }

  #logIn(): Promise<Session> {
    const { clock, timeoutMs } = this.#options;
    return withDeadline({ clock, timeoutMs }, this.#closing.signal, ({ signal }) => this.#logInWithin(signal));
  }

  async #logInWithin(signal: AbortSignal): Promise<Session> {
    let password = await this.#password("current");
    // Another password may end the pause, and somebody may just have written one.
    if (this.#pace.refusal(password) !== undefined) password = await this.#password("fresh");
    const refusal = this.#pace.refusal(password);
    if (refusal !== undefined) throw refusal;
    let outcome = await this.#try(password, signal);
    if (outcome.kind === "refused") {
      const fresh = await this.#password("fresh");
      if (fresh !== password) {
        password = fresh;
        outcome = await this.#try(password, signal);
      }
    }
    if (outcome.kind === "session") {
      this.#pace.succeeded();
      this.#session = outcome.session;
      this.#openedAtMs = this.#options.clock.monotonicMs();
      this.#options.log.info({ provider: "unifi", logins: this.#logins }, "console session opened");
      return outcome.session;
    }
    // What was found out may have been wrong: a console that starts answers 404 like a controller that has no such path.
    this.#controller = this.#options.controller;
    if (outcome.kind === "unsent") throw outcome.error;
    const error = this.#pace.failed(outcome, password);
    this.#noteFailure(error);
    throw error;
  }

  async #try(password: string, signal: AbortSignal): Promise<LoginOutcome> {
    const { exchange, baseUrl, login } = this.#options;
    const controller = await this.#findController(signal);
    // The second one is how the password stands in the body.
    this.#passwords = [password, JSON.stringify(password).slice(1, -1)];
    this.#pace.begin();
    this.#logins += 1;
    const body = JSON.stringify({ username: login.username, password, ...LOGIN_EXTRAS[controller] });
    const headers = { "content-type": "application/json" };
    const exchanged = await exchange({ method: "POST", url: baseUrl + LOGIN_PATHS[controller], headers, body }, signal);
    return readLogin(exchanged, this.#asked("login"));
  }

  async #findController(signal: AbortSignal): Promise<Controller> {
    const { exchange, baseUrl } = this.#options;
    this.#controller ??= await findController({ exchange, baseUrl, asked: this.#asked("login") }, signal);
    return this.#controller;
  }

  async #password(need: "current" | "fresh"): Promise<string> {
    try {
      const password = await this.#options.login.password(need);
      return password instanceof Secret ? password.reveal() : password;
    } catch (error) {
      if (error instanceof UpstreamError) throw error;
      // The supplier's own error is left out: nobody can say what it holds.
      const where = { upstream: "unifi", operation: "login" };
      throw new UpstreamRejected(CREDENTIALS_CODE, where, "the password could not be read");
    }
  }

  #noteFailure({ code, message }: UpstreamError): void {
    if (this.#closing.signal.aborted) return;
    this.#options.log.warn({ provider: "unifi", code, reason: message }, "console login failed");
  }
}

/** A session that outlives the browser's: fewer logins. `token` is where a second factor would stand. */
const LOGIN_EXTRAS: Readonly<Record<Controller, object>> = {
  console: { rememberMe: true, token: "" },
  "self-hosted": { remember: true },
};
