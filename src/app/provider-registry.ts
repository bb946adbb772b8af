// Every provider by the name it has in the settings. One line each, loaded only when it is chosen: a sidecar for a console has
// no use for the code of the others.

import type { ProviderName } from "#src/config/schema.ts";
import type { ProviderFactory, ProviderOptions } from "./provider.ts";

const PROVIDERS: Readonly<Record<ProviderName, (options: ProviderOptions) => Promise<ProviderFactory>>> = {
  local: async (options) => (await import("./local-provider.ts")).prepareLocalProvider(options),
  unifi: async (options) => (await import("./unifi-provider.ts")).prepareUnifiProvider(options),
};

/** Loads the provider of the settings and looks at what it finds on this machine; contacts nobody. */
export function prepareProvider(options: ProviderOptions): Promise<ProviderFactory> {
  return PROVIDERS[options.settings.provider](options);
}
