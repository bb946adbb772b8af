// The one source of every setting: its place in zonegate.yaml, its other names, its kind, default, unit and description.
// The file, the environment, the flags, the help text and docs/settings.md all follow from it.

import * as z from "zod";
import { type Parsed, parsed, unparsable } from "#src/domain/parsed.ts";
import { kind, oneOf, quote } from "./kinds.ts";
import { MODES } from "./mode.ts";
import { setting } from "./setting.ts";
import { KUBERNETES_SECTION } from "./settings/kubernetes.ts";
import { DNS_SECTION, OPS_SECTION, WEBHOOK_SECTION } from "./settings/listeners.ts";
import { ADMIN_SECTION, DATA_SECTION, LOG_SECTION, SHUTDOWN_SECTION, SYNC_SECTION } from "./settings/process.ts";
import { DOMAIN_FILTER_SECTION, SOURCES_SECTION } from "./settings/sources.ts";
import { UNIFI_SECTION } from "./settings/unifi.ts";
import { RECORDS_SETTING, REVERSE_SECTION, VIEWS_SETTING, ZONES_SETTING } from "./settings/zones.ts";

const PROVIDERS = ["local", "unifi"] as const;
export type ProviderName = (typeof PROVIDERS)[number];
/** Named in our texts and not built yet: whoever asks for one learns that, instead of "none of the choices". */
const LATER_PROVIDERS: readonly unknown[] = ["cloudflare"];

export const SETTINGS_SCHEMA = z.strictObject({
  mode: setting(oneOf(MODES).optional(), {
    env: ["ZONEGATE_MODE"],
    flag: "mode",
    description: "What this process is for; the table of modes above says what each runs.",
    defaultText: "follows from what is set",
  }),
  provider: setting(kind(readProvider, 'Write "local" or "unifi".').prefault("local"), {
    env: ["ZONEGATE_PROVIDER"],
    flag: "provider",
    description:
      "Where the records that external-dns writes are kept. `local`: in the data folder, answered by this process. `unifi`: on a UniFi console, which answers them.",
    defaultText: "`unifi` when a setting of `unifi` is set, else `local`",
  }),
  log: LOG_SECTION,
  webhook: WEBHOOK_SECTION,
  ops: OPS_SECTION,
  dns: DNS_SECTION,
  zones: ZONES_SETTING,
  views: VIEWS_SETTING,
  reverse: REVERSE_SECTION,
  records: RECORDS_SETTING,
  sources: SOURCES_SECTION,
  kubernetes: KUBERNETES_SECTION,
  domainFilter: DOMAIN_FILTER_SECTION,
  unifi: UNIFI_SECTION,
  data: DATA_SECTION,
  sync: SYNC_SECTION,
  admin: ADMIN_SECTION,
  shutdown: SHUTDOWN_SECTION,
});

/** Settings as they were written, each value read, before anything is derived from another. */
export type WrittenSettings = z.output<typeof SETTINGS_SCHEMA>;

function readProvider(input: unknown): Parsed<ProviderName> {
  const name = typeof input === "string" ? input.trim() : input;
  if (LATER_PROVIDERS.includes(name)) return unparsable(`${quote(name)} is not there yet`);
  const provider = PROVIDERS.find((known) => known === name);
  return provider === undefined ? unparsable(`${quote(input)} is not a provider`) : parsed(provider);
}
