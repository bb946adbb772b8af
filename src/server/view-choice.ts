// Which view a client sees where the socket does not say: by his network, as far as his address is his own (docs/decisions.md 18).

import { DEFAULT_VIEW } from "#src/domain/view-name.ts";
import { createNetworkSet } from "./network.ts";
import type { ClientView } from "./protocol.ts";

/** The first that holds the address, else the default view. */
export function createViewChoice(views: readonly ClientView[]): (address: string) => string {
  const sets = views.map(({ view, clients }) => ({ view, clients: createNetworkSet(clients) }));
  return (address) => sets.find(({ clients }) => clients.has(address))?.view ?? DEFAULT_VIEW;
}
