// What an answer says of the session that the request came with, as opposed to what it says of the request. Pure.
// Facts: unifi.md 1.1.5, 1.1.7.

import * as z from "zod";
import { readError } from "./classify.ts";
import type { Answer } from "./session.ts";

/**
 * `stale-token`: the session is good, its CSRF token is not. `forbidden`: the account has no right, or the console was started
 * again and forgot the session, which some builds say like that too (sirkirby/unifi-network-rules #48). `accepted`: the console
 * knows the session, whatever it makes of the request. `silent`: it says nothing of the session.
 */
export type SessionVerdict = "expired" | "stale-token" | "forbidden" | "accepted" | "silent";

/** The classic API and UniFi OS may answer 200 and say in the body that they did nothing; a longer body is a list. */
const MAX_ERROR_BYTES = 1_024;

/** `isRenewed`: the answer brought another CSRF token than the one that was sent. */
export function judgeSession(answer: Answer, isRenewed: boolean): SessionVerdict {
  const { status, body } = answer;
  if (status === 401) return codeOf(body) === "api.err.NoSiteContext" ? "accepted" : "expired";
  if (status === 403) return judgeForbidden(body, isRenewed);
  if (status < 200 || status > 299) return "silent";
  if (body.length <= MAX_ERROR_BYTES && isRefusalInside(body)) return "expired";
  return /json/i.test(answer.contentType) || body.length === 0 ? "accepted" : "silent";
}

function judgeForbidden(body: Uint8Array, isRenewed: boolean): SessionVerdict {
  const { code, message } = readError(new TextDecoder().decode(body), []);
  if (code === "api.err.NoPermission") return "accepted";
  return isRenewed || /csrf/i.test(message) ? "stale-token" : "forbidden";
}

const unauthorized = z.object({ error: z.object({ code: z.literal(401) }) });

function isRefusalInside(body: Uint8Array): boolean {
  const text = new TextDecoder().decode(body);
  if (readError(text, []).code === "api.err.LoginRequired") return true;
  return text.startsWith("{") && unauthorized.safeParse(parsedOrUndefined(text)).success;
}

function parsedOrUndefined(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    // Broken JSON is somebody else's to report.
    return undefined;
  }
}

function codeOf(body: Uint8Array): string {
  return readError(new TextDecoder().decode(body), []).code;
}
