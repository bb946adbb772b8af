// What people get wrong, set up in a cluster behind an API server, and the cause that `explain` names: that one and no other.

import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from "vitest";
import type { Explanation } from "#src/ops/explanation.ts";
import { customResource, customResourcesOf, GATEWAY_API } from "#test/fakes/kube-apiserver/custom-resources.ts";
import { nameOf } from "#test/support/dns/records.ts";
import { eventually } from "#test/support/eventually.ts";
import {
  type ExplainedCluster,
  type ExplainedClusterOptions,
  startExplainedCluster,
} from "#test/support/explained-cluster.ts";
import { temporaryFolder } from "#test/support/temporary-folder.ts";
import { DOMAIN, gateway, ingress, route } from "./explain-setups/objects.ts";
import { SETUPS } from "./explain-setups/setups.ts";

/** What an explanation gives as causes, in the order that people read it. */
function causesOf({ claims, leftOut, hints }: Explanation): readonly string[] {
  const dropped = claims.flatMap(({ by, values }) =>
    values.flatMap(({ code, lostTo }) => (code === undefined ? [] : [`${code}: ${by} to ${lostTo ?? "nobody"}`])),
  );
  return [...dropped, ...leftOut.map(({ code, by }) => `${code}: ${by}`), ...hints.map(({ code }) => code)];
}

const VIEW = `views:
  - {name: guests, clients: [10.9.0.0/16], zones: [{apex: ${DOMAIN}, ingressClasses: [guests]}]}
`;

describe("a cluster in which everything is wrong", () => {
  let cluster: ExplainedCluster;
  let folder: string;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "zonegate-explain-"));
    const objects = [gateway("internal"), ...SETUPS.flatMap((setup) => setup.objects)];
    const env = {
      NAMESPACE_DOMAINS: `guests=guests.${DOMAIN}`,
      ALLOW_WILDCARDS: "false",
      PROTECTED_NAMES: `router.${DOMAIN}`,
    };
    cluster = await startExplainedCluster({
      definitions: customResourcesOf(GATEWAY_API),
      objects,
      env,
      file: VIEW,
      folder,
    });
  });
  afterAll(async () => {
    await cluster.stop();
    await rm(folder, { recursive: true, force: true });
  });

  test.each(SETUPS)("$what", async ({ name, causes, says }) => {
    const explanation = await cluster.explain(name.endsWith(".") ? name.slice(0, -1) : `${name}.${DOMAIN}`);
    expect(causesOf(explanation)).toEqual(causes);
    const sentences = [explanation.claims, explanation.leftOut, explanation.hints].map((part) => JSON.stringify(part));
    expect(sentences.join("\n").replaceAll('\\"', '"')).toMatch(says);
  });

  test("and what is right in it has no cause, but its class and its Gateway", async () => {
    cluster.api.server.put(route("right"));
    const { claims } = await eventually("the route is served", async () => {
      const explanation = await cluster.explain(`right.${DOMAIN}`);
      return explanation.answers[0]?.result === "data" && causesOf(explanation).length === 0 && explanation;
    });
    expect(claims).toMatchObject([{ by: "HTTPRoute apps/right", className: "cilium", gateways: ["network/internal"] }]);
  });
});

async function start(options: Omit<ExplainedClusterOptions, "folder">): Promise<ExplainedCluster> {
  const cluster = await startExplainedCluster({ ...options, folder: await temporaryFolder() });
  onTestFinished(() => cluster.stop());
  return cluster;
}

test("a kind that the service account may not read", async () => {
  const rule = (group: string, resources: readonly string[]) => ({
    apiGroups: [group],
    resources,
    verbs: ["list", "watch"],
  });
  const { explain } = await start({
    definitions: [customResource("gateways"), customResource("httproutes")],
    objects: [gateway("internal"), route("secret")],
    rules: [
      rule("", ["services"]),
      rule("discovery.k8s.io", ["endpointslices"]),
      rule("networking.k8s.io", ["ingresses", "ingressclasses"]),
      rule(GATEWAY_API, ["gateways"]),
    ],
  });
  const explanation = await explain(`secret.${DOMAIN}`);
  expect(causesOf(explanation)).toEqual(["name.unclaimed", "kind.forbidden", "kind.absent", "kind.off"]);
  expect(explanation.hints[1]?.text).toMatch(
    /^HTTPRoute \(gateway\.networking\.k8s\.io\) cannot be read: forbidden, .*httproutes/,
  );
});

