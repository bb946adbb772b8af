// The EDNS options of a reply: why something failed, and what the client asked to be told. Options of the query that we do not
// know are ignored and never echoed (RFC 6891 §6.1.2).

import type { EdnsOption } from "./wire/edns.ts";
import { EDNS_OPTION } from "./wire/registry.ts";

export interface ReplyOptionsContext {
  readonly protocol: "udp" | "tcp";
  readonly asked: readonly EdnsOption[];
  /** RFC 8914 info code. */
  readonly extendedError: number | undefined;
  readonly serverId: string | undefined;
  readonly tcpIdleTimeoutMs: number | undefined;
}

/** EDNS options of a reply: what was asked for and we have, and the reason of an error (RFC 8914). */
export function replyOptions(context: ReplyOptionsContext): readonly EdnsOption[] {
  const { extendedError } = context;
  // RFC 8914 §2: the info code, without a text.
  const reason = extendedError === undefined ? [] : [{ code: EDNS_OPTION.EXTENDED_ERROR, data: uint16(extendedError) }];
  if (context.asked.length === 0) return reason;
  return [...reason, ...serverIdentifier(context), ...keepalive(context)];
}

/** RFC 5001 §2.3: only to who asks; the content of the question's option does not matter. */
function serverIdentifier({ asked, serverId }: ReplyOptionsContext): readonly EdnsOption[] {
  if (serverId === undefined || !hasOption(asked, EDNS_OPTION.NSID)) return [];
  return [{ code: EDNS_OPTION.NSID, data: new TextEncoder().encode(serverId) }];
}

/** RFC 7828 §3.3.2: over TCP how long we leave a connection idle; over UDP the option is ignored. */
function keepalive({ asked, protocol, tcpIdleTimeoutMs }: ReplyOptionsContext): readonly EdnsOption[] {
  const isAsked = protocol === "tcp" && hasOption(asked, EDNS_OPTION.TCP_KEEPALIVE);
  if (!isAsked || tcpIdleTimeoutMs === undefined) return [];
  const units = Math.min(Math.floor(tcpIdleTimeoutMs / KEEPALIVE_UNIT_MS), MAX_KEEPALIVE_UNITS);
  return [{ code: EDNS_OPTION.TCP_KEEPALIVE, data: uint16(units) }];
}

/** RFC 7828 §3.1. */
const KEEPALIVE_UNIT_MS = 100;
const MAX_KEEPALIVE_UNITS = 0xffff;

function hasOption(asked: readonly EdnsOption[], code: number): boolean {
  return asked.some((option) => option.code === code);
}

function uint16(value: number): Uint8Array {
  return Uint8Array.of(value >> 8, value & 0xff);
}
