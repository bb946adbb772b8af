// gateway.networking.k8s.io Gateway: names that its own annotations give it, without any route.

import { type ClusterObject, keyOf } from "#src/domain/cluster-object.ts";
import { addressRecords, originOf } from "#src/sources/address-records.ts";
import { type DnsAnnotations, readAnnotations } from "#src/sources/annotations.ts";
import { parseHostname, resolveHostnames, type ZonedName } from "#src/sources/hostnames.ts";
import { rejected, type Source, type SourceContext, type SourceResult } from "#src/sources/source.ts";
import { ignoredReason } from "./annotations.ts";
import { eachOnce } from "./each-once.ts";
import { type GatewayView, readGateway } from "./gateway-object.ts";
import { GATEWAY, gatewaySpec, gatewayStatus } from "./shapes.ts";
import { isPublicGateway, isWatchedGateway, unwatchedText } from "./watched-gateways.ts";

export const gatewaySource: Source = {
  resource: { group: GATEWAY.group, kind: GATEWAY.kind },
  shape: { spec: gatewaySpec, status: gatewayStatus },
  lookups: [],
  references: () => [],
  toRecords: gatewayRecords,
};

/** A Gateway without a name of its own is the normal case and no problem. */
function gatewayRecords(object: ClusterObject, { options }: SourceContext): SourceResult {
  const annotations = readAnnotations(object, options.annotationPrefixes);
  if (annotations.hostnames.length === 0) return { recordSets: [], problems: [] };
  const ignored = ignoredReason(object, annotations);
  if (ignored !== undefined) return rejected(object, "object.ignored", ignored);
  const gateway = readGateway(object);
  if (!gateway.ok) return rejected(object, "object.invalid", gateway.problem);

  const resolved = resolveHostnames(annotations.hostnames, object, options);
  const results = resolved.names.map((zoned) => recordsOfName(zoned, gateway.value, annotations));
  return {
    recordSets: results.flatMap(({ recordSets }) => recordSets),
    problems: eachOnce([...resolved.problems, ...results.flatMap(({ problems }) => problems)]),
  };
}

function recordsOfName(zoned: ZonedName, gateway: GatewayView, annotations: DnsAnnotations): SourceResult {
  const { object, addresses, addressProblems, pendingReason } = gateway;
  const { name, zone } = zoned;
  if (!isWatchedGateway(gateway, zone)) {
    const problem = { code: "gateway.unwatched" as const, object: keyOf(object), hostname: name };
    return { recordSets: [], problems: [{ ...problem, reason: unwatchedText([gateway], zone) }] };
  }
  const annotated = isPublicGateway(gateway) ? undefined : annotations.targets;
  // Routes are aliases of a target that is often the Gateway's own name; that name itself leads to the addresses.
  const isOwn = annotated === undefined || annotated.some((target) => parseHostname(target) === name);
  const records = addressRecords({
    object,
    origin: originOf(object, "Gateway", gateway.className),
    names: [zoned],
    targets: isOwn ? addresses : annotated,
    ttlSeconds: annotations.ttlSeconds,
    pendingReason,
  });
  const wrong = isOwn ? addressProblems : [];
  return {
    recordSets: records.recordSets,
    problems: [...wrong.flatMap((reason) => rejected(object, "address.invalid", reason).problems), ...records.problems],
  };
}
