// What the settings amount to, in a few lines for a person: printed by `check`, and at the start.

import { PARTS } from "#src/config/mode.ts";
import type { Listener, Settings } from "#src/config/settings.ts";

const LABEL_WIDTH = 10;

/** One fact a line: mode and why, file, listeners, zones, sources, warnings. */
export function summariseSettings(settings: Settings): readonly string[] {
  const { mode, zones, records, sources } = settings;
  const facts: readonly (readonly [string, string])[] = [
    ["mode", `${mode.mode}, because ${mode.reason}`],
    ["file", settings.configFile ?? "none"],
    ...PARTS.map((part) => [part, mode.parts.has(part) ? listenText(settings[part]) : "not run"] as const),
    ["zones", listText(zones.map(({ apex }) => apex))],
    ["manifests", sources.manifests ?? "none"],
    ["cluster", clusterText(settings)],
    ["records", records.length === 0 ? "none" : `${records.length} written down`],
    ["provider", `${settings.provider}${placeText(settings)}${settings.sync.dryRun ? " (dry run)" : ""}`],
    ...settings.warnings.map((warning) => ["warning", warning] as const),
  ];
  return facts.map(([label, text]) => `${label.padEnd(LABEL_WIDTH)}${text}`);
}

function placeText({ provider, data, unifi }: Settings): string {
  if (provider === "local") return `, in ${data.dir}`;
  if (unifi === undefined) return "";
  const api = unifi.credentials.kind === "key" ? `API ${unifi.api}` : "login, API static-dns";
  return `, at ${unifi.url} (${api}, trust ${unifi.trust.kind})`;
}

function clusterText({ kubernetes }: Settings): string {
  if (kubernetes === undefined) return "none";
  const { access, namespaces } = kubernetes;
  const where =
    access.kind === "in-cluster"
      ? `the one this pod runs in, at ${access.host}`
      : `${access.contexts.length === 0 ? "the current context" : access.contexts.join(", ")} of ${access.files.join(", ")}`;
  return namespaces.length === 0 ? where : `${where}, only ${namespaces.join(", ")}`;
}

function listenText({ addresses, port }: Listener): string {
  return listText(addresses.map((address) => (address.includes(":") ? `[${address}]:${port}` : `${address}:${port}`)));
}

function listText(items: readonly string[]): string {
  return items.length === 0 ? "none" : items.join(", ");
}
