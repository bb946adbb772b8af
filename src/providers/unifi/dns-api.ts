// What the store needs of either of the console's two APIs.

import type { Parsed } from "#src/domain/parsed.ts";
import { RecordRefused, UpstreamProtocol } from "#src/errors.ts";
import type { BackendRules, DesiredRecord } from "#src/providers/provider.ts";
import type { Refusal, Reply } from "./classify.ts";
import type { WireRecord } from "./wire-record.ts";

export type ApiKind = "policies" | "static-dns";

/** `record` is what the console says stands there now; `undefined` when its answer could not be read. */
export type Written =
  | { readonly ok: true; readonly record: WireRecord | undefined }
  | { readonly ok: false; readonly refusal: Refusal };

/** Ids are the console's own of this API; never mix those of two. Everything throws UpstreamError. */
export interface DnsApi {
  readonly kind: ApiKind;
  readonly rules: BackendRules;
  /** Complete, or it throws; with API_GONE_CODE when the console does not have this API (any more). */
  list(signal: AbortSignal): Promise<readonly WireRecord[]>;
  /** Throws RecordRefused for what cannot be said in this API. */
  create(record: DesiredRecord, signal: AbortSignal): Promise<Written>;
  replace(id: string, record: DesiredRecord, signal: AbortSignal): Promise<Written>;
  remove(id: string, signal: AbortSignal): Promise<Written>;
}

export const API_GONE_CODE = "unifi.api-gone";

/** Why a list was not given. */
export function listRefused({ kind, status, message }: Refusal, what: string): UpstreamProtocol {
  const code = kind === "not-found" || kind === "no-method" ? API_GONE_CODE : "unifi.list-refused";
  const where = { upstream: "unifi", operation: "list" };
  return new UpstreamProtocol(code, where, `the console refused the list of ${what} with ${status} (${message})`);
}

export function malformed(operation: string, what: string): UpstreamProtocol {
  return new UpstreamProtocol(
    "unifi.malformed",
    { upstream: "unifi", operation },
    `the console's answer is not ${what}`,
  );
}

/** The body of a write. Throws RecordRefused. */
export function bodyOf(record: DesiredRecord, encode: (record: DesiredRecord) => Parsed<object>): object {
  const body = encode(record);
  if (body.ok) return body.value;
  throw new RecordRefused("unifi.unwritable", record, body.problem);
}

export function written(reply: Reply, decode: (item: unknown) => WireRecord): Written {
  if (!reply.ok) return reply;
  const record = reply.body === undefined ? undefined : decode(reply.body);
  return { ok: true, record: record?.isOurs === true ? record : undefined };
}
