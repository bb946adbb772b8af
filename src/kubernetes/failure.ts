// Why a request to an API server, or a watch, did not go on: the one place that reads status codes and reasons.

import * as z from "zod";
import { UpstreamError } from "#src/errors.ts";

export type FailureKind =
  /** The version we asked from is compacted away: 410, Expired, Gone. */
  | "expired"
  /** The server has not reached the version we asked for: another server of the cluster, or a restored one. */
  | "future"
  /** 429 or 503. */
  | "busy"
  | "unauthorized"
  | "forbidden"
  | "missing"
  /** Any other status. */
  | "server"
  /** No answer, an answer cut short, or none in time. */
  | "broken"
  /** What came is no JSON, no event, or beyond a limit. */
  | "malformed"
  /** Events out of their order. */
  | "disorder"
  /** The token, certificate or plugin that proves who we are is not there. */
  | "credentials"
  /** Another cluster answers at this address. */
  | "other-cluster";

export class ApiFailure extends UpstreamError {
  readonly kind: FailureKind;
  /** What the server asked for, not capped. */
  readonly retryAfterMs: number | undefined;

  constructor(
    kind: FailureKind,
    message: string,
    options?: { readonly retryAfterMs?: number | undefined; readonly cause?: unknown },
  ) {
    super(`kubernetes.${kind}`, { upstream: "kubernetes", operation: "read" }, message, options);
    this.kind = kind;
    this.retryAfterMs = options?.retryAfterMs;
  }

  override get retryable(): boolean {
    return this.kind !== "forbidden";
  }
}

/** A `Status` as far as it matters; anything else reads as an empty one. */
export interface ApiStatus {
  readonly code?: number | undefined;
  readonly reason?: string | undefined;
  readonly message?: string | undefined;
  readonly causes: readonly string[];
  readonly retryAfterSeconds?: number | undefined;
}

const statusSchema = z.object({
  code: z.number().nullish(),
  reason: z.string().nullish(),
  message: z.string().nullish(),
  details: z
    .object({
      causes: z.array(z.object({ reason: z.string().nullish() })).nullish(),
      retryAfterSeconds: z.number().nullish(),
    })
    .nullish(),
});

export function readStatus(value: unknown): ApiStatus {
  const result = statusSchema.safeParse(value);
  if (!result.success) return { causes: [] };
  const { code, reason, message, details } = result.data;
  return {
    code: code ?? undefined,
    reason: reason ?? undefined,
    message: message ?? undefined,
    causes: (details?.causes ?? []).flatMap((cause) => cause.reason ?? []),
    retryAfterSeconds: details?.retryAfterSeconds ?? undefined,
  };
}

/** A `Status`, as the body of an answer or in an event ERROR, as a failure. `code` is what the status line said, if any. */
export function failureOf(status: ApiStatus, code = status.code ?? 0, retryAfter?: string): ApiFailure {
  const said = cut(status.message ?? status.reason ?? "");
  return new ApiFailure(kindOf(status, code), said === "" ? `status ${code}` : `status ${code}: ${said}`, {
    retryAfterMs: retryAfterMs(retryAfter) ?? secondsToMs(status.retryAfterSeconds),
  });
}

/** Anything thrown, as a failure; `broken` unless it is one already. */
export function asFailure(error: unknown): ApiFailure {
  if (error instanceof ApiFailure) return error;
  return new ApiFailure("broken", textOf(error), { cause: error });
}

const KINDS_BY_CODE: ReadonlyMap<number, FailureKind> = new Map([
  [401, "unauthorized"],
  [403, "forbidden"],
  [404, "missing"],
  [410, "expired"],
  [429, "busy"],
  [503, "busy"],
]);
const EXPIRED_REASONS: ReadonlySet<string> = new Set(["Expired", "Gone"]);
const MAX_MESSAGE_CHARACTERS = 200;
const MS_PER_SECOND = 1_000;

function kindOf({ reason, message, causes }: ApiStatus, code: number): FailureKind {
  if (causes.includes("ResourceVersionTooLarge") || /too large resource version/iu.test(message ?? "")) return "future";
  if (EXPIRED_REASONS.has(reason ?? "")) return "expired";
  return KINDS_BY_CODE.get(code) ?? "server";
}

/** Only the form in seconds: API servers send no dates. */
function retryAfterMs(header: string | undefined): number | undefined {
  return header !== undefined && /^\d{1,6}$/.test(header.trim()) ? Number(header) * MS_PER_SECOND : undefined;
}

function secondsToMs(value: number | undefined): number | undefined {
  return value === undefined || value <= 0 ? undefined : value * MS_PER_SECOND;
}

function textOf(error: unknown): string {
  if (!(error instanceof Error)) return cut(String(error));
  const code = "code" in error && typeof error.code === "string" ? error.code : "";
  return cut(code === "" || error.message.includes(code) ? error.message : `${code}: ${error.message}`);
}

/** What a server says may be long, or of several lines. */
function cut(text: string): string {
  return text.replace(/\s+/gu, " ").trim().slice(0, MAX_MESSAGE_CHARACTERS);
}
