// What the sources of a cluster wish, name by name, and as external-dns has it.

import { type Endpoint, endpoint } from "#test/fakes/external-dns/endpoint.ts";

/** One name and type with its values; a TTL of 0 is the console's own. */
export interface Wish {
  readonly name: string;
  readonly type: "A" | "AAAA" | "CNAME";
  readonly values: readonly string[];
  readonly ttlSeconds: number;
}

export function wishKey({ name, type }: Pick<Wish, "name" | "type">): string {
  return `${name} ${type}`;
}

export function endpointsOf(wishes: readonly Wish[]): readonly Endpoint[] {
  return wishes.map(({ name, type, values, ttlSeconds }) =>
    endpoint(name, type, values, { recordTTL: ttlSeconds, labels: { resource: `ingress/default/${name}` } }),
  );
}
