// What the console's answers mean: the only file that looks at status codes. Two APIs, UniFi OS in front of them and the
// servlet container behind them each have an error body of their own (facts: unifi.md 1.1.5, 1.2.5).

import * as z from "zod";
import {
  type UpstreamError,
  UpstreamPostponed,
  UpstreamProtocol,
  UpstreamRejected,
  UpstreamUnavailable,
} from "#src/errors.ts";
import type { Exchanged } from "./transport.ts";
import type { UntrustedCertificate } from "./trust.ts";

/**
 * Why the console did not do what it understood. `not-found` may mean the record, the site or the whole API; `server-error` is
 * never said by `classify`, but by who has seen one record fail again and again.
 */
type RefusalKind =
  | "already-exists"
  | "overlap"
  | "local-overlap"
  | "not-found"
  | "no-method"
  | "invalid"
  | "server-error";

export interface Refusal {
  readonly kind: RefusalKind;
  readonly status: number;
  /** The console's own words, cut short and without control characters. */
  readonly message: string;
}

/** An answer that was understood. `body` is parsed JSON; `undefined` when the console sent none. */
export type Reply = { readonly ok: true; readonly body: unknown } | { readonly ok: false; readonly refusal: Refusal };

/** Code of a plain 500: it may be this one record's fault, while 502 to 504 say that the console is away. */
export const SERVER_ERROR_CODE = "unifi.server-error";
/** Code of an answer that is no JSON: a login page, a proxy's error page, or another path's. */
export const NOT_JSON_CODE = "unifi.not-json";
export const CREDENTIALS_CODE = "unifi.credentials";

export interface Asked {
  readonly operation: string;
  readonly host: string;
  /** What must never be repeated, should the console send it back. */
  readonly secrets: readonly string[];
  /** What was sent to be let in. */
  readonly means: "API key" | "session";
}

/** Returns what the console says of the request, or throws an UpstreamError when it says nothing of it. */
export function classify(exchanged: Exchanged, asked: Asked): Reply {
  if (exchanged.kind === "untrusted") throw untrusted(exchanged.certificate, asked);
  if (exchanged.kind === "failed") throw failed(exchanged.code, asked);
  const { status } = exchanged;
  const text = new TextDecoder().decode(exchanged.body);
  if (status >= 200 && status < 300) return { ok: true, body: parseBody(exchanged.contentType, text, asked) };
  const said = readError(text, asked.secrets);
  const kind = refusalKind(status, said.code);
  if (kind !== undefined) return { ok: false, refusal: { kind, status, message: said.message } };
  throw statusError(status, said, asked);
}

/** Milliseconds that the console asks us to wait; `undefined` when it does not say (RFC 9110 §10.2.3: seconds or a date). */
export function retryAfterMs(text: string | undefined, nowMs: number): number | undefined {
  if (text === undefined) return undefined;
  if (/^\s*\d{1,9}\s*$/.test(text)) return Number(text) * 1_000;
  // Date.parse takes "-5" for a year; an HTTP date begins with the name of a day.
  if (!/^\s*[A-Z][a-z]+,/.test(text)) return undefined;
  const atMs = Date.parse(text);
  return Number.isNaN(atMs) ? undefined : Math.max(0, atMs - nowMs);
}

function parseBody(contentType: string, text: string, asked: Asked): unknown {
  if (text === "") return undefined;
  if (!/^application\/(?:[\w.+-]+\+)?json\b/i.test(contentType)) {
    const shown = contentType === "" ? "no type" : harmless(contentType, asked.secrets);
    throw new UpstreamProtocol(
      NOT_JSON_CODE,
      where(asked),
      `${asked.host} answered with ${shown} instead of JSON: a login page or a proxy, or another kind of controller`,
    );
  }
  try {
    return JSON.parse(text) as unknown;
  } catch {
    throw new UpstreamProtocol(
      "unifi.bad-json",
      where(asked),
      `${asked.host} sent JSON that breaks off or is malformed`,
    );
  }
}

/** By code where one is known, because every API has its own status for the same thing. */
const REFUSALS: readonly (readonly [RegExp, RefusalKind])[] = [
  [/RecordAlreadyExists$|record-already-exists$/, "already-exists"],
  [/CnameAliasOverlaps|cname-alias-overlap$/, "overlap"],
  [/OverlapsWithDeviceLocalDns|overlap-with-local-dns$/, "local-overlap"],
];

/** 413 and 414: a record that does not fit. */
const REFUSING_STATUSES: ReadonlySet<number> = new Set([400, 409, 413, 414, 422]);

function refusalKind(status: number, code: string): RefusalKind | undefined {
  if (status === 404) return "not-found";
  if (status === 405 || status === 501) return "no-method";
  if (!REFUSING_STATUSES.has(status)) return undefined;
  return REFUSALS.find(([pattern]) => pattern.test(code))?.[1] ?? "invalid";
}

