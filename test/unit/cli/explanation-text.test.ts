import { expect, test } from "vitest";
import { explanationLines } from "#src/cli/explanation-text.ts";
import type { Explanation } from "#src/ops/explanation.ts";

const NAME = "app.home.example.com";
const NOTHING: Explanation = { name: NAME, answers: [], claims: [], leftOut: [], hints: [] };

test("a view, the Gateways of a route, the checkpoint and the node that announces an address have their words", () => {
  const origin = {
    by: "HTTPRoute web/app",
    className: "cilium",
    gateways: ["network/internal"],
    isStale: true as const,
  };
  const announced = { address: "192.0.2.1", service: "Service network/cilium-gateway-internal" };
  const lines = explanationLines({
    ...NOTHING,
    view: "guests",
    claims: [{ ...origin, name: NAME, type: "A", values: [] }],
    announcements: [
      { ...announced, state: "announced", node: "node-2", reason: "node node-2 answers for it" },
      { ...announced, state: "none", reason: "no node holds the Lease" },
    ],
  });
  expect(lines.join("\n")).toBe(`app.home.example.com: in no zone of ours, in view guests

claimed by:
  HTTPRoute web/app, class cilium, Gateway network/internal, from the checkpoint: app.home.example.com
    no value yet

announced on the network:
  192.0.2.1 of Service network/cilium-gateway-internal: node node-2 answers for it
  192.0.2.1 of Service network/cilium-gateway-internal: none, no node holds the Lease`);
});

test("what is known is told block by block, in the order somebody asks for it", () => {
  const explanation: Explanation = {
    name: NAME,
    zone: "home.example.com",
    serial: 7,
    answers: [
      {
        type: "A",
        result: "data",
        rcode: "NOERROR",
        records: [{ name: NAME, type: "A", ttlSeconds: 60, value: "192.0.2.1" }],
      },
      { type: "AAAA", result: "no-data", rcode: "NOERROR", records: [] },
    ],
    claims: [
      {
        by: "Ingress web/app",
        name: NAME,
        type: "A",
        className: "internal",
        createdAtMs: 0,
        ttlSeconds: 300,
        values: [
          { value: "A 192.0.2.1", verdict: "answered" },
          {
            value: "A 192.0.2.2",
            verdict: "dropped",
            code: "merge.age",
            reason: "it is younger",
            lostTo: "Ingress old/app",
          },
        ],
      },
      { by: "Service web/app", name: NAME, type: "A", values: [] },
    ],
    leftOut: [{ code: "address.none", by: "Service web/app", reason: "it has no address yet" }],
    stored: {
      provider: "local",
      records: [{ type: "A", value: "192.0.2.9", ttlSeconds: 30, enabled: false }],
      ownership: [{ name: `a-${NAME}`, text: '"heritage=external-dns"' }],
    },
    hints: [{ code: "any", text: "Look twice." }],
  };
  expect(explanationLines(explanation).join("\n")).toBe(`app.home.example.com: in zone home.example.com, serial 7

answered now:
  A     app.home.example.com 60 A 192.0.2.1
  AAAA  no data of this type (NOERROR)

claimed by:
  Ingress web/app, class internal, created 1970-01-01T00:00:00.000Z, ttl 300 s: app.home.example.com
    A 192.0.2.1: answered
    A 192.0.2.2: lost to Ingress old/app (merge.age), it is younger
  Service web/app: app.home.example.com
    no value yet

left out or questioned:
  Service web/app
    address.none: it has no address yet

stored by provider local:
  A 192.0.2.9, ttl 30 s, switched off
  ownership a-app.home.example.com TXT "heritage=external-dns"

to know:
  Look twice.`);
});

test("blocks without content are left out, but where nothing is stored it is said", () => {
  expect(explanationLines(NOTHING)).toEqual(["app.home.example.com: in no zone of ours"]);
  const stored = { provider: "local", records: [], ownership: [] };
  expect(explanationLines({ ...NOTHING, stored }).at(-1)).toBe("  nothing at this name");
  const unknown = { ...stored, problem: "the disk is away" };
  expect(explanationLines({ ...NOTHING, stored: unknown }).at(-1)).toBe("  not known: the disk is away");
});

test("aliases are shown with where they lead, and what is missing there", () => {
  const records = [{ name: NAME, type: "CNAME", ttlSeconds: 60, value: "lb.home.example.com" }];
  const answers: Explanation["answers"] = [{ type: "A", result: "name-error", rcode: "NXDOMAIN", records }];
  expect(explanationLines({ ...NOTHING, answers }).slice(-2)).toEqual([
    "  A     app.home.example.com 60 CNAME lb.home.example.com",
    "        no such name (NXDOMAIN)",
  ]);
});
