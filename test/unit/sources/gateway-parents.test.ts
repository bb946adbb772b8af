// Routes of the Gateway API: which parents count, and the addresses they have.

import { describe, expect, test } from "vitest";
import { byHand, gateway, listenerSet, route } from "./gateway-objects.ts";
import { ANSWERED, HOST, records } from "./gateway-records.ts";

describe("what controllers decided", () => {
  const rejectedBy = { type: "Accepted", status: "False", reason: "NotAllowedByListeners", observedGeneration: 1 };
  const acceptedBy = { type: "Accepted", status: "True", observedGeneration: 1 };
  const parent = (conditions: readonly object[], parentRef: object = { name: "internal" }) => ({
    parentRef,
    conditions,
  });

  test("a rejected route has no name, and the controller's reason is said", () => {
    const result = records(route([HOST], { accepted: "False" }));
    expect(result.lines).toEqual([]);
    expect(result.problems).toMatchObject([
      {
        code: "route.unaccepted",
        hostname: HOST,
        reason: "the route at Gateway default/internal: its controller does not accept it (NotAllowedByListeners)",
      },
    ]);
  });

  test.each([
    [
      "an older generation",
      { parents: [parent([{ ...acceptedBy, observedGeneration: 1 }])] },
      "seen generation 1, and this is 2",
    ],
    [
      "a generation to come",
      { parents: [parent([{ ...acceptedBy, observedGeneration: 3 }])] },
      "seen generation 3, and this is 2",
    ],
    ["nothing", {}, "no controller has written this parent"],
    ["no parents", { parents: [] }, "no controller has written this parent"],
    ["no conditions", { parents: [parent([])] }, "has not said whether it accepts"],
    [
      "Unknown",
      { parents: [parent([{ type: "Accepted", status: "Unknown", reason: "Pending" }])] },
      "has not decided (Pending)",
    ],
    ["another condition", { parents: [parent([{ type: "ResolvedRefs", status: "True" }])] }, "has not said whether"],
    [
      "another section",
      { parents: [parent([acceptedBy], { name: "internal", sectionName: "x" })] },
      "no controller has written",
    ],
    ["another port", { parents: [parent([acceptedBy], { name: "internal", port: 1 })] }, "no controller has written"],
    [
      "another namespace",
      { parents: [parent([acceptedBy], { name: "internal", namespace: "x" })] },
      "no controller has written",
    ],
    [
      "another kind",
      { parents: [parent([acceptedBy], { name: "internal", kind: "ListenerSet" })] },
      "no controller has written",
    ],
  ])("a status about %s decides nothing: the name exists and waits", (_title, status, reason) => {
    const result = records(route([HOST], { metadata: { generation: 2 }, status }));
    expect(result.sets).toMatchObject([{ name: HOST, type: "A", targets: [] }]);
    expect(result.codes).toEqual(["route.unaccepted", "address.none"]);
    expect(result.problems[0]?.reason).toContain(reason);
  });

  test.each([
    [
      "spells out the defaults",
      { group: "gateway.networking.k8s.io", kind: "Gateway", namespace: "default", name: "internal" },
    ],
    ["has empty texts", { namespace: "", name: "internal", sectionName: "" }],
    ["has null", { group: null, kind: null, namespace: null, name: "internal", sectionName: null, port: null }],
  ])("a status counts that %s", (_title, parentRef) => {
    expect(records(route([HOST], { status: { parents: [parent([acceptedBy], parentRef)] } })).lines).toEqual(ANSWERED);
  });

  test("of several controllers one that accepts is enough", () => {
    const parents = [parent([rejectedBy]), parent([acceptedBy]), parent([])];
    expect(records(route([HOST], { status: { parents } }))).toMatchObject({ lines: ANSWERED, codes: [] });
  });

  test("a controller that never says of which generation it speaks is believed", () => {
    const status = { parents: [parent([{ type: "Accepted", status: "True" }])] };
    expect(records(route([HOST], { metadata: { generation: 7 }, status })).lines).toEqual(ANSWERED);
  });

  test("a manifest that was never in a cluster is taken at its word", () => {
    const asked = byHand(gateway({ spec: { addresses: [{ value: "192.0.2.8" }] } }));
    expect(records(byHand(route([HOST])), [asked])).toMatchObject({ lines: [`${HOST} A 192.0.2.8`], codes: [] });
  });

  test("also that one is not believed against a status it does have", () => {
    const { generation: _none, ...metadata } = route([]).metadata;
    expect(records({ ...route([HOST], { accepted: "False" }), metadata }).codes).toEqual(["route.unaccepted"]);
  });
});

