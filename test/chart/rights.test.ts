// The rights that the chart gives are enough, and none of them is superfluous: without any single one the kind that it is for is
// forbidden, and every other one is watched. Against the API server in memory, with the objects that Helm rendered.

import { expect, onTestFinished, test } from "vitest";
import { wantedResources } from "#src/app/cluster-resources.ts";
import type { PolicyRule } from "#src/app/cluster-rights.ts";
import { SOURCE_NAMES } from "#src/domain/source-name.ts";
import { shapesOf, sourcesNamed } from "#src/sources/registry.ts";
import { resourceName } from "#src/sources/resource-names.ts";
import { createKubeApiServer, type KubeApiServer } from "#test/fakes/kube-apiserver/kube-apiserver.ts";
import { timeOfClock } from "#test/fakes/kube-apiserver/kube-time.ts";
import type { KubeObject } from "#test/fakes/kube-apiserver/objects.ts";
import { render, rulesOf } from "#test/support/chart.ts";
import { defineEveryKind, HOME_OBJECTS } from "#test/support/home-cluster.ts";
import { JumpingClock } from "#test/support/jumping-clock.ts";
import { watched } from "#test/support/kubernetes/watched.ts";
import { describeWithPeer } from "#test/support/peers.ts";

const RESOURCES = wantedResources(shapesOf(sourcesNamed(SOURCE_NAMES)));
/** `ingresses.networking.k8s.io`, as rules and discovery have it. */
const EVERY_KIND = RESOURCES.map((resource) => `${resourceName(resource).plural}.${resource.group}`);
const IDENTITY = "namespaces.";

describeWithPeer("helm", "the rights of the chart", (helm) => {
  test.each<readonly [what: string, namespaces: readonly string[], rights: number]>([
    ["every namespace", [], EVERY_KIND.length * 2 + 1],
    ["two namespaces", ["dns", "media"], (EVERY_KIND.length - 2) * 4 + 5],
  ])(
    "for %s are enough, and each is needed",
    async (_, namespaces, rights) => {
      const objects = await render(helm, { sources: SOURCE_NAMES, namespaces });
      const cluster = createCluster(objects);
      expect(await forbiddenTo(cluster, namespaces)).toEqual([]);
      expect(cluster.server.requests().filter(({ status }) => status === 403)).toEqual([]);
      const roles = objects.filter(({ kind }) => kind === "ClusterRole" || kind === "Role");
      let removed = 0;
      for (const role of roles) {
        for (const right of rightsIn(rulesOf(role))) {
          cluster.server.put({ ...role, rules: without(rulesOf(role), right) });
          expect({ right, forbidden: await forbiddenTo(cluster, namespaces) }).toEqual({
            right,
            forbidden: [nameOf(right)],
          });
          removed += 1;
        }
        cluster.server.put(role);
      }
      expect(removed).toBe(rights);
    },
    60_000,
  );
});

interface Cluster {
  readonly server: KubeApiServer;
  readonly clock: JumpingClock;
}

function createCluster(objects: readonly KubeObject[]): Cluster {
  const clock = new JumpingClock();
  const server = createKubeApiServer({ time: timeOfClock(clock) });
  onTestFinished(() => server.stop());
  defineEveryKind(server);
  server.put(...HOME_OBJECTS, ...objects);
  return { server, clock };
}

/** What an inventory that starts now may not read, by its own report. */
async function forbiddenTo({ server, clock }: Cluster, namespaces: readonly string[]): Promise<readonly string[]> {
  const token = server.tokenFor("dns", "zonegate");
  const credentials = { headers: () => Promise.resolve({ authorization: `Bearer ${token}` }) };
  const { inventory } = watched(server.transport(), { clock, credentials, resources: RESOURCES, namespaces });
  await inventory.start();
  await clock.advance(1_000);
  const [report] = inventory.report().clusters;
  await inventory.stop();
  const states = (report?.kinds ?? []).map(({ state }, index) => ({ kind: EVERY_KIND[index] ?? "", state }));
  expect(states.filter(({ state }) => state !== "watching" && state !== "forbidden")).toEqual([]);
  const kinds = states.filter(({ state }) => state === "forbidden").map(({ kind }) => kind);
  return report?.identity.state === "verified" ? kinds : [...kinds, IDENTITY];
}

interface SingleRight {
  readonly group: string;
  readonly resource: string;
  readonly verb: string;
}

function rightsIn(rules: readonly PolicyRule[]): readonly SingleRight[] {
  return rules.flatMap(({ apiGroups, resources, verbs }) =>
    apiGroups.flatMap((group) => resources.flatMap((resource) => verbs.map((verb) => ({ group, resource, verb })))),
  );
}

function nameOf({ group, resource }: SingleRight): string {
  return `${resource}.${group}`;
}

/** Every right but one, each as a rule of its own. */
function without(rules: readonly PolicyRule[], removed: SingleRight): readonly PolicyRule[] {
  return rules.flatMap((rule) =>
    rightsIn([rule])
      .filter((right) => nameOf(right) !== nameOf(removed) || right.verb !== removed.verb)
      .map(({ group, resource, verb }) => ({ ...rule, apiGroups: [group], resources: [resource], verbs: [verb] })),
  );
}
