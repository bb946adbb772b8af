// Every kind that gives names: one line each. And the kinds that are only looked up.

import { ingressSource } from "./ingress.ts";
import { INGRESS_CLASS } from "./ingress-class.ts";
import { serviceSource } from "./service.ts";
import type { Resource, Source } from "./source.ts";

export const SOURCES: readonly Source[] = [ingressSource, serviceSource];

/** Kinds without names of their own that sources look up. */
export const LOOKUP_RESOURCES: readonly Resource[] = [INGRESS_CLASS];
