// The Status objects of failures (meta/v1), word for word as apimachinery's api/errors writes them.

import type { Identity } from "./tokens.ts";

export interface StatusBody {
  readonly kind: "Status";
  readonly apiVersion: "v1";
  readonly metadata: Readonly<Record<string, unknown>>;
  readonly status: "Failure" | "Success";
  readonly message?: string;
  readonly reason?: string;
  readonly details?: Readonly<Record<string, unknown>>;
  readonly code: number;
}

export interface GroupResource {
  readonly group: string;
  readonly plural: string;
}

/** An answer that is a failure; `retryAfterSeconds` becomes the header. */
export class ApiError extends Error {
  readonly body: StatusBody;
  readonly retryAfterSeconds: number | undefined;

  constructor(body: StatusBody, retryAfterSeconds?: number) {
    super(body.message);
    this.body = body;
    this.retryAfterSeconds = retryAfterSeconds;
  }
}

interface FailureParts {
  readonly message: string;
  readonly details?: Readonly<Record<string, unknown>>;
  readonly metadata?: Readonly<Record<string, unknown>>;
  readonly retryAfterSeconds?: number;
}

export function failure(code: number, reason: string, parts: FailureParts): ApiError {
  const { message, details, metadata, retryAfterSeconds } = parts;
  const allDetails = retryAfterSeconds === undefined ? details : { ...details, retryAfterSeconds };
  return new ApiError(
    {
      kind: "Status",
      apiVersion: "v1",
      metadata: metadata ?? {},
      status: "Failure",
      message,
      reason,
      ...(allDetails === undefined ? {} : { details: allDetails }),
      code,
    },
    retryAfterSeconds,
  );
}

/** `ingresses.networking.k8s.io`, `pods`. */
export function qualified({ group, plural }: GroupResource): string {
  return group === "" ? plural : `${plural}.${group}`;
}

function about({ group, plural }: GroupResource, name: string): Readonly<Record<string, unknown>> {
  return { ...(name === "" ? {} : { name }), ...(group === "" ? {} : { group }), kind: plural };
}

export const unauthorized = (): ApiError => failure(401, "Unauthorized", { message: "Unauthorized" });

export const badRequest = (message: string): ApiError => failure(400, "BadRequest", { message });

export const noSuchResource = (): ApiError =>
  failure(404, "NotFound", { message: "the server could not find the requested resource", details: {} });

export const methodNotAllowed = (): ApiError =>
  failure(405, "MethodNotAllowed", {
    message: "the server does not allow this method on the requested resource",
    details: {},
  });

export function notFound(resource: GroupResource, name: string): ApiError {
  return failure(404, "NotFound", {
    message: `${qualified(resource)} "${name}" not found`,
    details: about(resource, name),
  });
}

export function alreadyExists(resource: GroupResource, name: string): ApiError {
  return failure(409, "AlreadyExists", {
    message: `${qualified(resource)} "${name}" already exists`,
    details: about(resource, name),
  });
}

const OBJECT_MODIFIED = "the object has been modified; please apply your changes to the latest version and try again";

export function conflict(resource: GroupResource, name: string, why = OBJECT_MODIFIED): ApiError {
  return failure(409, "Conflict", {
    message: `Operation cannot be fulfilled on ${qualified(resource)} "${name}": ${why}`,
    details: about(resource, name),
  });
}

/** `details` of an invalid object name the kind, not the resource. */
export function invalid(
  { group, kind }: { readonly group: string; readonly kind: string },
  name: string,
  problems: readonly { readonly field: string; readonly reason: string; readonly message: string }[],
): ApiError {
  const texts = problems.map(({ field, message }) => `${field}: ${message}`);
  const text = texts.length === 1 ? texts[0] : `[${texts.join(", ")}]`;
  return failure(422, "Invalid", {
    message: `${group === "" ? kind : `${kind}.${group}`} "${name}" is invalid: ${text}`,
    details: { name, ...(group === "" ? {} : { group }), kind, causes: problems },
  });
}

export function expired(message: string, metadata?: Readonly<Record<string, unknown>>): ApiError {
  return failure(410, "Expired", { message, ...(metadata === undefined ? {} : { metadata }) });
}

export function tooLargeResourceVersion(asked: number, current: number): ApiError {
  return failure(504, "Timeout", {
    message: `Too large resource version: ${asked}, current: ${current}`,
    details: { causes: [{ reason: "ResourceVersionTooLarge", message: "Too large resource version" }] },
    retryAfterSeconds: 1,
  });
}

export function unsupportedMediaType(accepted: readonly string[]): ApiError {
  return failure(415, "UnsupportedMediaType", {
    message: `the body of the request was in an unknown format - accepted media types include: ${accepted.join(", ")}`,
  });
}

export interface ForbiddenAttempt {
  readonly verb: string;
  /** `undefined` for a path that is no resource. */
  readonly resource: (GroupResource & { readonly subresource: string }) | undefined;
  readonly namespace: string;
  readonly name: string;
  readonly path: string;
}

/** `why` is what the authorizer adds: bindings that name roles nobody made. */
export function forbidden(user: Identity, attempt: ForbiddenAttempt, why = ""): ApiError {
  const suffix = why === "" ? "" : `: ${why}`;
  const { resource, name, verb } = attempt;
  if (resource === undefined) {
    return failure(403, "Forbidden", {
      message: `forbidden: User "${user.name}" cannot ${verb} path "${attempt.path}"${suffix}`,
      details: {},
    });
  }
  const full = resource.subresource === "" ? resource.plural : `${resource.plural}/${resource.subresource}`;
  const subject = name === "" ? qualified(resource) : `${qualified(resource)} "${name}"`;
  const where = attempt.namespace === "" ? "at the cluster scope" : `in the namespace "${attempt.namespace}"`;
  return failure(403, "Forbidden", {
    message: `${subject} is forbidden: User "${user.name}" cannot ${verb} resource "${full}" in API group "${resource.group}" ${where}${suffix}`,
    details: about(resource, name),
  });
}

/** What a server in trouble says, by code; for the fault script. */
export function trouble(code: number, retryAfterSeconds?: number): ApiError {
  const [reason, message] = TROUBLE[code] ?? ["", `the server responded with the status code ${code}`];
  return failure(code, reason, { message, ...(retryAfterSeconds === undefined ? {} : { retryAfterSeconds }) });
}

const TROUBLE: Readonly<Record<number, readonly [string, string]>> = {
  401: ["Unauthorized", "Unauthorized"],
  403: ["Forbidden", "forbidden by an admission webhook"],
  404: ["NotFound", "the server could not find the requested resource"],
  409: ["Conflict", `Operation cannot be fulfilled: ${OBJECT_MODIFIED}`],
  410: ["Expired", "The resourceVersion for the provided list is too old."],
  429: ["TooManyRequests", "storage is (re)initializing"],
  500: ["InternalError", "Internal error occurred: etcdserver: leader changed"],
  503: ["ServiceUnavailable", "apiserver is shutting down"],
  504: ["Timeout", "Timeout: request did not complete within the allotted duration"],
};
