// One call with the session that all calls share: what goes into its requests, and what follows from its answers for the session.

import type { CallAccess } from "./access.ts";
import type { Asked } from "./classify.ts";
import type { Answer, Session } from "./session.ts";
import { judgeSession } from "./session-verdict.ts";
import type { Exchanged, Method } from "./transport.ts";

/** Given for one or both. */
export type Right = "read" | "write";

export interface SharedSession {
  /**
   * The session there is, or that of a login which all callers share, and which goes on when a caller's time is over. Throws an
   * UpstreamError.
   */
  open(signal: AbortSignal, asked: Asked): Promise<Session>;
  /** The console does not know this session. False when it never has: another login would change nothing. */
  drop(session: Session): boolean;
  accepted(session: Session, right: Right): void;
  /** Not even a new session may do that. */
  forbid(right: Right): void;
  /** True when it may be the session that the console does not know any more, and not a right that the account lacks. */
  isForbiddenNews(right: Right): boolean;
}

/** One call with the shared session: at most one login and one new CSRF token. */
export class SessionOfCall implements CallAccess {
  readonly #shared: SharedSession;
  readonly #call: { readonly method: Method; readonly asked: () => Asked };
  #session: Session | undefined;
  #sentToken = "";
  #hasReopened = false;
  #hasNewToken = false;

  constructor(shared: SharedSession, call: { readonly method: Method; readonly asked: () => Asked }) {
    this.#shared = shared;
    this.#call = call;
  }

  async headers(signal: AbortSignal): Promise<Readonly<Record<string, string>>> {
    this.#session = await this.#shared.open(signal, this.#call.asked());
    this.#sentToken = this.#session.csrfToken;
    const token = this.#call.method === "GET" ? {} : { "x-csrf-token": this.#sentToken };
    return { cookie: this.#session.cookieHeader, ...token };
  }

  async isRenewed(exchanged: Exchanged, signal: AbortSignal): Promise<boolean> {
    const session = this.#session;
    if (exchanged.kind !== "answer" || session === undefined) return false;
    const isTokenNew = takeFrom(exchanged, session) !== this.#sentToken;
    switch (judgeSession(exchanged, isTokenNew)) {
      case "accepted":
        this.#shared.accepted(session, this.#right);
        return false;
      case "stale-token":
        if (!isTokenNew) return this.#reopen(session, signal);
        if (this.#hasNewToken) return false;
        this.#hasNewToken = true;
        return true;
      case "forbidden":
        return this.#reopenOnce(session, signal);
      case "expired":
        // Some builds say 401 where a right is missing (home-assistant/core #123459); reading tells which of them it was.
        return this.#right === "write" ? this.#reopenOnce(session, signal) : this.#reopen(session, signal);
      default:
        return false;
    }
  }

  secrets(): readonly string[] {
    return [...this.#call.asked().secrets, ...(this.#session?.secrets ?? [])];
  }

  get #right(): Right {
    return this.#call.method === "GET" ? "read" : "write";
  }

  /** What a new session is refused as well is a right that the account lacks: it costs no further login. */
  async #reopenOnce(session: Session, signal: AbortSignal): Promise<boolean> {
    if (this.#hasReopened) this.#shared.forbid(this.#right);
    if (!session.isProven || !this.#shared.isForbiddenNews(this.#right)) return false;
    return this.#reopen(session, signal);
  }

  async #reopen(session: Session, signal: AbortSignal): Promise<boolean> {
    if (!this.#shared.drop(session) || this.#hasReopened) return false;
    this.#hasReopened = true;
    await this.#shared.open(signal, this.#call.asked());
    return true;
  }
}

/** The token that holds from now on. */
function takeFrom(answer: Answer, session: Session): string {
  session.take(answer);
  return session.csrfToken;
}
