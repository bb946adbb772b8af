// What an explanation says of kinds that cannot be read, of clusters, of other views and of wildcards that were refused.

import { describe, expect, test } from "vitest";
import { explainName } from "#src/app/explain/explain.ts";
import type { ExplainFacts, KindFacts } from "#src/app/explain/facts.ts";
import { defaultSourceOptions } from "#src/sources/source.ts";
import { nameOf } from "#test/support/dns/records.ts";
import { HOME, ingress } from "../sources/objects.ts";
import { type Cluster, explain, factsOf } from "./explain-facts.ts";

const HOST = "app.home.example.com";
const codes = (entries: readonly { readonly code: string }[]) => entries.map(({ code }) => code);

describe("kinds and clusters", () => {
  const kind = (state: KindFacts["state"], more: Partial<KindFacts> = {}): KindFacts => ({
    group: "gateway.networking.k8s.io",
    kind: "HTTPRoute",
    state,
    ...more,
  });
  const hintsWith = async (kinds: readonly KindFacts[], more: Partial<Cluster> = {}) =>
    (await explain("app", { ...more, reading: { kinds } })).hints;

  test.each([
    [kind("forbidden", { failure: "status 403" }), "kind.forbidden", "cannot be read: forbidden, status 403."],
    [
      kind("failing", { failure: "ECONNREFUSED", cluster: "edge" }),
      "kind.failing",
      "in cluster edge cannot be read: ECONNREFUSED.",
    ],
    [kind("listing"), "kind.unread", "cannot be read: not listed yet."],
    [kind("parked"), "kind.absent", "does not have these kinds"],
  ])("one that is %o is named where a name is absent", async (facts, code, text) => {
    expect(await hintsWith([facts])).toContainEqual({ code, text: expect.stringContaining(text) as string });
    const answered = { changes: [[ingress([HOST])]] };
    expect(codes(await hintsWith([facts], answered))).toEqual([]);
  });

  test("one that is not installed or switched off is no cause where another one is known", async () => {
    const pending = { changes: [[ingress([HOST], { addresses: [] })]] };
    expect(await hintsWith([kind("parked")], pending)).toEqual([]);
  });

  test("an object says which of several clusters it is in, with its claim and with its problem", async () => {
    const inEdge = { metadata: { cluster: "edge", labels: { "k8s-gateway.dns/ignore": "true" } } };
    const { leftOut } = await explain("app", { changes: [[ingress([HOST], inEdge)]] });
    expect(leftOut).toMatchObject([{ by: "Ingress default/app in cluster edge" }]);
    const { claims } = await explain("app", { changes: [[ingress([HOST], { metadata: { cluster: "edge" } })]] });
    expect(claims).toMatchObject([{ by: "Ingress default/app in cluster edge" }]);
  });

  test("what differs in another view is told with how to ask there", async () => {
    const facts = await factsOf({ changes: [[ingress([HOST])]] });
    const other = await factsOf({ changes: [[ingress([HOST], { addresses: ["192.0.2.8"] })]] });
    const nothing = await factsOf({});
    const hintsIn = (view: string, reading: ExplainFacts["reading"]) =>
      reading === undefined ? [] : explainName(nameOf(HOST), { ...facts, otherViews: [{ view, reading }] }).hints;
    expect(hintsIn("guests", other.reading)).toMatchObject([
      { code: "view.differs", text: expect.stringContaining(`A 192.0.2.8: zonegate explain ${HOST}@guests`) as string },
    ]);
    expect(hintsIn("guests", facts.reading)).toEqual([]);
    expect(hintsIn("guests", nothing.reading)).toEqual([]);
  });

  test("a wildcard that was refused is no cause where another name above is nearer", async () => {
    const refused = ingress(["*.home.example.com"], { metadata: { name: "wild" } });
    const nearer = ingress(["x.apps.home.example.com"], { metadata: { name: "near" } });
    const options = { ...defaultSourceOptions([HOME]), allowWildcards: false };
    expect(codes((await explain("app", { changes: [[refused]], options })).leftOut)).toEqual(["host.forbidden"]);
    expect((await explain("y.apps", { changes: [[refused, nearer]], options })).leftOut).toEqual([]);
  });
});
