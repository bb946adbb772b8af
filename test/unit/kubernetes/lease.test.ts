import { expect, test } from "vitest";
import { createApiClient } from "#src/kubernetes/client.ts";
import { createLeaseReader } from "#src/kubernetes/lease.ts";
import { createKubeApiServer } from "#test/fakes/kube-apiserver/kube-apiserver.ts";
import { JumpingClock } from "#test/support/jumping-clock.ts";

function reader() {
  const server = createKubeApiServer();
  const clock = new JumpingClock();
  const client = createApiClient({
    transport: server.transport(),
    credentials: { headers: () => Promise.resolve({ authorization: `Bearer ${server.adminToken}` }) },
    clock,
  });
  const put = (name: string, spec: object) =>
    server.put({
      apiVersion: "coordination.k8s.io/v1",
      kind: "Lease",
      metadata: { name, namespace: "kube-system" },
      spec,
    });
  return { put, server, clock, leases: createLeaseReader(client, clock) };
}

test("a Lease is read as its holder writes it, microseconds and all", async () => {
  const { put, leases } = reader();
  put("a", { holderIdentity: "node-1", leaseDurationSeconds: 15, renewTime: "2026-05-12T12:15:26.773020Z" });
  put("b", {});
  const renewedAtMs = Date.UTC(2026, 4, 12, 12, 15, 26, 773);
  expect(await leases.read("kube-system", "a")).toEqual({ holder: "node-1", renewedAtMs, durationMs: 15_000 });
  expect(await leases.read("kube-system", "b")).toEqual({
    holder: undefined,
    renewedAtMs: undefined,
    durationMs: undefined,
  });
  expect(await leases.read("kube-system", "c")).toBeUndefined();
});

test("however often it is asked for, the cluster is asked seldom, and for few at a time", async () => {
  const { put, server, clock, leases } = reader();
  put("a", { holderIdentity: "node-1" });
  const before = server.requests().length;
  await Promise.all(Array.from({ length: 100 }, () => leases.read("kube-system", "a")));
  expect(server.requests().length - before).toBe(1);
  const others = Array.from({ length: 40 }, (_, index) => leases.read("kube-system", `n${index}`));
  const refused = (await Promise.allSettled(others)).filter(({ status }) => status === "rejected");
  expect(refused).toHaveLength(9);
  put("a", { holderIdentity: "node-2" });
  await clock.advance(3_000);
  expect(await leases.read("kube-system", "a")).toMatchObject({ holder: "node-2" });
});
