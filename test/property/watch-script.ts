// One random life of a watched cluster on the fake API server: objects come, change and go, requests and streams go wrong, and at the
// end what a listener was told has to be what the server has.

import { keyText } from "#src/domain/cluster-object.ts";
import type { WantedResource } from "#src/kubernetes/served-resource.ts";
import type { FaultRule } from "#test/fakes/kube-apiserver/faults.ts";
import { createKubeApiServer, type KubeApiServer } from "#test/fakes/kube-apiserver/kube-apiserver.ts";
import { timeOfClock } from "#test/fakes/kube-apiserver/kube-time.ts";
import type { StoredObject } from "#test/fakes/kube-apiserver/objects.ts";
import { randomFaults } from "#test/fakes/kube-apiserver/random-faults.ts";
import { JumpingClock } from "#test/support/jumping-clock.ts";
import { readAny, watched } from "#test/support/kubernetes/watched.ts";
import { createRandom, type Random } from "#test/support/random.ts";

export const KINDS: readonly WantedResource[] = [
  { group: "networking.k8s.io", kind: "Ingress" },
  { group: "", kind: "Service" },
  { group: "networking.k8s.io", kind: "IngressClass" },
];
const PLURALS = ["ingresses", "services", "ingressclasses"];
const MOST_EVENTS = 200;
const MOST_FAULTS = 10;
const NAMES = 12;
/** A stream that was silenced ends with its deadline (615 s), and the longest wait after a failure is a minute. */
const QUIET_MS = 13 * 60_000;
/** A list that lied is found out by the next one: 36 minutes at most. */
const RELIST_MS = 39 * 60_000;

export interface ScriptResult {
  readonly events: number;
  readonly faults: number;
  readonly relists: number;
  readonly drift: number;
  readonly mostConnections: number;
  /** Empty when all is well. */
  readonly violations: readonly string[];
}

export async function runWatchScript(seed: number): Promise<ScriptResult> {
  const random = createRandom(seed);
  const clock = new JumpingClock();
  const server = createKubeApiServer({ time: timeOfClock(clock), seed, bookmarkEveryMs: 60_000 });
  const violations: string[] = [];
  const guard = createOrderGuard(violations);
  let token = server.adminToken;
  const transport = server.transport();
  let mostConnections = 0;
  const subject = watched(
    async (request, signal) => {
      const answer = await transport(request, signal);
      mostConnections = Math.max(mostConnections, server.openConnections);
      return answer;
    },
    {
      clock,
      seed,
      resources: KINDS,
      credentials: {
        headers: (need) => {
          if (need === "fresh") token = server.adminToken;
          return Promise.resolve({ authorization: `Bearer ${token}` });
        },
      },
      transform: (raw) => withVersion(raw),
      onChange: (change) => guard.told(change.upserted, relistsOf()),
    },
  );
  const relistsOf = (): number => sumOfKinds(({ relists }) => relists);
  const sumOfKinds = (figure: (kind: { relists: number; drift: number }) => number): number =>
    (subject.inventory.report().clusters[0]?.kinds ?? []).reduce((sum, kind) => sum + figure(kind), 0);

  const rules = randomFaults(random, random.below(MOST_FAULTS + 1), {
    resources: PLURALS,
    without: ["other-cluster"],
  });
  server.faults.add(...rules);
  populate(server, random);
  await subject.inventory.start();
  const events = random.below(MOST_EVENTS + 1);
  for (let index = 0; index < events; index += 1) {
    happen(server, random);
    if (random.chance(0.3)) await clock.advance(random.pick([0, 100, 1_000, 10_000, 100_000]));
  }
  server.faults.clear();
  await clock.advance(QUIET_MS);
  if (!rules.some(isLie))
    violations.push(...differences(server, subject.told()).map((text) => `before a list: ${text}`));
  await clock.advance(RELIST_MS);
  violations.push(...differences(server, subject.told()));
  const result = { relists: relistsOf(), drift: sumOfKinds(({ drift }) => drift) };
  await subject.inventory.stop();
  server.stop();
  await clock.advance(0);
  if (result.drift > 0 && !rules.some(isLie)) violations.push(`drift ${result.drift} although nothing lied`);
  if (mostConnections > KINDS.length + 2) violations.push(`${mostConnections} connections for ${KINDS.length} kinds`);
  if (server.openConnections > 0) violations.push(`${server.openConnections} connections outlived the inventory`);
  return { events, faults: rules.length, ...result, mostConnections, violations };
}

