// Settings of single kinds of objects that give names.

import { isIP } from "node:net";
import { kind, oneOf, quote, readList, readText, yesOrNo } from "#src/config/kinds.ts";
import { section, setting } from "#src/config/setting.ts";
import { type LabelSelector, parseLabelSelector } from "#src/domain/label-selector.ts";
import { parseName } from "#src/domain/name.ts";
import { type Parsed, parsed, unparsable } from "#src/domain/parsed.ts";

export const CLASS_TARGETS_SETTING = setting(
  kind(readClassTargets, "Write pairs such as internal=192.168.20.10, or a mapping from classes to lists.").prefault(
    {},
  ),
  {
    env: ["CLASS_TARGETS"],
    flag: "class-targets",
    defaultText: "none",
    description:
      "Addresses or host names for all names of an Ingress class, instead of what its controller writes into status: `internal=192.168.20.10,internal=fd20::10`, or a mapping in the file; `@default` is the default class. An object's own `target` annotation comes before it.",
  },
);

export const INGRESS_KIND_SECTION = section({
  tlsHosts: setting(yesOrNo().prefault(false), {
    env: ["INGRESS_TLS_HOSTS"],
    flag: "ingress-tls-hosts",
    isSwitch: true,
    description: "Whether the hosts in `spec.tls` of an Ingress are names too, beside those of its rules.",
  }),
});

export const SERVICE_KIND_SECTION = section({
  labelSelectors: setting(
    kind(readSelectors, "Write selectors as kubectl takes them: app=web,!internal.").prefault([]),
    {
      env: ["SERVICE_LABEL_SELECTORS"],
      flag: "service-label-selectors",
      description:
        "Only Services that match one of these label selectors count. Several in one text are separated by semicolons.",
    },
  ),
  clusterAddresses: setting(yesOrNo().prefault(false), {
    env: ["SERVICE_CLUSTER_ADDRESSES"],
    flag: "service-cluster-addresses",
    isSwitch: true,
    description:
      "Whether the names in `internal-hostname` answer cluster IPs, for networks that route them. Otherwise they answer what all names of the Service answer.",
  }),
});

export const NODE_KIND_SECTION = section({
  addressType: setting(oneOf(["InternalIP", "ExternalIP"]).prefault("InternalIP"), {
    env: ["NODE_ADDRESS_TYPE"],
    flag: "node-address-type",
    description: "Which addresses of a node answer its name.",
  }),
});

export const TRAEFIK_KIND_SECTION = section({
  service: setting(kind(readObjectName, "Write namespace/name.").prefault("traefik/traefik"), {
    env: ["TRAEFIK_SERVICE"],
    flag: "traefik-service",
    description: "Service of Traefik, whose addresses its IngressRoutes have: `namespace/name`.",
  }),
});

export const MULTUS_KIND_SECTION = section({
  names: setting(oneOf(["annotated", "all"]).prefault("annotated"), {
    env: ["MULTUS_NAMES"],
    flag: "multus-names",
    description:
      "Which Pods with a second network have a name: those with a hostname annotation, or `all`, the others as `name.namespace`.",
  }),
});

function readClassTargets(input: unknown): Parsed<ReadonlyMap<string, readonly string[]>> {
  const pairs = isMapping(input) ? pairsOf(input) : readList(input, readPair);
  if (!pairs.ok) return pairs;
  const classTargets = new Map<string, readonly string[]>();
  for (const [className, target] of pairs.value) {
    if (isIP(target) === 0 && !isHostname(target)) {
      return unparsable(`${quote(target)} is neither an IP address nor a host name`);
    }
    classTargets.set(className, [...(classTargets.get(className) ?? []), target]);
  }
  return parsed(classTargets);
}

type ClassTarget = readonly [className: string, target: string];

function isMapping(input: unknown): input is Readonly<Record<string, unknown>> {
  return typeof input === "object" && input !== null && !Array.isArray(input);
}

function pairsOf(mapping: Readonly<Record<string, unknown>>): Parsed<readonly ClassTarget[]> {
  const pairs: ClassTarget[] = [];
  for (const [className, written] of Object.entries(mapping)) {
    const targets = readList(written, parsed);
    if (!targets.ok) return unparsable(`${className}: ${targets.problem}`);
    if (targets.value.length === 0) return unparsable(`${className} has no address`);
    pairs.push(...targets.value.map((target) => [className, target] as const));
  }
  return parsed(pairs);
}

function readPair(written: string): Parsed<ClassTarget> {
  const [className = "", target = "", ...more] = written.split("=").map((part) => part.trim());
  if (className === "" || target === "" || more.length > 0) {
    return unparsable(`${quote(written)} is not a class with an address`);
  }
  return parsed([className, target]);
}

/** No top-level domain is made of digits: `192.168.20` is a mistyped address. */
function isHostname(text: string): boolean {
  return parseName(text).ok && !/(?:^|\.)\d+\.?$/.test(text) && !text.includes("*");
}

/** A selector may hold commas, so one text is divided at semicolons. */
function readSelectors(input: unknown): Parsed<readonly LabelSelector[]> {
  const texts = readList(typeof input === "string" ? input.split(";") : input, parsed);
  if (!texts.ok) return texts;
  const selectors: LabelSelector[] = [];
  for (const text of texts.value) {
    const selector = parseLabelSelector(text);
    if (!selector.ok) return selector;
    selectors.push(selector.value);
  }
  return parsed(selectors);
}

function readObjectName(input: unknown): Parsed<{ readonly namespace: string; readonly name: string }> {
  const text = readText(input);
  if (!text.ok) return text;
  const [, namespace, name] = /^([a-z0-9-]+)\/([a-z0-9.-]+)$/.exec(text.value) ?? [];
  if (namespace === undefined || name === undefined) return unparsable(`${quote(input)} is not namespace/name`);
  return parsed({ namespace, name });
}
