// Answers as values, and the error bodies of the four layers that can speak: UniFi OS, the classic API, the v2 API and
// the Integration API, plus the HTML of the servlet container. Facts: unifi.md 1.1.5, 1.2.5.

export interface Reply {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | readonly string[]>>;
  readonly body: string;
}

export function json(status: number, body: unknown, headers: Reply["headers"] = {}): Reply {
  return { status, headers: { "content-type": "application/json", ...headers }, body: JSON.stringify(body) };
}

export function empty(status: number, headers: Reply["headers"] = {}): Reply {
  return { status, headers, body: "" };
}

export function html(status: number, title: string, headers: Reply["headers"] = {}): Reply {
  const body = `<!doctype html><html lang="en"><head><title>${title}</title></head><body><h1>${title}</h1></body></html>`;
  return { status, headers: { "content-type": "text/html;charset=utf-8", ...headers }, body };
}

/** The servlet container's page for a method that a path lacks. */
export function methodNotAllowedPage(allow: string): Reply {
  return html(405, "HTTP Status 405 – Method Not Allowed", { allow });
}

export function notFoundPage(): Reply {
  return html(404, "HTTP Status 404 – Not Found");
}

/** What a browser gets from UniFi OS in place of JSON when nobody is logged in. */
export function loginPage(): Reply {
  return html(200, "UniFi OS");
}

/** UniFi OS itself, before a request reaches the Network application. */
export function proxyError(status: number, message: string, headers: Reply["headers"] = {}): Reply {
  return json(status, { error: { code: status, message } }, headers);
}

export function classic(data: readonly unknown[]): Reply {
  return json(200, { meta: { rc: "ok" }, data });
}

export function classicError(status: number, code: string): Reply {
  return json(status, { meta: { rc: "error", msg: code }, data: [] });
}

/** Why an API refuses, before it is said in the words of one API. */
export interface Refusal {
  readonly kind: RefusalKind;
  readonly message: string;
  readonly fields?: readonly string[];
}

export type RefusalKind =
  | "already-exists"
  | "cname-overlap"
  | "local-device-overlap"
  | "local-domain-overlap"
  | "invalid"
  | "unknown-property"
  | "unknown-type"
  | "type-mismatch"
  | "comma-not-quoted"
  | "not-found"
  | "unknown-site"
  | "no-permission"
  | "method-not-allowed"
  | "internal";

interface Code {
  readonly status: number;
  readonly code: string;
}

const LEGACY_INVALID: Code = { status: 400, code: "api.err.StaticDnsRecordInvalidParameters" };

const LEGACY_CODES: Readonly<Record<RefusalKind, Code>> = {
  "already-exists": { status: 400, code: "api.err.StaticDnsRecordAlreadyExists" },
  "cname-overlap": { status: 400, code: "api.err.StaticDnsCnameAliasOverlapsWithOtherRecords" },
  "local-device-overlap": { status: 400, code: "api.err.StaticDnsOverlapsWithDeviceLocalDns" },
  "local-domain-overlap": { status: 400, code: "api.err.StaticDnsOverlapsWithDeviceLocalDns" },
  invalid: LEGACY_INVALID,
  "unknown-property": LEGACY_INVALID,
  "unknown-type": LEGACY_INVALID,
  "type-mismatch": LEGACY_INVALID,
  "comma-not-quoted": LEGACY_INVALID,
  "not-found": { status: 404, code: "api.err.StaticDnsRecordNotFound" },
  "unknown-site": { status: 400, code: "api.err.NotFound" },
  "no-permission": { status: 403, code: "api.err.NoPermission" },
  "method-not-allowed": { status: 405, code: "api.err.MethodNotAllowed" },
  internal: { status: 500, code: "api.err.InternalServerError" },
};

const INTEGRATION_OVERLAP: Code = { status: 400, code: "api.dns.policy.validation.overlap-with-local-dns" };

const INTEGRATION_CODES: Readonly<Record<RefusalKind, Code>> = {
  "already-exists": { status: 400, code: "api.dns.policy.validation.record-already-exists" },
  "cname-overlap": { status: 400, code: "api.dns.policy.validation.cname-alias-overlap" },
  "local-device-overlap": INTEGRATION_OVERLAP,
  "local-domain-overlap": INTEGRATION_OVERLAP,
  invalid: { status: 400, code: "api.request.error" },
  "unknown-property": { status: 400, code: "api.request.unknown-property" },
  "unknown-type": { status: 400, code: "api.request.unknown-type-id" },
  "type-mismatch": { status: 400, code: "api.request.argument-type-mismatch" },
  "comma-not-quoted": { status: 400, code: "api.dns.policy.validation.comma-not-quoted" },
  "not-found": { status: 404, code: "api.request.not-found" },
  "unknown-site": { status: 404, code: "api.request.not-found" },
  "no-permission": { status: 403, code: "api.authorization.forbidden" },
  "method-not-allowed": { status: 405, code: "api.request.error" },
  internal: { status: 500, code: "api.internal.error" },
};

export function legacyError(refusal: Refusal): Reply {
  const { status, code } = LEGACY_CODES[refusal.kind];
  return legacyErrorWith(status, code, refusal);
}

export function legacyErrorWith(
  status: number,
  code: string,
  { message, fields }: Pick<Refusal, "message" | "fields">,
): Reply {
  const details = fields === undefined ? {} : { details: { invalid_fields: fields } };
  return json(status, { code, message, errorCode: status, ...details });
}

/** What the envelope of an Integration error says of the request it answers. */
export interface Occasion {
  readonly path: string;
  readonly nowMs: number;
  readonly requestId: string;
}

export function integrationError(refusal: Refusal, occasion: Occasion): Reply {
  const { status, code } = INTEGRATION_CODES[refusal.kind];
  const headers = status === 405 ? { allow: "GET, POST, PUT, DELETE" } : {};
  return json(status, envelope({ status, code }, refusal.message, occasion), headers);
}

export function integrationErrorWith(code: Code, message: string, occasion: Occasion): Reply {
  return json(code.status, envelope(code, message, occasion));
}

function envelope({ status, code }: Code, message: string, { path, nowMs, requestId }: Occasion): object {
  return {
    statusCode: status,
    statusName: STATUS_NAMES[status] ?? "ERROR",
    code,
    message,
    timestamp: new Date(nowMs).toISOString(),
    requestPath: path,
    requestId,
  };
}

const STATUS_NAMES: Readonly<Record<number, string>> = {
  400: "BAD_REQUEST",
  401: "UNAUTHORIZED",
  403: "FORBIDDEN",
  404: "NOT_FOUND",
  405: "METHOD_NOT_ALLOWED",
  413: "PAYLOAD_TOO_LARGE",
  429: "TOO_MANY_REQUESTS",
  500: "INTERNAL_SERVER_ERROR",
  502: "BAD_GATEWAY",
  503: "SERVICE_UNAVAILABLE",
  504: "GATEWAY_TIMEOUT",
};
