// What is read of Gateway API objects (gateway-api.sigs.k8s.io/reference/spec). v1, v1beta1 and v1alpha2 agree in all of it.

import * as z from "zod";
import type { ObjectShape } from "#src/sources/source.ts";

export const GATEWAY_GROUP = "gateway.networking.k8s.io";

/** As long as the API lets names, classes and kinds be: sentences quote them. */
const word = z.string().max(253);
/** The API's limit for a condition's reason. */
const MAX_REASON_CHARACTERS = 1024;

const condition = z.object({
  type: z.string(),
  status: z.string(),
  reason: z.string().max(MAX_REASON_CHARACTERS).nullish(),
  observedGeneration: z.number().nullish(),
});
const conditions = z.array(condition).nullish();
export type Conditions = z.infer<typeof conditions>;

const parentReference = z.object({
  group: word.nullish(),
  kind: word.nullish(),
  namespace: word.nullish(),
  name: word,
  sectionName: word.nullish(),
  port: z.number().nullish(),
});
export type ParentReference = z.infer<typeof parentReference>;

const parentStatus = z.object({ parentRef: parentReference, conditions });

/** HTTPRoute, GRPCRoute and TLSRoute; TCPRoute and UDPRoute have no `hostnames`. */
export const routeSpec = z.object({
  parentRefs: z.array(parentReference).nullish(),
  hostnames: z.array(z.string()).nullish(),
});
export type RouteSpec = z.infer<typeof routeSpec>;

export const routeStatus = z.object({ parents: z.array(parentStatus).nullish() });
export type RouteStatus = z.infer<typeof routeStatus>;

const listener = z.object({
  name: word,
  hostname: word.nullish(),
  port: z.number().nullish(),
  protocol: word.nullish(),
});
export type WrittenListener = z.infer<typeof listener>;

const address = z.object({ type: word.nullish(), value: word.nullish() });
export type GatewayAddress = z.infer<typeof address>;

export const gatewaySpec = z.object({
  gatewayClassName: word.nullish(),
  listeners: z.array(listener).nullish(),
  addresses: z.array(address).nullish(),
});

export const gatewayStatus = z.object({ addresses: z.array(address).nullish(), conditions });

export const listenerSetSpec = z.object({ parentRef: parentReference, listeners: z.array(listener).nullish() });

export const listenerSetStatus = z.object({ conditions });

export const GATEWAY: ObjectShape = {
  group: GATEWAY_GROUP,
  kind: "Gateway",
  spec: gatewaySpec,
  status: gatewayStatus,
};

/** Gateway API 1.5, and what it was called while it was an experiment. */
export const LISTENER_SETS: readonly ObjectShape[] = [
  { group: GATEWAY_GROUP, kind: "ListenerSet", spec: listenerSetSpec, status: listenerSetStatus },
  { group: "gateway.networking.x-k8s.io", kind: "XListenerSet", spec: listenerSetSpec, status: listenerSetStatus },
];
