// Settings of the process itself: what it says, where it keeps data, how it writes and how it ends.

import { kind, oneOf, quote, readList, seconds, text, yesOrNo } from "#src/config/kinds.ts";
import { domainNames } from "#src/config/network-kinds.ts";
import { section, setting } from "#src/config/setting.ts";
import { CHANGE_POLICIES, type ChangePolicy } from "#src/domain/change-policy.ts";
import { type DomainName, parseName } from "#src/domain/name.ts";
import { type Parsed, parsed, unparsable } from "#src/domain/parsed.ts";

/** A request of external-dns lasts 15 s by default; a minute is the longest anybody should configure there. */
const APPLY_BUDGET_LIMITS_SECONDS = { min: 1, max: 60 };
/** Kubernetes kills after 30 s unless the pod says otherwise; five minutes is beyond any endpoint propagation. */
const LAME_DUCK_LIMITS_SECONDS = { min: 0, max: 300 };

export const LOG_SECTION = section({
  level: setting(oneOf(["debug", "info", "warn", "error"]).prefault("info"), {
    env: ["LOG_LEVEL", "WEBHOOK_LOGGING_LEVEL"],
    flag: "log-level",
    description: "The least severe event that is logged: `debug`, `info`, `warn` or `error`.",
  }),
  format: setting(kind(readFormat, "Write text or json.").optional(), {
    env: ["LOG_FORMAT", "WEBHOOK_LOGGING_FORMAT"],
    flag: "log-format",
    description: "`text` for people (`test` means the same), `json` for machines: one event a line.",
    defaultText: "`text` on a terminal, else `json`",
  }),
});

/** `test` is how kashalls' webhook calls its text. */
const FORMATS: ReadonlyMap<unknown, "text" | "json"> = new Map([
  ["text", "text"],
  ["test", "text"],
  ["json", "json"],
]);

function readFormat(input: unknown): Parsed<"text" | "json"> {
  const format = FORMATS.get(typeof input === "string" ? input.trim() : input);
  return format === undefined ? unparsable(`${quote(input)} is none of the choices`) : parsed(format);
}

export const DATA_SECTION = section({
  dir: setting(text("Write the path of a folder.").prefault("./data"), {
    env: ["DATA_DIR"],
    flag: "data-dir",
    description:
      "Folder of everything that must outlive the process: the records of the `local` provider, the journal of unfinished changes of any other. Those others do without when it cannot be written.",
  }),
});

export const SYNC_SECTION = section({
  applyBudgetSeconds: setting(seconds(APPLY_BUDGET_LIMITS_SECONDS).prefault(12), {
    env: ["APPLY_BUDGET"],
    flag: "apply-budget",
    unit: "seconds",
    description:
      "Longest time for one batch of changes, from its arrival. Keep it below the timeouts of external-dns (15 s by default).",
  }),
  unownedChanges: setting(oneOf(["refuse", "allow"]).prefault("refuse"), {
    env: ["UNOWNED_CHANGES"],
    flag: "unowned-changes",
    description:
      "What happens to a change or a deletion that carries no owner: `refuse`, or `allow` for external-dns with `--registry=noop`.",
  }),
  dryRun: setting(yesOrNo().prefault(false), {
    env: ["DRY_RUN"],
    flag: "dry-run",
    isSwitch: true,
    description: "Plan and log changes, write none.",
  }),
  policy: setting(oneOf(CHANGE_POLICIES).prefault("sync"), {
    env: ["SYNC_POLICY"],
    flag: "sync-policy",
    description:
      "What external-dns may do: `sync` everything, `upsert-only` no deletions, `create-only` only new records. Set the same there.",
  }),
  domainPolicies: setting(domainPolicies().prefault([]), {
    env: ["SYNC_DOMAIN_POLICIES"],
    flag: "sync-domain-policies",
    description:
      "Policies of single domains with everything below, as `example.com=upsert-only`; the longest domain that fits decides.",
  }),
  protectedNames: setting(domainNames("Write names such as router.home.example.com.").prefault([]), {
    env: ["PROTECTED_NAMES"],
    flag: "protected-names",
    description:
      "Names that records of the settings alone may have: external-dns may write nothing there, objects may not claim them, and where they stand directly below a zone no wildcard answers for them. `wpad`, `isatap`, `unifi`, `localhost` and the name servers of each zone always are such names for objects.",
  }),
  breaker: setting(oneOf(["approve", "timed", "off"]).prefault("approve"), {
    env: ["BREAKER"],
    flag: "breaker",
    description:
      "What happens when more than 30 % of at least 10 owned names would be deleted: held until `zonegate approve`, or (`timed`) until it was asked for three times over five minutes, or not at all (`off`).",
  }),
});

export const ADMIN_SECTION = section({
  socket: setting(text("Write the path of a unix socket.").optional(), {
    env: ["ADMIN_SOCKET"],
    flag: "admin-socket",
    description: "Unix socket through which `zonegate approve` and `zonegate plan` reach the running process.",
    defaultText: "`admin.sock` in `data.dir`",
  }),
});

function domainPolicies() {
  return kind(
    (input) => readList(input, readDomainPolicy),
    `Write pairs such as example.com=upsert-only; policies are ${CHANGE_POLICIES.join(", ")}.`,
  );
}

function readDomainPolicy(written: string): Parsed<{ readonly domain: DomainName; readonly policy: ChangePolicy }> {
  const [domainText = "", policyText, ...more] = written.split("=");
  const policy = CHANGE_POLICIES.find((known) => known === policyText?.trim());
  if (policy === undefined || more.length > 0) return unparsable(`${quote(written)} is not a domain with a policy`);
  const domain = parseName(domainText);
  return domain.ok ? parsed({ domain: domain.value, policy }) : domain;
}

export const SHUTDOWN_SECTION = section({
  lameDuckSeconds: setting(seconds(LAME_DUCK_LIMITS_SECONDS).prefault(10), {
    env: ["LAME_DUCK"],
    flag: "lame-duck",
    unit: "seconds",
    description:
      "How long queries are still answered after SIGTERM, while clients learn that we leave. SIGINT (Ctrl-C) skips it.",
  }),
});
