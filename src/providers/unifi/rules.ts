// What each of the console's two APIs can hold, and what we refuse to give it so that its DNS server keeps running. Pure.

import { type DomainName, isWildcard, ROOT } from "#src/domain/name.ts";
import { type Parsed, parsed, unparsable } from "#src/domain/parsed.ts";
import type { RecordType } from "#src/domain/record.ts";
import { canonicalTarget } from "#src/domain/target.ts";
import type { BackendRules } from "#src/providers/provider.ts";
import { watchState } from "./state-view.ts";
import { consoleText } from "./text.ts";

/** Where the two APIs differ. */
interface Limits {
  readonly maxNameCharacters: number;
  readonly maxHostCharacters: number;
  /** Of a text as it is sent, quotes included. */
  readonly maxTextCharacters: number;
  /** Types that keep a TTL at all, with the longest one. */
  readonly maxTtlSeconds: ReadonlyMap<RecordType, number>;
}

const DAY_SECONDS = 86_400;
const WEEK_SECONDS = 604_800;

/** The published schema: `domain`, `targetDomain` 1–127, `text` 1–1024, `ttlSeconds` to a day, of a CNAME to a week. */
export const POLICY_RULES: BackendRules = rulesWithin({
  maxNameCharacters: 127,
  maxHostCharacters: 127,
  maxTextCharacters: 1_024,
  maxTtlSeconds: new Map([
    ["A", DAY_SECONDS],
    ["AAAA", DAY_SECONDS],
    ["CNAME", WEEK_SECONDS],
  ]),
});

/** The controller's own definition: `key` and `value` 1–256; names end earlier, by RFC 1035. Its page offers a TTL to a day. */
export const STATIC_RULES: BackendRules = rulesWithin({
  maxNameCharacters: 253,
  maxHostCharacters: 253,
  maxTextCharacters: 256,
  maxTtlSeconds: new Map([
    ["A", DAY_SECONDS],
    ["AAAA", DAY_SECONDS],
    ["CNAME", DAY_SECONDS],
  ]),
});

/** Letters that mean nothing to dnsmasq's configuration: comma, slash, blank, # and control characters would. */
const SAFE_NAME = /^(?:\*\.)?[a-z0-9_-]+(?:\.[a-z0-9_-]+)*$/;
/** external-dns puts the text of `*.example.com` at `a-*.example.com`. */
const SAFE_TEXT_NAME = /^[a-z0-9_*-]+(?:\.[a-z0-9_-]+)*$/;
const SAFE_HOST = /^[a-z0-9_-]+(?:\.[a-z0-9_-]+)*$/;
/** RFC 2782: `_service._protocol.name`. */
const SERVICE_NAME = /^_[a-z0-9_-]+\._[a-z0-9_-]+\../;

function rulesWithin(limits: Limits): BackendRules {
  return {
    types: new Set<RecordType>(["A", "AAAA", "CNAME", "MX", "SRV", "TXT"]),
    effectiveTtlSeconds: (wantedSeconds, type) => {
      const max = limits.maxTtlSeconds.get(type);
      return max === undefined || wantedSeconds === 0 ? undefined : Math.min(wantedSeconds, max);
    },
    canonicalTarget: (type, text) => {
      const target = canonicalTarget(type, text);
      return target.ok ? withinLimits(type, target.value, limits) : target;
    },
    refuseName: (name, type) => refuseName(name, type, limits),
    // The console refuses an alias beside anything (`CnameAliasOverlapsWithOtherRecords`), a registry's text included.
    isExclusive: (type, other) => type === "CNAME" || other === "CNAME",
    watchState,
  };
}

function refuseName(name: DomainName, type: RecordType, { maxNameCharacters }: Limits): string | undefined {
  if (name === ROOT) return "the root of all names cannot be stored";
  if (name.length > maxNameCharacters) return `the console takes names of at most ${maxNameCharacters} characters`;
  if (!(type === "TXT" ? SAFE_TEXT_NAME : SAFE_NAME).test(name)) {
    return "the console takes names of letters, digits, hyphens and underscores only";
  }
  if (type === "CNAME" && isWildcard(name)) return "the console refuses a wildcard CNAME; a wildcard A or AAAA works";
  if (type === "SRV" && !SERVICE_NAME.test(name)) return "the console takes SRV only at _service._protocol.name";
  return undefined;
}

function withinLimits(type: RecordType, target: string, limits: Limits): Parsed<string> {
  if (type === "TXT") {
    const text = consoleText(target);
    if (!text.ok) return text;
    return text.value.length <= limits.maxTextCharacters
      ? parsed(target)
      : unparsable(`the console takes texts of at most ${limits.maxTextCharacters} characters, quotes included`);
  }
  if (type !== "CNAME" && type !== "MX" && type !== "SRV") return parsed(target);
  const host = target.slice(target.lastIndexOf(" ") + 1);
  if (host.length > limits.maxHostCharacters) {
    return unparsable(`the console takes host names of at most ${limits.maxHostCharacters} characters`);
  }
  return SAFE_HOST.test(host)
    ? parsed(target)
    : unparsable("the console takes host names of letters, digits, hyphens and underscores only");
}
