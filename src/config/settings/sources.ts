// Settings of where names come from, and of which names external-dns may write.

import { kind, readList, seconds, text, textList } from "#src/config/kinds.ts";
import { section, setting } from "#src/config/setting.ts";
import { type Parsed, parsed, unparsable } from "#src/domain/parsed.ts";
import { DEFAULT_SOURCE_NAMES, SOURCE_GROUPS, SOURCE_NAMES, type SourceName } from "#src/domain/source-name.ts";
import { CILIUM_SECTION } from "./cilium.ts";
import { ALLOW_WILDCARDS_SETTING, NAMESPACE_DOMAINS_SETTING, PUBLIC_CLASSES_SETTING } from "./claims.ts";
import {
  CLASS_TARGETS_SETTING,
  INGRESS_KIND_SECTION,
  MULTUS_KIND_SECTION,
  NODE_KIND_SECTION,
  SERVICE_KIND_SECTION,
  TRAEFIK_KIND_SECTION,
} from "./source-kinds.ts";
import { gatewayClasses, gatewayNames, ingressClasses } from "./zones.ts";

/** A day: what has been gone for longer is gone. */
const HOLD_LIMITS_SECONDS = { min: 0, max: 86_400 };

export const SOURCES_SECTION = section({
  manifests: setting(text("Write the path of a folder with YAML files.").optional(), {
    env: ["MANIFESTS_DIR"],
    flag: "manifests",
    description: "Folder of Kubernetes manifests to read names from.",
    defaultText: "none",
  }),
  kinds: setting(sourceNames().prefault([...DEFAULT_SOURCE_NAMES]), {
    env: ["SOURCES"],
    flag: "sources",
    description: `Kinds of objects that give names: ${SOURCE_NAMES.map((name) => `\`${name}\``).join(", ")}. ${groupsText()}.`,
  }),
  ingressClasses: setting(ingressClasses().prefault(["internal", "@default"]), {
    env: ["INGRESS_CLASSES"],
    flag: "ingress-classes",
    description:
      "Ingress classes whose names are answered. `@default` is the cluster's default class, whatever its name; `*` is every class.",
  }),
  gateways: setting(gatewayNames().prefault(["@not-external"]), {
    env: ["GATEWAYS"],
    flag: "gateways",
    description:
      "Gateways whose names are answered, as `name` or `namespace/name`. `@not-external` is every one whose name and class do not contain `external` or `public`; `*` is every Gateway.",
  }),
  gatewayClasses: setting(gatewayClasses().prefault(["@not-external"]), {
    env: ["GATEWAY_CLASSES"],
    flag: "gateway-classes",
    description: "Classes of Gateways whose names are answered, in the same words; a Gateway has to pass both.",
  }),
  annotationPrefixes: setting(
    annotationPrefixes().prefault(["external-dns.alpha.kubernetes.io/", "external-dns.kubernetes.io/"]),
    {
      env: ["ANNOTATION_PREFIXES"],
      flag: "annotation-prefixes",
      description: "Prefixes of the annotations that are read, in falling order of right.",
    },
  ),
  // Longer than a rollout of a controller takes.
  statusHoldSeconds: setting(seconds(HOLD_LIMITS_SECONDS).prefault(600), {
    env: ["STATUS_HOLD"],
    flag: "status-hold",
    unit: "seconds",
    description:
      "How long the last addresses of a cluster's object are answered after its status lost them: a controller that restarts empties the status of everything. 0 switches it off.",
  }),
  // Longer than it takes to put back what was removed by mistake, or to be made anew.
  withdrawalHoldSeconds: setting(seconds(HOLD_LIMITS_SECONDS).prefault(60), {
    env: ["WITHDRAWAL_HOLD"],
    flag: "withdrawal-hold",
    unit: "seconds",
    description:
      "How long names are answered after their objects vanished from a cluster together with more than half of its names, and ten or more. Fewer go at once. 0 switches it off.",
  }),
  classTargets: CLASS_TARGETS_SETTING,
  publicClasses: PUBLIC_CLASSES_SETTING,
  namespaceDomains: NAMESPACE_DOMAINS_SETTING,
  allowWildcards: ALLOW_WILDCARDS_SETTING,
  ingress: INGRESS_KIND_SECTION,
  service: SERVICE_KIND_SECTION,
  node: NODE_KIND_SECTION,
  traefik: TRAEFIK_KIND_SECTION,
  multus: MULTUS_KIND_SECTION,
  cilium: CILIUM_SECTION,
});

export const DOMAIN_FILTER_SECTION = section({
  include: setting(domainList().prefault([]), {
    env: ["DOMAIN_FILTER"],
    flag: "domain-filter",
    description:
      "Domains that external-dns may write: `example.com` with everything below, `.example.com` only what is below. Empty: all.",
  }),
  exclude: setting(domainList().prefault([]), {
    env: ["EXCLUDE_DOMAIN_FILTER"],
    flag: "exclude-domain-filter",
    description: "Domains it may not write, taken from those above.",
  }),
  regexInclude: setting(regularExpression().optional(), {
    env: ["REGEXP_DOMAIN_FILTER"],
    flag: "regexp-domain-filter",
    description: "Regular expression of names that external-dns may write, instead of the lists.",
    defaultText: "none",
  }),
  regexExclude: setting(regularExpression().optional(), {
    env: ["REGEXP_DOMAIN_FILTER_EXCLUSION"],
    flag: "regexp-domain-filter-exclusion",
    description: "Regular expression of names it may not write; it wins.",
    defaultText: "none",
  }),
});

function groupsText(): string {
  return [...SOURCE_GROUPS]
    .map(([group, names]) => `\`${group}\` stands for ${names.map((name) => `\`${name}\``).join(", ")}`)
    .join("; ");
}

function sourceNames() {
  return kind(
    (input): Parsed<readonly SourceName[]> => {
      const names = readList(input, (word): Parsed<readonly SourceName[]> => {
        const name = SOURCE_NAMES.find((known) => known === word);
        const named = name === undefined ? SOURCE_GROUPS.get(word) : [name];
        return named === undefined ? unparsable(`"${word}" is no kind of object that gives names`) : parsed(named);
      });
      if (!names.ok) return names;
      return names.value.length === 0 ? unparsable("is an empty list") : parsed([...new Set(names.value.flat())]);
    },
    `Write a list of ${[...SOURCE_NAMES, ...SOURCE_GROUPS.keys()].join(", ")}.`,
  );
}

function annotationPrefixes() {
  return kind((input): Parsed<readonly string[]> => {
    const prefixes = readList(input, (prefix) =>
      /^[a-z0-9]([a-z0-9.-]*[a-z0-9])?\/$/.test(prefix)
        ? parsed(prefix)
        : unparsable(`"${prefix}" is not the prefix of an annotation`),
    );
    return prefixes.ok && prefixes.value.length === 0 ? unparsable("is an empty list") : prefixes;
  }, "Write prefixes with the final slash, such as external-dns.alpha.kubernetes.io/.");
}

function domainList() {
  return textList("Write domains such as home.example.com.");
}

function regularExpression() {
  return text("Write a regular expression.");
}
