// Settings of the zones we answer for, and of the records written down by hand.

import * as z from "zod";
import { kind, oneOf, readList, readText, wholeSeconds } from "#src/config/kinds.ts";
import { addressList, domainName, mailbox } from "#src/config/network-kinds.ts";
import { setting } from "#src/config/setting.ts";
import { type Parsed, parsed, unparsable } from "#src/domain/parsed.ts";
import { RECORD_TYPES } from "#src/domain/record.ts";
import { TTL_LIMITS_SECONDS } from "./listeners.ts";

/** Which Ingress classes a zone answers for. */
export interface WatchedClasses {
  readonly ingressClasses: readonly string[] | "all";
  /** Whether an Ingress of the default class counts, whatever that class is called. */
  readonly watchesDefaultClass: boolean;
}

/** No IngressClass can be called so: a Kubernetes name has no `@`. */
const DEFAULT_CLASS = "@default";
const EVERY_CLASS = "*";

export function ingressClasses() {
  return kind((input): Parsed<WatchedClasses> => {
    const names = readList(input, parsed);
    if (!names.ok) return names;
    if (names.value.length === 0) return unparsable("is an empty list");
    const named = names.value.filter((name) => name !== DEFAULT_CLASS && name !== EVERY_CLASS);
    return parsed({
      ingressClasses: names.value.includes(EVERY_CLASS) ? "all" : named,
      watchesDefaultClass: names.value.includes(DEFAULT_CLASS),
    });
  }, `Write names of Ingress classes, ${DEFAULT_CLASS} for the default class, or ${EVERY_CLASS} for every class.`);
}

/** Which Gateways, or which of their classes, a zone answers for. */
export interface WatchedNames {
  readonly named: readonly string[];
  readonly others: "all" | "none" | "not-external";
}

const NOT_EXTERNAL = "@not-external";

export function gatewayNames() {
  return watchedNames(/^[a-z0-9.-]+(\/[a-z0-9.-]+)?$/, "Gateways as name or namespace/name");
}

export function gatewayClasses() {
  return watchedNames(/^[a-z0-9.-]+$/, "names of GatewayClasses");
}

function watchedNames(name: RegExp, what: string) {
  return kind((input): Parsed<WatchedNames> => {
    const words = readList(input, (word) =>
      word === EVERY_CLASS || word === NOT_EXTERNAL || name.test(word)
        ? parsed(word)
        : unparsable(`"${word}" is none of them`),
    );
    if (!words.ok) return words;
    if (words.value.length === 0) return unparsable("is an empty list");
    const named = words.value.filter((word) => word !== EVERY_CLASS && word !== NOT_EXTERNAL);
    if (words.value.includes(EVERY_CLASS)) return parsed({ named, others: "all" });
    return parsed({ named, others: words.value.includes(NOT_EXTERNAL) ? "not-external" : "none" });
  }, `Write ${what}, ${NOT_EXTERNAL} for all but those called external or public, or ${EVERY_CLASS} for all.`);
}

const NAMESERVER = z.strictObject({
  name: setting(domainName("Write the full name of the server, such as ns1.home.example.com."), {
    description: "Full name of the server.",
  }),
  addresses: setting(addressList().prefault([]), {
    description: "Its addresses, answered as A and AAAA when the name lies in the zone.",
  }),
});

const ZONE = z.strictObject({
  apex: setting(domainName("Write a domain name such as home.example.com."), {
    description: "The domain we answer for, with everything below it.",
  }),
  defaultTtlSeconds: setting(wholeSeconds(TTL_LIMITS_SECONDS).optional(), {
    unit: "seconds",
    description: "Like `dns.ttlSeconds`, for this zone.",
    defaultText: "`dns.ttlSeconds`",
  }),
  negativeTtlSeconds: setting(wholeSeconds(TTL_LIMITS_SECONDS).optional(), {
    unit: "seconds",
    description: "Like `dns.negativeTtlSeconds`, for this zone.",
    defaultText: "`dns.negativeTtlSeconds`",
  }),
  nameservers: setting(z.array(NAMESERVER).optional(), {
    entry: NAMESERVER,
    description: "The servers of the zone, as its NS records. The first is the primary in the SOA.",
    defaultText: "`ns1.APEX` without addresses",
  }),
  hostmaster: setting(mailbox().optional(), {
    description: "Mail address of who keeps the zone, for its SOA.",
    defaultText: "`hostmaster@APEX`",
  }),
  ingressClasses: setting(ingressClasses().optional(), {
    description: "Like `sources.ingressClasses`, for this zone.",
    defaultText: "`sources.ingressClasses`",
  }),
  gateways: setting(gatewayNames().optional(), {
    description: "Like `sources.gateways`, for this zone.",
    defaultText: "`sources.gateways`",
  }),
  gatewayClasses: setting(gatewayClasses().optional(), {
    description: "Like `sources.gatewayClasses`, for this zone.",
    defaultText: "`sources.gatewayClasses`",
  }),
});

/** `a.example,b.example`, a list of names, a list of mappings: all become a list of mappings. */
export const ZONES_SETTING = setting(z.preprocess(zonesFromNames, z.array(ZONE)).prefault([]), {
  env: ["ZONES"],
  flag: "zones",
  entry: ZONE,
  description: "The domains we answer for: a list of names, or of mappings with the keys below.",
});

function zonesFromNames(input: unknown): unknown {
  const items: unknown = typeof input === "string" ? input.split(",").filter((name) => name.trim() !== "") : input;
  return Array.isArray(items)
    ? items.map((item: unknown) => (typeof item === "string" ? { apex: item } : item))
    : items;
}

const RECORD = z.strictObject({
  name: setting(kind(readText, "Write a name such as nas.home.example.com."), {
    description: "Full name, or one label that then exists in every zone.",
  }),
  type: setting(oneOf(RECORD_TYPES), { description: `Record type: ${RECORD_TYPES.join(", ")}.` }),
  targets: setting(kind(readTargets, "Write a list of values, each as a zone file has it."), {
    description: "The values: addresses, names, texts. One value need not be a list.",
  }),
  ttlSeconds: setting(wholeSeconds(TTL_LIMITS_SECONDS).optional(), {
    unit: "seconds",
    description: "How long resolvers keep it.",
    defaultText: "the zone's `defaultTtlSeconds`",
  }),
});

export const RECORDS_SETTING = setting(z.array(RECORD).prefault([]), {
  entry: RECORD,
  description: "Records written down by hand; they come before all others at their name.",
});

/** Commas stand inside values here (TXT, HTTPS), so one text is one value. */
function readTargets(input: unknown): Parsed<readonly string[]> {
  const targets = readList(typeof input === "string" ? [input] : input, parsed);
  return targets.ok && targets.value.length === 0 ? unparsable("is an empty list") : targets;
}