describe("parents", () => {
  test.each([
    [{ group: "", kind: "Service", name: "internal" }, "Service default/internal"],
    [{ group: "example.com", name: "internal" }, "Gateway default/internal"],
    [{ group: "", name: "internal" }, "Gateway default/internal"],
    [{ kind: "Mesh", name: "internal" }, "Mesh default/internal"],
  ])("%j is no Gateway", (parentRef, text) => {
    const result = records(route([HOST], { parentRefs: [parentRef] }));
    expect(result.lines).toEqual([]);
    expect(result.problems).toMatchObject([
      { code: "parent.kind", reason: `its parent ${text} is no Gateway, so nothing outside the cluster leads to it` },
    ]);
  });

  test.each([
    ["a Gateway that is not there", [], "there is no Gateway default/internal"],
    ["a Gateway of another shape", [gateway({ spec: { listeners: "all" } })], "cannot be read: spec.listeners"],
  ])("%s leads nowhere", (_title, others, reason) => {
    const result = records(route([HOST]), others);
    expect(result).toMatchObject({ lines: [], codes: ["parent.unknown"] });
    expect(result.problems[0]?.reason).toContain(reason);
  });

  test("a route without parents says so", () => {
    expect(records(route([HOST], { parentRefs: [] }))).toMatchObject({ lines: [], codes: ["parent.unknown"] });
  });

  test("one reference twice counts once", () => {
    const parentRefs = [{ name: "internal" }, { name: "internal", namespace: "default" }];
    expect(records(route([HOST], { parentRefs })).sets[0]?.targets).toEqual(["192.0.2.1"]);
  });

  test("several Gateways that the zone watches are united", () => {
    const second = gateway({ metadata: { name: "second" }, addresses: ["192.0.2.2", "2001:db8::2"] });
    const result = records(route([HOST], { parentRefs: [{ name: "internal" }, { name: "second" }] }), [
      gateway(),
      second,
    ]);
    expect(result.lines).toEqual([`${HOST} A 192.0.2.1 192.0.2.2`, `${HOST} AAAA 2001:db8::2`]);
  });

  test("only Gateways with a listener for a host answer it", () => {
    const web = gateway({ listeners: ["web.home.example.com"] });
    const apps = gateway({ metadata: { name: "apps" }, listeners: [HOST], addresses: ["192.0.2.2"] });
    const object = route(["web.home.example.com", HOST], { parentRefs: [{ name: "internal" }, { name: "apps" }] });
    expect(records(object, [web, apps])).toMatchObject({
      lines: [`${HOST} A 192.0.2.2`, "web.home.example.com A 192.0.2.1"],
      codes: [],
    });
  });

  test("one Gateway that rejects the route does not take the other's answer away, and is said", () => {
    const conditions = (status: string) => [{ type: "Accepted", status, observedGeneration: 1 }];
    const parentRefs = [{ name: "internal" }, { name: "second" }];
    const parents = parentRefs.map((parentRef, index) => ({
      parentRef,
      conditions: conditions(index === 0 ? "True" : "False"),
    }));
    const second = gateway({ metadata: { name: "second" }, addresses: ["192.0.2.2"] });
    const result = records(route([HOST], { parentRefs, status: { parents } }), [gateway(), second]);
    expect(result).toMatchObject({ lines: ANSWERED, codes: ["route.unaccepted"] });
  });
});

