import { describe, expect, test } from "vitest";
import type { DomainName } from "#src/domain/name.ts";
import { LOCAL_RULES } from "#src/providers/local/rules.ts";
import { adjustEndpoints } from "#src/sync/adjust.ts";
import { endpoint } from "#test/support/endpoints.ts";
import { scopeOf } from "#test/support/engine.ts";

const BOUNDS = { rules: LOCAL_RULES, scope: scopeOf({}) };
const NOTHING_STORED: ReadonlySet<DomainName> = new Set();

function adjust(...endpoints: Parameters<typeof adjustEndpoints>[0]): ReturnType<typeof adjustEndpoints> {
  return adjustEndpoints(endpoints, BOUNDS, NOTHING_STORED);
}

describe("adjustEndpoints", () => {
  test("writes names, addresses and order in one way", () => {
    const { endpoints } = adjust(
      endpoint("WWW.Example.com.", "aaaa", ["2001:DB8:0:0::2", "2001:db8::1", "2001:db8::2"]),
    );
    expect(endpoints).toMatchObject([
      { dnsName: "www.example.com", recordType: "AAAA", targets: ["2001:db8::1", "2001:db8::2"] },
    ]);
  });

  test("removes properties and routing ids that no backend of ours keeps, and keeps labels", () => {
    const { endpoints } = adjust(
      endpoint("www.example.com", "A", ["192.0.2.1"], {
        setIdentifier: "blue",
        providerSpecific: [{ name: "aws/weight", value: "1" }],
        labels: new Map([["resource", "ingress/default/app"]]),
      }),
    );
    expect(endpoints).toMatchObject([{ setIdentifier: "", providerSpecific: [] }]);
    expect(endpoints[0]?.labels.get("resource")).toBe("ingress/default/app");
  });

  test("drops what could never be stored when nothing stands at its name", () => {
    const { endpoints, notes } = adjust(endpoint("www.example.com", "DNAME", ["x.example.net"]));
    expect(endpoints).toEqual([]);
    expect(notes).toMatchObject([{ code: "endpoint.dropped" }]);
  });

  test("keeps what could never be stored when its name is stored: dropping it would delete a working record", () => {
    const broken = endpoint("www.example.com", "A", ["not-an-address"]);
    const { endpoints, notes } = adjustEndpoints([broken], BOUNDS, new Set(["www.example.com" as DomainName]));
    expect(endpoints).toMatchObject([{ targets: ["not-an-address"] }]);
    expect(notes).toMatchObject([{ code: "endpoint.kept-invalid" }]);
  });

  test("unites endpoints that differ only by routing id, whatever their order", () => {
    const blue = endpoint("www.example.com", "A", ["192.0.2.2"], { setIdentifier: "blue" });
    const green = endpoint("www.example.com", "A", ["192.0.2.1"], { setIdentifier: "green" });
    expect(adjust(blue, green).endpoints).toMatchObject([{ targets: ["192.0.2.1", "192.0.2.2"] }]);
    const left = endpoint("cdn.example.com", "CNAME", ["b.example.net"], { setIdentifier: "l" });
    const right = endpoint("cdn.example.com", "CNAME", ["a.example.net"], { setIdentifier: "r" });
    expect(adjust(left, right).endpoints).toMatchObject(
      adjust(right, left).endpoints.map(({ targets }) => ({ targets })),
    );
  });

  test("is idempotent", () => {
    const once = adjust(
      endpoint("ünï.example.com", "TXT", ['v=spf1 "quoted" \\x']),
      endpoint("_sip._tcp.example.com", "SRV", ["0 5 5060 SIP.example.com."]),
      endpoint("example.com", "MX", ["10 Mail.example.com"]),
    ).endpoints;
    expect(adjust(...once).endpoints).toEqual(once);
  });
});
