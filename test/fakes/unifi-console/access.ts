// Who may call: API keys with a role, sessions with a CSRF token and an end, and the limit of logins.
// Knows the credentials of a request, not its path. Facts: unifi.md 1.1.7.

import { createHmac, randomBytes } from "node:crypto";
import type { Switches } from "./profiles.ts";
import type { ConsoleTime } from "./time.ts";

export type Role = "admin" | "viewer";

export interface UserAccount {
  readonly username: string;
  readonly password: string;
  readonly role: Role;
  /** An account with Ubiquiti SSO, which cannot log in unattended. */
  readonly secondFactor?: boolean;
}

export interface Session {
  readonly token: string;
  readonly role: Role;
  readonly endsAtMs: number;
  csrfToken: string;
  previousCsrfToken: string | undefined;
  graceLeft: number;
  writes: number;
}

export type LoginOutcome =
  | { readonly kind: "session"; readonly session: Session }
  | { readonly kind: "limit" }
  | { readonly kind: "wrong" }
  | { readonly kind: "second-factor" };

export class Access {
  readonly keys = new Map<string, Role>();
  readonly users = new Map<string, UserAccount>();
  /** Every cookie and CSRF token that was ever given out, so that a test can look for them where they must not be. */
  readonly issued: string[] = [];
  readonly #time: ConsoleTime;
  readonly #switches: () => Switches;
  readonly #sessions = new Map<string, Session>();
  readonly #secret = randomBytes(16);
  #loginTimesMs: number[] = [];

  constructor(time: ConsoleTime, switches: () => Switches) {
    this.#time = time;
    this.#switches = switches;
  }

  /** Every attempt counts, good or bad. */
  login(username: unknown, password: unknown): LoginOutcome {
    const { loginsPerWindow, loginWindowMs, sessionMs } = this.#switches();
    const nowMs = this.#time.nowMs();
    this.#loginTimesMs = this.#loginTimesMs.filter((atMs) => nowMs - atMs < loginWindowMs);
    if (this.#loginTimesMs.length >= loginsPerWindow) return { kind: "limit" };
    this.#loginTimesMs.push(nowMs);
    const user = typeof username === "string" ? this.users.get(username) : undefined;
    if (user === undefined || user.password !== password) return { kind: "wrong" };
    if (user.secondFactor === true) return { kind: "second-factor" };
    const csrfToken = randomBytes(16).toString("hex");
    const endsAtMs = nowMs + sessionMs;
    const token = this.#createJwt({ userId: username, csrfToken, exp: Math.floor(endsAtMs / 1000) });
    const session: Session = {
      token,
      role: user.role,
      endsAtMs,
      csrfToken,
      previousCsrfToken: undefined,
      graceLeft: 0,
      writes: 0,
    };
    this.#sessions.set(token, session);
    this.issued.push(token, csrfToken);
    return { kind: "session", session };
  }

  findSession(token: string | undefined): Session | undefined {
    const session = token === undefined ? undefined : this.#sessions.get(token);
    return session !== undefined && session.endsAtMs > this.#time.nowMs() ? session : undefined;
  }

  logout(session: Session): void {
    this.#sessions.delete(session.token);
  }

  /** Takes the session's token, and the one before it as often as the switch allows. */
  acceptsCsrf(session: Session, token: string | undefined): boolean {
    if (token === session.csrfToken) return true;
    if (token === undefined || token !== session.previousCsrfToken || session.graceLeft === 0) return false;
    session.graceLeft--;
    return true;
  }

  /** Counts a write, and tells whether the token changed with it. */
  countWrite(session: Session): boolean {
    session.writes++;
    const every = this.#switches().csrfRotationWrites;
    if (every === 0 || session.writes % every !== 0) return false;
    this.#rotate(session);
    return true;
  }

  rotateCsrf(): void {
    for (const session of this.#sessions.values()) this.#rotate(session);
  }

  expireSessions(): void {
    this.#sessions.clear();
  }

  /** As after a start: no session, no memory of login attempts; keys and users are stored on disk. */
  restart(): void {
    this.#sessions.clear();
    this.#loginTimesMs = [];
  }

  #rotate(session: Session): void {
    session.previousCsrfToken = session.csrfToken;
    session.graceLeft = this.#switches().csrfGraceRequests;
    session.csrfToken = randomBytes(16).toString("hex");
    this.issued.push(session.csrfToken);
  }

  #createJwt(payload: object): string {
    const encode = (part: object): string => Buffer.from(JSON.stringify(part)).toString("base64url");
    const signed = `${encode({ alg: "HS256", typ: "JWT" })}.${encode(payload)}`;
    return `${signed}.${createHmac("sha256", this.#secret).update(signed).digest("base64url")}`;
  }
}
