// What we call ourselves, told only to who asks and only when the settings give a name: id.server in class CH (RFC 4892).
// Which version runs is never told: it helps nobody but an attacker.

import { type Answer, type AskedFor, authoritativeAnswer } from "./answer.ts";
import { CLASS, TYPE } from "./wire/registry.ts";

/** The two names for one question: RFC 4892 §2, and BIND's older one (§3.1). */
const IDENTITY_NAMES: ReadonlySet<string> = new Set(["id.server", "hostname.bind"]);

/** The identity as one TXT record, not to be cached (RFC 4892 §2); `undefined` when something else is asked, or there is none. */
export function identityAnswer(
  { name, type, class: asked }: AskedFor,
  serverId: string | undefined,
): Answer | undefined {
  if (serverId === undefined || asked !== CLASS.CH || type !== TYPE.TXT || !IDENTITY_NAMES.has(name)) return undefined;
  const octets = new TextEncoder().encode(serverId);
  const rdata = [Uint8Array.of(octets.length, ...octets)];
  return authoritativeAnswer([{ name, type, class: CLASS.CH, ttlSeconds: 0, rdata }]);
}
