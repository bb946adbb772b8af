// Which provider keeps the records: what `provider` says, else what the settings of a backend imply.

import type { ProviderName } from "./schema.ts";
import { settingsOf } from "./setting.ts";
import { UNIFI_SECTION } from "./settings/unifi.ts";

/** What was decided, and why. */
export interface ProviderChoice {
  readonly name: ProviderName;
  /** Half a sentence: `unifi.host is set (UNIFI_HOST)`. */
  readonly reason: string;
}

/** Where a setting's value comes from; `undefined` when nobody set it. */
export type SetBy = (path: string) => string | undefined;

/**
 * Decides the provider. Any setting of `unifi` implies it, not the address alone: somebody whose address got lost must learn
 * that, and not find an example being served.
 */
export function chooseProvider(explicit: ProviderName | undefined, setBy: SetBy): ProviderChoice {
  if (explicit !== undefined)
    return { name: explicit, reason: `provider is set (${setBy("provider") ?? "by its default"})` };
  for (const leaf of settingsOf(UNIFI_SECTION, ["unifi"])) {
    const path = leaf.path.join(".");
    const place = setBy(path);
    if (place !== undefined) return { name: "unifi", reason: `${path} is set (${place})` };
  }
  return { name: "local", reason: "nothing of another provider is set" };
}
