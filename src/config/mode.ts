// The table of modes (docs/decisions.md 32) as data: which mode follows from what is set, what it runs, what it changes.
// docs/settings.md prints this table; nothing else decides a mode.

import type { ProviderChoice, SetBy } from "./provider-choice.ts";

export const MODES = ["embedded", "webhook", "standalone", "resolver"] as const;
export type Mode = (typeof MODES)[number];

/** `dns` answers queries, `webhook` takes changes from external-dns, `ops` shows health and metrics. */
export const PARTS = ["dns", "webhook", "ops"] as const;
type Part = (typeof PARTS)[number];

/** What was decided, and why: printed at the start. */
export interface ModeChoice {
  readonly mode: Mode;
  /** One sentence without the final stop. */
  readonly reason: string;
  readonly parts: ReadonlySet<Part>;
}

export interface ModeRow {
  /** When it is chosen, in words. */
  readonly when: string;
  readonly purpose: string;
  readonly parts: readonly Part[];
  /** Defaults that differ from the schema's, as they would be written in the file, by path. */
  readonly defaults: Readonly<Record<string, unknown>>;
  /** Settings without which the mode makes no sense. */
  readonly needs: readonly string[];
}

/** Setting one of these says what to serve or to keep, so that nobody with settings of their own is given the example. */
export const CONTENT_SETTINGS = [
  "zones",
  "records",
  "sources.manifests",
  "data.dir",
  "domainFilter.include",
  "domainFilter.exclude",
  "domainFilter.regexInclude",
  "domainFilter.regexExclude",
] as const;

export const MODE_TABLE: Readonly<Record<Mode, ModeRow>> = {
  embedded: {
    when: "nothing is set that names what to serve or to keep",
    purpose: "a trial on one machine: everything on loopback addresses, names from the example manifests",
    parts: ["dns", "webhook", "ops"],
    defaults: {
      "dns.listen": ["127.0.0.1"],
      "ops.host": "127.0.0.1",
      zones: ["home.example.com"],
      "sources.manifests": "examples/homelab",
      "shutdown.lameDuckSeconds": 0,
      // Somebody is looking: the start explains itself, also through a pipe.
      "log.format": "text",
    },
    needs: [],
  },
  webhook: {
    when: "the provider is `unifi`: `provider` says so, or a setting of `unifi` is there and `provider` is not",
    purpose: "only takes changes from external-dns, as a sidecar: no port for DNS is opened",
    parts: ["webhook", "ops"],
    defaults: {},
    needs: [],
  },
  standalone: {
    when: "zones, records, manifests, a data folder or a domain filter are set",
    purpose: "one process that answers and takes changes, inside or outside a cluster",
    parts: ["dns", "webhook", "ops"],
    defaults: {},
    needs: ["zones"],
  },
  resolver: {
    when: "`mode` says so",
    purpose: "only answers; nothing can be written to it",
    parts: ["dns", "ops"],
    defaults: {},
    needs: ["zones"],
  },
};

/** Decides the mode. `explicit` is the setting `mode`. */
export function chooseMode(
  explicit: Mode | undefined,
  { provider, setBy }: { readonly provider: ProviderChoice; readonly setBy: SetBy },
): ModeChoice {
  if (explicit !== undefined) return choice(explicit, `mode is set (${setBy("mode") ?? "by its default"})`);
  if (provider.name === "unifi") return choice("webhook", `${provider.reason} and mode is not`);
  for (const path of CONTENT_SETTINGS) {
    const place = setBy(path);
    if (place !== undefined) return choice("standalone", `${path} is set (${place}) and mode is not`);
  }
  return choice("embedded", MODE_TABLE.embedded.when);
}

function choice(mode: Mode, reason: string): ModeChoice {
  return { mode, reason, parts: new Set(MODE_TABLE[mode].parts) };
}
