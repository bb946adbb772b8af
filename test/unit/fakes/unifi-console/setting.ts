// One running console with a client for each test, stopped after it.

import { afterEach } from "vitest";
import {
  startUnifiConsole,
  type UnifiConsole,
  type UnifiConsoleOptions,
} from "#test/fakes/unifi-console/unifi-console.ts";
import { type Answer, type CallOptions, createConsoleClient } from "./client.ts";

export interface Setting {
  readonly unifi: UnifiConsole;
  readonly call: (method: string, path: string, options?: CallOptions) => Promise<Answer>;
  /** Path of a policy, or of the collection. */
  readonly policies: (id?: string) => string;
  /** Path of a v2 record, or of the collection. */
  readonly records: (id?: string) => string;
}

const PREFIX = "/proxy/network";

/** To be called at the top of a suite; what it returns starts a console in a test. */
export function consolesOfThisSuite(): (options?: UnifiConsoleOptions) => Promise<Setting> {
  const running: { readonly stop: () => Promise<void> }[] = [];
  afterEach(async () => {
    for (const { stop } of running.splice(0)) await stop();
  });
  return async (options) => {
    const unifi = await startUnifiConsole(options);
    const client = createConsoleClient(unifi);
    running.push({
      stop: async () => {
        client.close();
        await unifi.stop();
      },
    });
    const site = unifi.site().identity.uuid;
    return {
      unifi,
      call: (method, path, call) => client.call(method, path, call),
      policies: (id) => join(`${PREFIX}/integration/v1/sites/${site}/dns/policies`, id),
      records: (id) => join(`${PREFIX}/v2/api/site/default/static-dns`, id),
    };
  };
}

function join(collection: string, id: string | undefined): string {
  return id === undefined ? collection : `${collection}/${id}`;
}
