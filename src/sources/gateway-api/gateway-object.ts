// A Gateway as routes see it: its class, its listeners, and where it can be reached.

import { isIP } from "node:net";
import type { ClusterObject } from "#src/domain/cluster-object.ts";
import { type Parsed, parsed } from "#src/domain/parsed.ts";
import { readPart } from "#src/sources/shape.ts";
import { type Listener, readListeners } from "./listener.ts";
import { rememberedByObject } from "./remembered.ts";
import { type GatewayAddress, gatewaySpec, gatewayStatus } from "./shapes.ts";
import type { GatewayIdentity } from "./watched-gateways.ts";

export interface GatewayView extends GatewayIdentity {
  readonly object: ClusterObject;
  readonly listeners: readonly Listener[];
  /** IP addresses and host names. */
  readonly addresses: readonly string[];
  /** One sentence for each address that cannot be answered. */
  readonly addressProblems: readonly string[];
  /** Why there may be no address: one sentence. */
  readonly pendingReason: string;
}

/** One sentence on its first wrong field, when it is no Gateway as Kubernetes defines it. */
export const readGateway: (object: ClusterObject) => Parsed<GatewayView> = rememberedByObject(viewOf);

function viewOf(object: ClusterObject): Parsed<GatewayView> {
  const spec = readPart("spec", gatewaySpec, object.spec);
  if (!spec.ok) return spec;
  const status = readPart("status", gatewayStatus, object.status);
  if (!status.ok) return status;
  const { namespace, name, generation } = object.metadata;
  const bound = status.value.addresses ?? [];
  // One that was never in a cluster has no status; what it asks for is then all there is to know.
  const addresses = bound.length === 0 && generation === undefined ? (spec.value.addresses ?? []) : bound;
  const programmed = status.value.conditions?.find((condition) => condition.type === "Programmed");
  const why =
    programmed === undefined || programmed.status === "True"
      ? ""
      : ` (Programmed: ${programmed.reason ?? programmed.status})`;
  return parsed({
    object,
    namespace,
    name,
    className: spec.value.gatewayClassName ?? undefined,
    listeners: readListeners(spec.value.listeners),
    ...sortAddresses(addresses, `Gateway ${namespace}/${name}`),
    pendingReason: `Gateway ${namespace}/${name} has no address in status.addresses${why}`,
  });
}

function sortAddresses(
  entries: readonly GatewayAddress[],
  owner: string,
): Pick<GatewayView, "addresses" | "addressProblems"> {
  const addresses: string[] = [];
  const addressProblems: string[] = [];
  for (const { type, value } of entries) {
    const text = value?.trim() ?? "";
    // A request for any address of the family has no value.
    if (text === "") continue;
    const kind = type ?? "IPAddress";
    if (kind === "Hostname" || (kind === "IPAddress" && isIP(text) !== 0)) addresses.push(text);
    else addressProblems.push(`${owner}: "${text}" of type ${kind} cannot be answered`);
  }
  return { addresses, addressProblems };
}
