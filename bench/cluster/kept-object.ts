// What is kept of one Ingress as such, beside what it weighs as it comes: the object that the reflector's store and the catalog share.

import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { readTrimmed } from "#src/app/cluster-resources.ts";
import type { ClusterObject } from "#src/domain/cluster-object.ts";
import { DEFAULT_SOURCE_NAMES } from "#src/domain/source-name.ts";
import { shapesOf, sourcesNamed } from "#src/sources/registry.ts";
import { createTrim } from "#src/sources/trim.ts";
import { ingress } from "./objects.ts";

const OBJECTS = 10_000;
const COLLECTIONS = 3;
const PREFIX = "external-dns.alpha.kubernetes.io/";

/** Bytes: of the JSON that comes, of the heap that is kept. */
export function keptObject(): { readonly json: number; readonly kept: number } {
  const trim = createTrim(shapesOf(sourcesNamed(DEFAULT_SOURCE_NAMES)), [PREFIX]);
  const kept: (ClusterObject | undefined)[] = Array.from({ length: OBJECTS });
  const collect = collector();
  kept[0] = readTrimmed(JSON.parse(textOf(0)), trim);
  collect();
  const before = process.memoryUsage().heapUsed;
  for (let index = 0; index < OBJECTS; index += 1) kept[index] = readTrimmed(JSON.parse(textOf(index)), trim);
  collect();
  const bytes = process.memoryUsage().heapUsed - before;
  return { json: textOf(kept.length - 1).length, kept: bytes / OBJECTS };
}

/** As the API server writes it. */
function textOf(index: number): string {
  const object = ingress(index);
  const server = { uid: crypto.randomUUID(), creationTimestamp: "2026-01-01T00:00:00Z", generation: 1 };
  return JSON.stringify({
    ...object,
    metadata: { ...object.metadata, ...server, resourceVersion: String(1_000_000 + index) },
  });
}

/** Several times, as in heap-probe.ts: the rounds before leave much behind, which must not be counted as let go of here. */
function collector(): () => void {
  setFlagsFromString("--expose-gc");
  const gc = runInNewContext("gc") as () => void;
  return () => {
    for (let pass = 0; pass < COLLECTIONS; pass += 1) gc();
  };
}
