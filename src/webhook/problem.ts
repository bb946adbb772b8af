// The only place that turns an error into a status code. external-dns ends its process at anything but 500 to 510, so what
// the engine throws is never answered with anything outside 500 and 503.

import { RequestError, UpstreamError } from "#src/errors.ts";
import type { Problem } from "#src/lib/problem-json.ts";
import type { ApplyReport, ItemFailure } from "#src/sync/sync-engine.ts";

/** Wraps whatever the engine threw, so that an error of its own can never pass for the caller's fault. */
export class EngineFailure extends Error {
  constructor(cause: unknown) {
    super("the engine failed", { cause });
    this.name = "EngineFailure";
  }
}

export interface Mapped {
  readonly problem: Problem;
  /** The error is nobody's known fault: count it and log its stack. */
  readonly isBug: boolean;
}

/** Items named in a problem; the log has them all. */
const MAX_FAILURES_SHOWN = 5;

/** Errors of the caller keep their status; of the engine only 500 and 503 come out; anything unknown is a bug and 500. */
export function problemOf(error: unknown): Mapped {
  if (error instanceof EngineFailure) return engineProblem(error.cause);
  if (error instanceof RequestError) {
    return { problem: { status: error.status, code: error.code, detail: error.message }, isBug: false };
  }
  const framework = FRAMEWORK_PROBLEMS[codeOf(error)];
  return framework === undefined ? BUG : { problem: framework, isBug: false };
}

/** `undefined` when the target state is reached. */
export function reportProblem(report: ApplyReport): Problem | undefined {
  if (report.outcome === "reached") return undefined;
  const shown = report.failures.slice(0, MAX_FAILURES_SHOWN).map(describeFailure);
  const more = report.failures.length - shown.length;
  const detail = [
    `${report.applied} steps carried out, ${report.remaining} left, ${report.failures.length} items failed.`,
    ...(report.interruption === undefined ? [] : [`${report.interruption.reason} (${report.interruption.code}).`]),
    ...shown,
    ...(more > 0 ? [`And ${more} more.`] : []),
  ].join(" ");
  return report.outcome === "refused"
    ? { status: 500, code: "apply.refused", detail }
    : { status: 503, code: "apply.incomplete", detail };
}

const BUG: Mapped = {
  problem: { status: 500, code: "internal", detail: "An unexpected error; the log of Zonegate has the details." },
  isBug: true,
};

/** What Fastify itself raises before a handler runs. */
const FRAMEWORK_PROBLEMS: Readonly<Record<string, Problem>> = {
  FST_ERR_CTP_BODY_TOO_LARGE: { status: 413, code: "request.too_large", detail: "The body is too large." },
  FST_ERR_CTP_EMPTY_JSON_BODY: { status: 400, code: "request.body_empty", detail: "The body is empty." },
  FST_ERR_CTP_INVALID_JSON_BODY: {
    status: 400,
    code: "request.body_not_json",
    detail: "The body is not JSON, or it holds a key that would reach an object's prototype.",
  },
  FST_ERR_CTP_INVALID_CONTENT_LENGTH: {
    status: 400,
    code: "request.body_incomplete",
    detail: "The body is not as long as its Content-Length says.",
  },
  FST_ERR_CTP_INVALID_MEDIA_TYPE: {
    status: 415,
    code: "request.media_type",
    detail: "The media type is not readable.",
  },
  FST_ERR_BAD_URL: { status: 400, code: "request.bad_url", detail: "The path is not a valid URL path." },
};

function engineProblem(cause: unknown): Mapped {
  if (!(cause instanceof UpstreamError)) return BUG;
  const status = cause.retryable ? 503 : 500;
  return { problem: { status, code: cause.code, detail: cause.message }, isBug: false };
}

function describeFailure(failure: ItemFailure): string {
  return `${failure.name} ${failure.type}: ${failure.reason} (${failure.code}).`;
}

function codeOf(error: unknown): string {
  const code: unknown = error instanceof Error ? Reflect.get(error, "code") : undefined;
  return typeof code === "string" ? code : "";
}