/** An early bookmark overtakes events that are still to come, and a break after it hides them. */
const LYING_STREAMS: ReadonlySet<string> = new Set(["swap", "early-bookmark"]);

/** Only lists that are not true, and events out of their order, may leave something for the periodic list to find. */
function isLie({ fault }: FaultRule): boolean {
  if (fault.kind === "stream") return fault.script.some((step) => LYING_STREAMS.has(step.do));
  return fault.kind.endsWith("-list");
}

function populate(server: KubeApiServer, random: Random): void {
  for (let index = random.below(NAMES * 2); index > 0; index -= 1) put(server, random);
}

function happen(server: KubeApiServer, random: Random): void {
  const lot = random.next();
  if (lot < 0.6) put(server, random);
  else if (lot < 0.95) remove(server, random);
  else if (lot < 0.98) server.skipRevisions(random.below(50));
  else server.compact();
}

function put(server: KubeApiServer, random: Random): void {
  const { apiVersion, kind, namespace } = random.pick(SHAPES);
  const name = `o${random.below(NAMES)}`;
  const spec = { value: random.below(1_000_000), text: random.pick(["köln", "a\u2028b", "plain"]) };
  server.put({ apiVersion, kind, metadata: { name, ...(namespace === "" ? {} : { namespace }) }, spec });
}

function remove(server: KubeApiServer, random: Random): void {
  const { apiVersion, kind, namespace } = random.pick(SHAPES);
  server.remove({
    apiVersion,
    kind,
    metadata: { name: `o${random.below(NAMES)}`, ...(namespace === "" ? {} : { namespace }) },
  });
}

const SHAPES = [
  { apiVersion: "networking.k8s.io/v1", kind: "Ingress", namespace: "apps" },
  { apiVersion: "networking.k8s.io/v1", kind: "Ingress", namespace: "media" },
  { apiVersion: "v1", kind: "Service", namespace: "apps" },
  { apiVersion: "networking.k8s.io/v1", kind: "IngressClass", namespace: "" },
] as const;

const VERSION_LABEL = "test/version";

function withVersion(raw: unknown): ReturnType<typeof readAny> {
  const object = readAny(raw);
  const { resourceVersion } = (raw as StoredObject).metadata;
  return { ...object, metadata: { ...object.metadata, labels: { [VERSION_LABEL]: resourceVersion } } };
}

/** Nobody sees an older version after a newer one, unless a list lay between. */
function createOrderGuard(violations: string[]) {
  const seen = new Map<string, { readonly version: number; readonly relists: number }>();
  return {
    told: (objects: readonly ReturnType<typeof readAny>[], relists: number): void => {
      for (const { metadata } of objects) {
        const version = Number(metadata.labels[VERSION_LABEL]);
        const last = seen.get(metadata.uid ?? "");
        if (last !== undefined && version < last.version && relists === last.relists) {
          violations.push(`${metadata.name}: version ${version} after ${last.version}`);
        }
        seen.set(metadata.uid ?? "", { version, relists });
      }
    },
  };
}

function differences(server: KubeApiServer, told: ReadonlyMap<string, ReturnType<typeof readAny>>): readonly string[] {
  const stored = PLURALS.flatMap((plural, index) => {
    const { group, kind } = KINDS[index] ?? { group: "", kind: "" };
    return server.objects(`${plural}.${group}`).map((object) => {
      const { name, namespace = "", uid, resourceVersion } = object.metadata;
      return [keyText({ group, kind, namespace, name }), `${uid} ${resourceVersion}`] as const;
    });
  });
  const expected = new Map(stored);
  const known = new Map(
    [...told].map(([key, { metadata }]) => [key, `${metadata.uid} ${metadata.labels[VERSION_LABEL]}`]),
  );
  return [...new Set([...expected.keys(), ...known.keys()])]
    .filter((key) => expected.get(key) !== known.get(key))
    .map((key) => `${key}: ${known.get(key) ?? "nothing"} instead of ${expected.get(key) ?? "nothing"}`);
}
