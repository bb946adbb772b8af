// What an answer says of the session that the request came with, as opposed to what it says of the request. Pure.
// Facts: unifi.md 1.1.5, 1.1.7.

import { readError } from "./classify.ts";
import type { Answer } from "./session.ts";

/**
 * `stale-token`: the session is good, its CSRF token is not. `accepted`: the console knows the session, whatever it makes of
 * the request. `silent`: it says nothing of the session.
 */
export type SessionVerdict = "expired" | "stale-token" | "accepted" | "silent";

/** The classic API may answer 200 and say in the body that it did nothing; a longer body is a list. */
const MAX_ERROR_BYTES = 1_024;

/** `isRenewed`: the answer brought another CSRF token than the one that was sent. */
export function judgeSession(answer: Answer, isRenewed: boolean): SessionVerdict {
  const { status, body } = answer;
  if (status === 401) return codeOf(body) === "api.err.NoSiteContext" ? "accepted" : "expired";
  if (status === 403) return judgeForbidden(body, isRenewed);
  if (status < 200 || status > 299) return "silent";
  if (body.length <= MAX_ERROR_BYTES && codeOf(body) === "api.err.LoginRequired") return "expired";
  return /json/i.test(answer.contentType) || body.length === 0 ? "accepted" : "silent";
}

function judgeForbidden(body: Uint8Array, isRenewed: boolean): SessionVerdict {
  const { code, message } = readError(new TextDecoder().decode(body), []);
  if (code === "api.err.NoPermission") return "accepted";
  return isRenewed || /csrf/i.test(message) ? "stale-token" : "silent";
}

function codeOf(body: Uint8Array): string {
  return readError(new TextDecoder().decode(body), []).code;
}
