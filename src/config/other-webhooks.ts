// Variables of the webhooks that people come from which have no counterpart here. docs/migrate.md tells why of each.

import type { ConfigProblem } from "#src/errors.ts";
import type { Environment } from "./layers.ts";

/** They would send the key somewhere we do not go, so ignoring them would end in errors that say nothing. */
const REFUSED: Readonly<Record<string, Pick<ConfigProblem, "problem" | "hint">>> = {
  UNIFI_CONSOLE_ID: {
    problem: "names a console behind Ubiquiti's cloud, which is not offered",
    hint: "Name the console's own address in UNIFI_HOST, a key of its own in UNIFI_API_KEY, and remove this one.",
  },
};

/** Without effect here: figures of theirs that have a fixed, documented value. */
export const IGNORED_VARIABLES = [
  "UNIFI_APPLY_WORKERS",
  "UNIFI_RETRY_ATTEMPTS",
  "UNIFI_RETRY_INITIAL_DELAY",
  "UNIFI_RETRY_MAX_DELAY",
  "SERVER_READ_TIMEOUT",
  "SERVER_READ_HEADER_TIMEOUT",
  "SERVER_WRITE_TIMEOUT",
  "SERVER_IDLE_TIMEOUT",
  "SERVER_MAX_HEADER_BYTES",
  "SERVER_MAX_BODY_BYTES",
  "HEALTH_SERVER_ADDR",
  "READINESS_CACHE_TTL",
  "PPROF_ENABLED",
  "WEBHOOK_DEBUG_PPROF_ENABLED",
  "WEBHOOK_DEBUG_PPROF_PORT",
] as const;
export const REFUSED_VARIABLES: readonly string[] = Object.keys(REFUSED);

export interface OtherWebhooks {
  readonly problems: readonly ConfigProblem[];
  readonly warnings: readonly string[];
}

export function readOtherWebhooks(env: Environment): OtherWebhooks {
  const isSet = (name: string): boolean => (env[name] ?? "").trim() !== "";
  const ignored = IGNORED_VARIABLES.filter(isSet);
  return {
    problems: Object.entries(REFUSED)
      .filter(([name]) => isSet(name))
      .map(([path, sentences]) => ({ path, ...sentences })),
    warnings:
      ignored.length === 0
        ? []
        : [`${ignored.join(", ")}: of another webhook and not used here; docs/migrate.md says why`],
  };
}
