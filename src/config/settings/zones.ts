// Settings of the zones we answer for, and of the records written down by hand.

import * as z from "zod";
import { kind, oneOf, quote, readList, readText, wholeSeconds } from "#src/config/kinds.ts";
import {
  addressList,
  domainName,
  listenAddresses,
  mailbox,
  port,
  readSubnet,
  type Subnet,
  subnetList,
} from "#src/config/network-kinds.ts";
import { section, setting } from "#src/config/setting.ts";
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
const ZONES = z.preprocess(zonesFromNames, z.array(ZONE));

export const ZONES_SETTING = setting(ZONES.prefault([]), {
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

/** A zone holds whole labels, so a longer range would be a zone for each address. */
const REVERSE_LENGTHS = { ipv4: { min: 8, max: 24 }, ipv6: { min: 8, max: 124 } } as const;

export const REVERSE_SECTION = section({
  ranges: setting(reverseRanges().prefault([]), {
    env: ["REVERSE_RANGES"],
    flag: "reverse-ranges",
    description:
      "Ranges whose reverse zones are answered as well, filled from the names that have such an address: `192.168.20.0/24,fd20::/64`. A reverse zone may also stand in `zones`, to give it settings of its own.",
  }),
});

function reverseRanges() {
  const { ipv4, ipv6 } = REVERSE_LENGTHS;
  const hint = `Write ranges such as 192.168.20.0/24, with /${ipv4.min} to /${ipv4.max} for IPv4 and /${ipv6.min} to /${ipv6.max} for IPv6.`;
  return kind((input) => readList(input, readRange), hint);
}

function readRange(written: string): Parsed<Subnet> {
  const range = readSubnet(written);
  if (!range.ok || isWithin(range.value.prefixLength, REVERSE_LENGTHS[range.value.family])) return range;
  return unparsable(`${quote(written)} is no range that whole zones hold`);
}

function isWithin(value: number, { min, max }: { readonly min: number; readonly max: number }): boolean {
  return value >= min && value <= max;
}

const VIEW = z.strictObject({
  name: setting(kind(readViewName, "Write a short name such as guests."), {
    description: "What it is called in the log, in figures and for `zonegate explain NAME@VIEW`.",
  }),
  port: setting(port().optional(), {
    description:
      "Port of its own: whoever asks there sees this view. In Kubernetes a Service of its own maps 53 to it.",
    defaultText: "`dns.port`",
  }),
  listen: setting(listenAddresses().optional(), {
    description: "Addresses of its own: whoever asks there sees this view.",
    defaultText: "with a port `dns.listen`, else none",
  }),
  clients: setting(subnetList().prefault([]), {
    description:
      "Networks whose clients see this view where the address they ask has none. Only where their own addresses arrive here: not behind a forwarder, nor behind a Service that hides them.",
  }),
  zones: setting(ZONES, {
    entry: ZONE,
    description: "Its zones: a list of names, or of mappings like those of `zones`, each with filters of its own.",
  }),
});

/** docs/decisions.md 18. */
export const VIEWS_SETTING = setting(z.array(VIEW).prefault([]), {
  entry: VIEW,
  description:
    "Other answers for some: a guest network that sees only what is public. The first that fits counts; everybody else sees `zones`.",
});

/** "" is the view of everybody else. */
function readViewName(input: unknown): Parsed<string> {
  const name = typeof input === "string" ? input.trim() : "";
  return /^[a-z0-9](?:[a-z0-9-]{0,30}[a-z0-9])?$/.test(name)
    ? parsed(name)
    : unparsable(`${quote(input)} is not 1 to 32 lower-case letters, digits and hyphens`);
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