test("a start while the API is away, with a checkpoint: what is answered says how old it is, and what is not why", async () => {
  const folder = await temporaryFolder();
  const before = await startExplainedCluster({ folder, objects: [ingress(`old.${DOMAIN}`)] });
  await before.stop();
  const cluster = await startExplainedCluster({ folder, isAway: true });
  onTestFinished(() => cluster.stop());
  const explanation = await eventually("the first request has failed", async () => {
    const seen = await cluster.explain(`old.${DOMAIN}`);
    return seen.answers[0]?.result === "data" && seen;
  });
  expect(explanation.claims).toMatchObject([{ by: expect.stringMatching(/^Ingress apps\//), isStale: true }]);
  const hint = explanation.hints.find(({ code }) => code === "checkpoint.stale");
  expect(hint?.text).toMatch(/^Answered from the checkpoint of 20\d\d-[-\dT:.]+Z: what Ingress needs/);
  const missing = await eventually("the failure is known", async () => {
    const seen = await cluster.explain(`new.${DOMAIN}`);
    return seen.hints.some(({ code }) => code === "kind.failing") && seen;
  });
  expect(missing.answers[0]).toMatchObject({ result: "not-ready" });
});

test("an API that goes away later: what is answered says until when it was true", async () => {
  const cluster = await start({ objects: [ingress(`kept.${DOMAIN}`)] });
  expect(causesOf(await cluster.explain(`kept.${DOMAIN}`))).toEqual([]);
  await cluster.api.close();
  const { hints, answers } = await eventually("the outage is told", async () => {
    const seen = await cluster.explain(`kept.${DOMAIN}`);
    return seen.hints.some(({ code }) => code === "kind.stale") && seen;
  });
  expect(answers[0]).toMatchObject({ result: "data" });
  expect(hints[0]?.text).toMatch(
    /^Ingress \(networking\.k8s\.io\) cannot be read now \(.+\): what the cluster said until 20/,
  );
});

test("a protected name is answered by no wildcard, in no view, and a namespace that is not named is bound by the star", async () => {
  const wildcard = (className: string) => ingress(`*.${DOMAIN}`, { className, namespace: className });
  const { explain } = await start({
    objects: [wildcard("internal"), wildcard("guests"), ingress(`mine.${DOMAIN}`, { namespace: "other" })],
    env: {
      PROTECTED_NAMES: `router.${DOMAIN}`,
      NAMESPACE_DOMAINS: `internal=${DOMAIN};guests=${DOMAIN};*=other.${DOMAIN}`,
    },
    file: VIEW,
  });
  for (const [view, other] of [
    ["", "guests"],
    ["@guests", "internal"],
  ]) {
    const unwatched = `class.unwatched: Ingress ${other}/any-home`;
    const anything = await explain(`anything.${DOMAIN}${view}`);
    expect([anything.answers[0]?.result, causesOf(anything)]).toEqual(["data", [unwatched, "wildcard"]]);
    const router = await explain(`router.${DOMAIN}${view}`);
    expect([router.answers[0]?.result, causesOf(router)]).toEqual(["no-data", ["name.protected"]]);
    expect(causesOf(await explain(`mine.${DOMAIN}${view}`))).toEqual([
      "host.forbidden: Ingress other/mine",
      unwatched,
      "wildcard",
    ]);
  }
});

test("an object in a namespace that is not read", async () => {
  const { explain } = await start({
    objects: [ingress(`far.${DOMAIN}`)],
    env: { KUBE_NAMESPACES: "media,kube-system" },
  });
  const { hints } = await explain(`far.${DOMAIN}`);
  expect(hints.find(({ code }) => code === "namespaces.some")?.text).toContain(
    "alone (kubernetes.namespaces): media, kube-system.",
  );
});

test("a view explains its own answers", async () => {
  const cluster = await start({
    file: VIEW,
    objects: [ingress(`guest.${DOMAIN}`, { className: "guests" }), ingress(`guest-2.${DOMAIN}`)],
  });
  const ours = await cluster.explain(`guest.${DOMAIN}@guests`);
  expect([ours.view, causesOf(ours)]).toEqual(["guests", []]);
  expect(causesOf(await cluster.explain(`guest-2.${DOMAIN}@guests`))).toEqual([
    "class.unwatched: Ingress apps/guest-2",
    "view.only",
  ]);
  expect(nameOf(ours.name)).toBe(`guest.${DOMAIN}`);
});
