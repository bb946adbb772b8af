// EndpointSlices as a look-up for Services: who answers behind one right now. They give no names themselves.

import * as z from "zod";
import { type ClusterObject, keyOf } from "#src/domain/cluster-object.ts";
import { readPart } from "./shape.ts";
import { ANY_NAME, type Lookup, type ObjectShape, type Reference, type SourceProblem } from "./source.ts";

/** One endpoint that is ready. */
export interface Endpoint {
  /** IP addresses of the slice's family. */
  readonly addresses: readonly string[];
  /** What a StatefulSet calls its Pod, where the Service is the governing one. */
  readonly hostname: string | undefined;
  readonly nodeName: string | undefined;
}

const endpointSliceSpec = z.object({
  addressType: z.string().nullish(),
  endpoints: z
    .array(
      z.object({
        addresses: z.array(z.string()),
        conditions: z.object({ ready: z.boolean().nullish() }).nullish(),
        hostname: z.string().nullish(),
        nodeName: z.string().nullish(),
      }),
    )
    .nullish(),
});

export const ENDPOINT_SLICE: ObjectShape = {
  group: "discovery.k8s.io",
  kind: "EndpointSlice",
  spec: endpointSliceSpec,
};

/** Names the Service that a slice belongs to. */
const SERVICE_NAME_LABEL = "kubernetes.io/service-name";
/** `FQDN` is deprecated, and no address. */
const IP_ADDRESS_TYPES: ReadonlySet<string> = new Set(["IPv4", "IPv6"]);

/** A slice may have any name, so a Service depends on all of its namespace. */
export function endpointReferences(service: ClusterObject): readonly Reference[] {
  const { group, kind } = ENDPOINT_SLICE;
  return [{ group, kind, namespace: service.metadata.namespace, name: ANY_NAME }];
}

/** Endpoints of a Service that are ready, or do not say (Kubernetes API: "unset should be interpreted as ready"). */
export function readyEndpoints(
  service: ClusterObject,
  lookup: Lookup,
): { readonly endpoints: readonly Endpoint[]; readonly problems: readonly SourceProblem[] } {
  const { name, namespace } = service.metadata;
  const endpoints: Endpoint[] = [];
  const problems: SourceProblem[] = [];
  for (const slice of lookup.list(ENDPOINT_SLICE, namespace)) {
    if (slice.metadata.labels[SERVICE_NAME_LABEL] !== name) continue;
    const spec = readPart("slice", endpointSliceSpec, slice.spec);
    if (!spec.ok) problems.push({ code: "object.invalid", object: keyOf(slice), reason: spec.problem });
    else if (IP_ADDRESS_TYPES.has(spec.value.addressType ?? "")) endpoints.push(...readyOf(spec.value));
  }
  return { endpoints, problems };
}

function readyOf(slice: z.infer<typeof endpointSliceSpec>): readonly Endpoint[] {
  return (slice.endpoints ?? [])
    .filter(({ conditions }) => conditions?.ready !== false)
    .map(({ addresses, hostname, nodeName }) => ({
      addresses,
      hostname: hostname ?? undefined,
      nodeName: nodeName ?? undefined,
    }));
}