describe("ListenerSets", () => {
  const parentRefs = [{ kind: "ListenerSet", name: "team" }];
  const set = listenerSet({ listeners: ["*.home.example.com"] });

  test("a route at one uses its listeners and its Gateway's address", () => {
    const closed = gateway({ listeners: ["nothing.example.net"] });
    expect(records(route([HOST], { parentRefs }), [closed, set])).toMatchObject({ lines: ANSWERED, codes: [] });
    expect(records(route([], { parentRefs }), [closed, set]).lines).toEqual(["*.home.example.com A 192.0.2.1"]);
  });

  test("a route at the Gateway does not use the listeners of its ListenerSets", () => {
    const result = records(route([HOST]), [gateway({ listeners: ["nothing.example.net"] }), set]);
    expect(result).toMatchObject({ lines: [], codes: ["listener.mismatch"] });
  });

  test("its Gateway may live in another namespace", () => {
    const far = gateway({ metadata: { namespace: "network" }, addresses: ["192.0.2.9"] });
    const there = listenerSet({ spec: { parentRef: { name: "internal", namespace: "network" } } });
    expect(records(route([HOST], { parentRefs }), [gateway(), far, there]).lines).toEqual([`${HOST} A 192.0.2.9`]);
  });

  test("the experiment's XListenerSet is one too", () => {
    const old = listenerSet({ apiVersion: "gateway.networking.x-k8s.io/v1alpha1", kind: "XListenerSet" });
    const ref = { group: "gateway.networking.x-k8s.io", kind: "XListenerSet", name: "team" };
    expect(records(route([HOST], { parentRefs: [ref] }), [gateway(), old]).lines).toEqual(ANSWERED);
  });

  test.each([
    ["False", "does not accept it (NotAllowed)", []],
    ["Unknown", "has not decided (NotAllowed)", [`${HOST} A`]],
  ])("one whose Accepted is %s lets no route in", (status, reason, expected) => {
    const conditions = [{ type: "Accepted", status, reason: "NotAllowed", observedGeneration: 1 }];
    const result = records(route([HOST], { parentRefs }), [gateway(), listenerSet({ status: { conditions } })]);
    expect(result.lines).toEqual(expected);
    expect(result.problems[0]).toMatchObject({
      code: "route.unaccepted",
      reason: `ListenerSet default/team: its controller ${reason}`,
    });
  });

  test.each([
    ["missing", [gateway()], "there is no ListenerSet default/team"],
    ["without its Gateway", [set], "ListenerSet default/team belongs to Gateway default/internal: there is no Gateway"],
    [
      "of a Service",
      [listenerSet({ spec: { parentRef: { group: "", kind: "Service", name: "x" } } })],
      "which is no Gateway",
    ],
    ["of another shape", [gateway(), listenerSet({ spec: { parentRef: 5 } })], "cannot be read: spec.parentRef"],
  ])("one that is %s leads nowhere", (_title, others, reason) => {
    const result = records(route([HOST], { parentRefs }), others);
    expect(result).toMatchObject({ lines: [], codes: ["parent.unknown"] });
    expect(result.problems[0]?.reason).toContain(reason);
  });

  test("a route that is refused there has no name, whatever the ListenerSet waits for", () => {
    const conditions = [{ type: "Accepted", status: "Unknown", reason: "Pending" }];
    const object = route([HOST], { parentRefs, accepted: "False" });
    const result = records(object, [gateway(), listenerSet({ status: { conditions } })]);
    expect(result).toMatchObject({ lines: [], codes: ["route.unaccepted"] });
  });

  test("the filter looks at the Gateway behind it", () => {
    const external = gateway({ metadata: { name: "external" } });
    const there = listenerSet({ spec: { parentRef: { name: "external" } } });
    expect(records(route([HOST], { parentRefs }), [external, there]).codes).toEqual(["gateway.unwatched"]);
  });
});

describe("addresses of a Gateway", () => {
  test.each<[title: string, addresses: readonly unknown[], expected: string[]]>([
    ["IPv4 and IPv6", ["192.0.2.1", "2001:DB8:0::1"], [`${HOST} A 192.0.2.1`, `${HOST} AAAA 2001:db8::1`]],
    ["a host name is an alias", ["LB.example.net"], [`${HOST} CNAME lb.example.net`]],
    ["no type means IPAddress (k8s_gateway panics)", [{ value: "192.0.2.1" }], ANSWERED],
  ])("%s", (_title, addresses, expected) => {
    expect(records(route([HOST]), [gateway({ addresses })])).toMatchObject({ lines: expected, codes: [] });
  });

  test.each([
    [{ type: "NamedAddress", value: "lan" }, '"lan" of type NamedAddress'],
    [{ value: "lb.example.net" }, '"lb.example.net" of type IPAddress'],
    [{ type: "example.com/v4", value: "x" }, '"x" of type example.com/v4'],
  ])("%j cannot be answered, and the others stand", (address, reason) => {
    const result = records(route([HOST]), [gateway({ addresses: [address, "192.0.2.1"] })]);
    expect(result).toMatchObject({ lines: ANSWERED, codes: ["address.invalid"] });
    expect(result.problems[0]?.reason).toContain(reason);
  });

  test.each([
    ["none", { conditions: [{ type: "Programmed", status: "True" }] }, "in status.addresses"],
    [
      "none and is not programmed",
      { conditions: [{ type: "Programmed", status: "False", reason: "AddressNotAssigned" }] },
      "(Programmed: AddressNotAssigned)",
    ],
    ["no status", {}, "in status.addresses"],
    ["an empty one", { addresses: [{ type: "IPAddress", value: "" }] }, "in status.addresses"],
  ])("with %s the name exists without data (k8s_gateway says NXDOMAIN)", (_title, status, reason) => {
    const result = records(route([HOST]), [gateway({ status })]);
    expect(result.sets).toMatchObject([{ name: HOST, type: "A", targets: [] }]);
    expect(result.codes).toEqual(["address.none"]);
    expect(result.problems[0]?.reason).toContain(`${HOST} has no address yet: Gateway default/internal has no address`);
    expect(result.problems[0]?.reason).toContain(reason);
  });

  test("what a live Gateway asks for is not what it has", () => {
    const asking = gateway({ spec: { addresses: [{ value: "192.0.2.8" }] }, status: {} });
    expect(records(route([HOST]), [asking]).codes).toEqual(["address.none"]);
  });
});
