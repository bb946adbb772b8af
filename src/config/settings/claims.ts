// Settings of who may claim which name: what a namespace may say, and whose `target` annotations are meant for public DNS.

import { isMapping } from "#src/config/file.ts";
import { kind, quote, readList, textList, yesOrNo } from "#src/config/kinds.ts";
import { readDomainName } from "#src/config/network-kinds.ts";
import { setting } from "#src/config/setting.ts";
import type { DomainName } from "#src/domain/name.ts";
import { type Parsed, parsed, unparsable } from "#src/domain/parsed.ts";

/** No namespace can be called so. */
const EVERY_OTHER = "*";

export const NAMESPACE_DOMAINS_SETTING = setting(
  kind(
    readNamespaceDomains,
    "Write media=media.home.example.com;*=apps.home.example.com, or a mapping from namespaces to lists of domains.",
  ).prefault({}),
  {
    env: ["NAMESPACE_DOMAINS"],
    flag: "namespace-domains",
    defaultText: "any namespace may claim any name",
    description:
      "Domains at and below which the objects of a namespace may claim names: `media=media.home.example.com;*=apps.home.example.com`, several domains separated by commas, or a mapping in the file; `*` is every namespace that is not named, nothing behind the `=` is no name at all. Objects that live in no namespace (nodes) are not bound.",
  },
);

export const ALLOW_WILDCARDS_SETTING = setting(yesOrNo().prefault(true), {
  env: ["ALLOW_WILDCARDS"],
  flag: "allow-wildcards",
  isSwitch: true,
  description:
    "Whether objects may claim a wildcard (`*.apps.home.example.com`), which answers for every name that nobody else claims.",
});

export const PUBLIC_CLASSES_SETTING = setting(
  textList("Write names of Ingress classes such as external.").prefault(["external"]),
  {
    env: ["PUBLIC_CLASSES"],
    flag: "public-classes",
    description:
      "Ingress classes whose `target` annotation is meant for public DNS: inside, the addresses of their load balancer answer.",
  },
);

type Entry = readonly [namespace: string, domains: readonly DomainName[]];

function readNamespaceDomains(input: unknown): Parsed<ReadonlyMap<string, readonly DomainName[]>> {
  const entries = isMapping(input) ? entriesOf(Object.entries(input)) : entriesOfText(input);
  if (!entries.ok) return entries;
  const domains = new Map<string, readonly DomainName[]>();
  for (const [namespace, more] of entries.value) {
    domains.set(namespace, [...new Set([...(domains.get(namespace) ?? []), ...more])]);
  }
  return parsed(domains);
}

/** A list of domains holds commas, so entries are divided at semicolons. */
function entriesOfText(input: unknown): Parsed<readonly Entry[]> {
  if (typeof input !== "string") return unparsable(`${quote(input)} is neither a text nor a mapping`);
  const written = input.split(";").filter((entry) => entry.trim() !== "");
  const pairs = written.map((entry) => entry.split("=").map((part) => part.trim()));
  const wrong = pairs.findIndex((parts) => parts.length !== 2);
  if (wrong !== -1) return unparsable(`${quote(written[wrong])} is not a namespace with domains`);
  return entriesOf(pairs.map(([namespace = "", domains = ""]) => [namespace, domains]));
}

function entriesOf(pairs: readonly (readonly [string, unknown])[]): Parsed<readonly Entry[]> {
  const entries: Entry[] = [];
  for (const [namespace, written] of pairs) {
    if (namespace !== EVERY_OTHER && !/^[a-z0-9](?:[a-z0-9-]*[a-z0-9])?$/.test(namespace)) {
      return unparsable(`${quote(namespace)} is not the name of a namespace`);
    }
    const domains = readList(written ?? [], readDomainName);
    if (!domains.ok) return unparsable(`${namespace}: ${domains.problem}`);
    entries.push([namespace, domains.value]);
  }
  return parsed(entries);
}
