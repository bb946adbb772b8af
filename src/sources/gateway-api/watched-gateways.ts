// Which Gateways a zone answers for (docs/decisions.md 40). Decided before anything is merged, so that a name never gets the
// addresses of a Gateway that its zone does not watch.

import type { GatewayFilter, NameFilter, SourceZone } from "#src/sources/source.ts";

/** What a filter looks at. */
export interface GatewayIdentity {
  readonly namespace: string;
  readonly name: string;
  readonly className: string | undefined;
}

/** Of a zone that does not say: all but those that their names give away as the door to the internet. */
const DEFAULT_FILTER: GatewayFilter = {
  gateways: { named: [], others: "not-external" },
  classes: { named: [], others: "not-external" },
};

/** By its name and by its class; both must let it in. */
export function isWatchedGateway(gateway: GatewayIdentity, zone: SourceZone): boolean {
  const { gateways, classes } = zone.gateways ?? DEFAULT_FILTER;
  const { namespace, name, className = "" } = gateway;
  return letsIn(gateways, name, `${namespace}/${name}`) && letsIn(classes, className);
}

/**
 * A Gateway whose `target` annotation is meant for public DNS, such as the tunnel in front of it: inside, its own addresses
 * answer.
 */
export function isPublicGateway({ name, className }: GatewayIdentity): boolean {
  return isCalledExternal(name) || isCalledExternal(className ?? "");
}

/** `Gateway network/external of class cilium is not watched by zone …`. */
export function unwatchedText(gateways: readonly GatewayIdentity[], zone: SourceZone): string {
  const { gateways: byName, classes } = zone.gateways ?? DEFAULT_FILTER;
  const texts = gateways.map(
    ({ namespace, name, className }) => `Gateway ${namespace}/${name} of class ${className ?? "(none)"}`,
  );
  const watched = `gateways: ${filterText(byName)}; gateway classes: ${filterText(classes)}`;
  return `zone ${zone.apex} does not watch ${[...new Set(texts)].join(" nor ")}; it watches ${watched}`;
}

/** `longName` is another way to name the same. */
function letsIn({ named, others }: NameFilter, name: string, longName = name): boolean {
  if (named.includes(name) || named.includes(longName)) return true;
  return others === "all" || (others === "not-external" && !isCalledExternal(name));
}

/** Rather one Gateway too many left out, which `explain` then says, than an address of the internet's side inside. */
function isCalledExternal(name: string): boolean {
  return /external|public/.test(name);
}

function filterText({ named, others }: NameFilter): string {
  const rest = { all: ["all"], none: [], "not-external": ["all but those called external or public"] }[others];
  const texts = [...named, ...rest];
  return texts.length === 0 ? "none" : texts.join(", ");
}