/** UniFi OS asks for a second factor with it; no unattended log-in can go on. */
const MFA_STATUS = 499;

function statusError(status: number, said: ErrorText, asked: Asked): UpstreamError {
  const { host } = asked;
  if (said.code === "api.err.NoSiteContext") {
    return new UpstreamRejected(
      "unifi.site",
      where(asked),
      `${host} has no such site, or our ${asked.means} may not see it`,
    );
  }
  if (status === 401 || status === MFA_STATUS) {
    return new UpstreamRejected(
      CREDENTIALS_CODE,
      where(asked),
      `${host} does not accept our ${asked.means} (${said.message})`,
    );
  }
  if (status === 403) {
    const why = `${host} accepts our ${asked.means} but not for this: it needs the rights of an administrator (${said.message})`;
    return new UpstreamRejected("unifi.permission", where(asked), why);
  }
  if (status === 429) return new UpstreamPostponed("unifi.rate-limit", where(asked), `${host} asks for fewer requests`);
  const heard = `${host} answered ${status} (${said.message})`;
  if (status === 500) return new UpstreamUnavailable(SERVER_ERROR_CODE, where(asked), heard);
  if (status > 500 || status === 408) return new UpstreamUnavailable("unifi.away", where(asked), heard);
  return new UpstreamProtocol("unifi.unexpected-status", where(asked), heard);
}

function untrusted({ reason, sha256 }: UntrustedCertificate, asked: Asked): UpstreamRejected {
  const refusal = `the certificate of ${asked.host} is not trusted: ${reason}`;
  const remedy =
    sha256 === ""
      ? ""
      : `. Its SHA-256 fingerprint is ${colonHex(sha256)}; if that is your console's, trust it with ${pinLine(sha256)}`;
  return new UpstreamRejected("unifi.untrusted", where(asked), refusal + remedy);
}

/** The setting that trusts one certificate, ready to paste (docs/decisions.md 12), as `zonegate pin` prints it. */
function pinLine(sha256: string): string {
  return `UNIFI_TLS_PIN=${colonHex(sha256)}`;
}

/** As browsers, openssl and the console's own page write a fingerprint. */
function colonHex(sha256: string): string {
  return (sha256.toUpperCase().match(/../g) ?? []).join(":");
}

const FAILURES: Readonly<Record<string, string>> = {
  ABORTED: "did not answer in time",
  ETIMEDOUT: "did not answer in time",
  ECONNREFUSED: "refused the connection",
  ECONNRESET: "closed the connection before its answer",
  ENOTFOUND: "is a name without an address",
  EAI_AGAIN: "is a name that cannot be looked up now",
  EPROTO: "does not speak TLS at this port",
  ERR_SSL_WRONG_VERSION_NUMBER: "does not speak TLS at this port",
  ERR_SSL_PACKET_LENGTH_TOO_LONG: "does not speak TLS at this port",
  ANSWER_TOO_LARGE: "sent more than an answer may hold",
};

function failed(code: string, asked: Asked): UpstreamUnavailable {
  const what = FAILURES[code] ?? `could not be reached (${code})`;
  return new UpstreamUnavailable("unifi.away", where(asked), `${asked.host} ${what}`);
}

function where({ operation }: Asked): { readonly upstream: string; readonly operation: string } {
  return { upstream: "unifi", operation };
}

export interface ErrorText {
  readonly code: string;
  readonly message: string;
}

const errorBody = z.object({
  code: z.string().optional().catch(undefined),
  message: z.string().optional().catch(undefined),
  meta: z.object({ msg: z.string().optional() }).optional().catch(undefined),
  error: z.object({ message: z.string().optional() }).optional().catch(undefined),
  requestId: z.string().optional().catch(undefined),
});

/** Characters of a console's message that are worth a log line. */
const MAX_MESSAGE_CHARACTERS = 200;

/** What a body says of an error in any of the console's layers; `without a reason` when it says nothing. */
export function readError(text: string, secrets: readonly string[]): ErrorText {
  const body = errorBody.safeParse(parseOrUndefined(text)).data;
  const code = body?.code ?? body?.meta?.msg ?? "";
  const message = [code, body?.message ?? body?.error?.message ?? "", body?.requestId ?? ""].filter(
    (part) => part !== "",
  );
  return { code, message: harmless(message.join(" "), secrets) || "without a reason" };
}

function parseOrUndefined(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}

function harmless(text: string, secrets: readonly string[]): string {
  // The longest first: one may be a part of another.
  const known = secrets.filter((secret) => secret !== "").toSorted((a, b) => b.length - a.length);
  const withoutSecrets = known.reduce((shown, secret) => shown.replaceAll(secret, "***"), text);
  return withoutSecrets.replace(/[^\x20-\x7e]/g, "?").slice(0, MAX_MESSAGE_CHARACTERS);
}
