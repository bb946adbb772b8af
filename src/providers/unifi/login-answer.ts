// What a login came to. Pure. Facts: unifi.md 1.1.5, 1.1.7.

import { UpstreamError, UpstreamProtocol } from "#src/errors.ts";
import { type Asked, classify, readError } from "./classify.ts";
import { openSession, type Session } from "./session.ts";
import type { Exchanged } from "./transport.ts";

/**
 * `refused`: wrong name or password. `limit`: the console has had too many logins. `no-session`: it said yes and gave nothing.
 * `second-factor`: nobody unattended can log in to this account. `no-login`: the path is another kind of controller's.
 * `unclear`: anything else, and it may have been counted.
 */
export type LoginFailureKind = "refused" | "limit" | "no-session" | "second-factor" | "no-login" | "unclear";

export interface LoginFailure {
  readonly kind: LoginFailureKind;
  /** Half a sentence, without secrets. */
  readonly reason: string;
}

export type LoginOutcome =
  | { readonly kind: "session"; readonly session: Session }
  | LoginFailure
  /** The password never left this machine, so nothing was counted. */
  | { readonly kind: "unsent"; readonly error: UpstreamError };

/** `asked.secrets` holds the password in every form it was sent in. */
export function readLogin(exchanged: Exchanged, asked: Asked): LoginOutcome {
  if (exchanged.kind !== "answer") return failureOf(exchanged, asked);
  const { status, body } = exchanged;
  const { code, message } = readError(new TextDecoder().decode(body), asked.secrets);
  const { host } = asked;
  if (status === MFA_STATUS || code === "MFA_AUTH_REQUIRED") {
    return { kind: "second-factor", reason: `${host} asks for a second factor, which nobody unattended can give` };
  }
  if (status === 429 || /LIMIT_REACHED/.test(code)) {
    return { kind: "limit", reason: `${host} takes no more logins for now (${message})` };
  }
  if (status >= 200 && status < 300 && !isFailure(code)) {
    const session = openSession(exchanged);
    if (session !== undefined) return { kind: "session", session };
    return { kind: "no-session", reason: `${host} said yes to the login but gave no cookie or no CSRF token` };
  }
  if (status === 404 || status === 405) {
    const hint = "UNIFI_EXTERNAL_CONTROLLER may say the wrong thing of it";
    return { kind: "no-login", reason: `${host} has no login where its kind has one (${status}): ${hint}` };
  }
  if (isFailure(code) || REFUSING_STATUSES.has(status)) {
    return { kind: "refused", reason: `${host} refuses the user name or the password (${status}: ${message})` };
  }
  return failureOf(exchanged, asked);
}

/** UniFi OS answers 403 or 401, the Network application by itself 400. */
const REFUSING_STATUSES: ReadonlySet<number> = new Set([400, 401, 403]);
/** UniFi OS asks for a second factor with it. */
const MFA_STATUS = 499;

/** The classic API may answer 200 with an error inside. */
function isFailure(code: string): boolean {
  return code.startsWith("api.err.") || code.startsWith("AUTHENTICATION_");
}

/** Codes of Node with which no request has left the machine. */
const UNSENT: ReadonlySet<string> = new Set(["ECONNREFUSED", "ENOTFOUND", "EAI_AGAIN", "EHOSTUNREACH", "ENETUNREACH"]);

function failureOf(exchanged: Exchanged, asked: Asked): LoginOutcome {
  const error = errorOf(exchanged, asked);
  const isUnsent = exchanged.kind === "untrusted" || (exchanged.kind === "failed" && UNSENT.has(exchanged.code));
  return isUnsent ? { kind: "unsent", error } : { kind: "unclear", reason: error.message };
}

/** As for any other request. */
export function errorOf(exchanged: Exchanged, asked: Asked): UpstreamError {
  try {
    void classify(exchanged, asked);
  } catch (error) {
    if (error instanceof UpstreamError) return error;
    throw error;
  }
  const where = { upstream: "unifi", operation: asked.operation };
  return new UpstreamProtocol("unifi.unexpected-status", where, `${asked.host} gave an answer that was not asked for`);
}
