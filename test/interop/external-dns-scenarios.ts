// Histories that the real external-dns and ours must go through alike: what the cluster holds, what happens to the backend.

import { type Endpoint, endpoint } from "#test/fakes/external-dns/endpoint.ts";
import type { ExternalDnsOptions } from "#test/fakes/external-dns/external-dns.ts";
import type { ReferenceWebhookOptions } from "#test/fakes/external-dns/reference-webhook.ts";

export type Flags = Omit<ExternalDnsOptions, "url" | "source">;

/** One run of external-dns: what happens to the backend before it, and what the cluster holds (by DNSEndpoint name). */
export interface Step {
  readonly seed?: readonly Endpoint[];
  readonly lose?: (stored: Endpoint) => boolean;
  readonly objects: Readonly<Record<string, readonly Endpoint[]>>;
}

export interface Scenario {
  readonly title: string;
  readonly flags?: Flags;
  readonly webhook?: ReferenceWebhookOptions;
  readonly steps: readonly Step[];
}

const ALL_TYPES = ["A", "AAAA", "CNAME", "TXT", "MX", "NS", "PTR", "NAPTR"];
export const HOST = "web.example.com";
const FOREIGN_TXT = endpoint(`a-${HOST}`, "TXT", ['"heritage=external-dns,external-dns/owner=other"']);
export const UNTYPED_TXT = endpoint(HOST, "TXT", [
  '"heritage=external-dns,external-dns/owner=me,external-dns/resource=crd/default/app"',
]);

export const SCENARIOS: readonly Scenario[] = [
  {
    title: "creates every type, then is silent, then deletes all of it",
    flags: { managedRecordTypes: ALL_TYPES },
    steps: [
      {
        objects: {
          app: [
            endpoint(HOST, "A", ["10.0.0.2", "10.0.0.1"], { recordTTL: 60 }),
            endpoint(HOST, "AAAA", ["fd00::2", "fd00::10"]),
            endpoint("alias.example.com", "CNAME", [HOST]),
            endpoint("alias-dotted.example.com", "CNAME", [`${HOST}.`]),
            endpoint("text.example.com", "TXT", ['v=1; p="<a&b>\\ü";\u2028', "second"]),
            endpoint("example.com", "MX", ["20 mx2.example.com", "10 mx1.example.com"]),
            endpoint("sub.example.com", "NS", ["ns1.example.com"]),
            endpoint("1.0.0.10.in-addr.arpa", "PTR", [HOST]),
            endpoint("naptr.example.com", "NAPTR", ['10 100 "U" "E2U+sip" "!^.*$!sip:a@b!" .']),
          ],
        },
      },
      { objects: { app: [endpoint(HOST, "A", ["10.0.0.1", "10.0.0.2"], { recordTTL: 60 })] } },
      { objects: {} },
    ],
  },
  {
    title: "skips what is not well formed",
    flags: { managedRecordTypes: ALL_TYPES },
    steps: [
      {
        objects: {
          app: [
            endpoint("a.example.com", "A", ["fd00::1"]),
            endpoint("b.example.com", "AAAA", ["10.0.0.1"]),
            endpoint("c.example.com", "MX", ["mail.example.com"]),
            endpoint("d.example.com", "PTR", [HOST]),
            endpoint("e.example.com", "TXT", ["x"], { providerSpecific: [{ name: "alias", value: "true" }] }),
            endpoint("f.example.com", "A", ["lb.example.com"], {
              providerSpecific: [{ name: "alias", value: "true" }],
            }),
            endpoint("g.example.com", "CNAME", []),
            endpoint("h.example.com", "A", ["010.0.0.1"]),
          ],
        },
      },
    ],
  },
  {
    title: "changes targets, TTL and properties, each once",
    steps: [
      { objects: { app: [endpoint(HOST, "A", ["10.0.0.1"], { recordTTL: 60 })] } },
      { objects: { app: [endpoint(HOST, "A", ["10.0.0.1", "10.0.0.3"], { recordTTL: 60 })] } },
      { objects: { app: [endpoint(HOST, "A", ["10.0.0.3", "10.0.0.1"], { recordTTL: 120 })] } },
      { objects: { app: [endpoint(HOST, "A", ["10.0.0.3", "10.0.0.1"])] } },
      {
        objects: {
          app: [endpoint(HOST, "A", ["10.0.0.1"], { providerSpecific: [{ name: "webhook/x", value: "1" }] })],
        },
      },
      {
        objects: { app: [endpoint(HOST, "A", ["10.0.0.1"], { providerSpecific: [{ name: "webhook/x", value: "" }] })] },
      },
      { objects: { app: [endpoint(HOST, "A", ["10.0.0.1"])] } },
    ],
  },
  {
    title: "changes the type to CNAME and back",
    steps: [
      { objects: { app: [endpoint(HOST, "A", ["10.0.0.1"]), endpoint(HOST, "AAAA", ["fd00::1"])] } },
      { objects: { app: [endpoint(HOST, "CNAME", ["lb.example.com"])] } },
      { objects: { app: [endpoint(HOST, "A", ["10.0.0.1"])] } },
    ],
  },
  {
    title: "drops properties of other providers and sorts the rest",
    steps: [
      {
        objects: {
          app: [
            endpoint(HOST, "A", ["10.0.0.1"], {
              providerSpecific: [
                { name: "webhook/zone", value: "a" },
                { name: "aws/weight", value: "10" },
                { name: "external-dns.alpha.kubernetes.io/cloudflare-proxied", value: "true" },
                { name: "plain", value: "kept" },
                { name: "webhook/comment", value: "b" },
              ],
            }),
          ],
        },
      },
    ],
  },
  {
    title: "keeps set identifiers apart",
    steps: [
      {
        objects: {
          app: [
            endpoint(HOST, "A", ["10.0.0.1"], { setIdentifier: "one" }),
            endpoint(HOST, "A", ["10.0.0.2"], { setIdentifier: "two" }),
          ],
        },
      },
      { objects: { app: [endpoint(HOST, "A", ["10.0.0.3"], { setIdentifier: "two" })] } },
    ],
  },
  {
    title: "takes names in any case, with a final dot, in Unicode and in Punycode for the same",
    steps: [
      {
        seed: [
          endpoint("xn--mnchen-3ya.example.com", "A", ["10.0.0.9"]),
          endpoint("a-xn--mnchen-3ya.example.com", "TXT", ['"heritage=external-dns,external-dns/owner=me"']),
          endpoint("strasse.example.com", "A", ["10.0.0.8"]),
        ],
        objects: {
          app: [
            endpoint("WEB.Example.COM", "A", ["10.0.0.1"]),
            endpoint("dot.example.com.", "A", ["10.0.0.2"]),
            endpoint("München.example.com", "A", ["10.0.0.3"]),
            endpoint("straße.example.com", "A", ["10.0.0.4"]),
            endpoint("_sip._tcp.example.com", "CNAME", ["Upper.Example.com"]),
          ],
        },
      },
      {
        objects: {
          app: [
            endpoint("web.example.com", "A", ["10.0.0.1"]),
            endpoint("_SIP._tcp.example.com", "CNAME", ["upper.example.com"]),
          ],
        },
      },
    ],
  },
  {
    title: "compares IPv6 by value, but only up to the first odd spelling",
    steps: [
      { objects: { app: [endpoint(HOST, "AAAA", ["fd00:0:0:0:0:0:0:1", "fd00::2"])] } },
      { objects: { app: [endpoint(HOST, "AAAA", ["fd00::1", "fd00::2"])] } },
      { objects: { app: [endpoint(HOST, "AAAA", ["fd00::1", "fd00::3"])] } },
      { objects: { app: [endpoint(HOST, "AAAA", ["FD00::1", "fd00::0003", "::ffff:10.0.0.1", "64:ff9b::10.0.0.1"])] } },
    ],
  },
  {
    // Different TTLs: endpoints of equal TTL would be merged, under the label of whichever Go's map gave first.
    title: "gives a name wanted twice to its holder, else to the smallest targets",
    steps: [
      { objects: { b: [wanted(["10.0.0.2"], 60)], a: [wanted(["10.0.0.1", "10.0.0.3"], 61)] } },
      { objects: { a: [wanted(["10.0.0.1"], 61)], b: [wanted(["10.0.0.20"], 60)] } },
      { objects: { a: [wanted(["10.0.0.1"], 61)], c: [wanted(["9.0.0.1"], 62)] } },
    ],
  },
  {
    title: "prefers addresses where a CNAME wants the same name",
    steps: [
      { objects: { a: [endpoint(HOST, "CNAME", ["lb.example.com"])] } },
      { objects: { a: [endpoint(HOST, "CNAME", ["lb.example.com"])], b: [endpoint(HOST, "A", ["10.0.0.1"])] } },
      { objects: { a: [endpoint(HOST, "CNAME", ["a.example.com"])], b: [endpoint(HOST, "CNAME", ["b.example.com"])] } },
    ],
  },
  {
    title: "leaves foreign records alone",
    steps: [
      {
        seed: [endpoint(HOST, "A", ["10.9.9.9"]), endpoint("other.example.com", "A", ["10.9.9.8"])],
        objects: { app: [endpoint(HOST, "A", ["10.0.0.1"]), endpoint(HOST, "AAAA", ["fd00::1"])] },
      },
      { seed: [FOREIGN_TXT], objects: { app: [endpoint(HOST, "A", ["10.0.0.1"])] } },
      { objects: {} },
    ],
  },
  {
    title: "writes a lost registry TXT again",
    steps: [
      { objects: { app: [endpoint(HOST, "A", ["10.0.0.1"]), endpoint("b.example.com", "A", ["10.0.0.2"])] } },
      {
        seed: [UNTYPED_TXT],
        lose: ({ dnsName }) => dnsName === `a-${HOST}`,
        objects: { app: [endpoint(HOST, "A", ["10.0.0.1"]), endpoint("b.example.com", "A", ["10.0.0.2"])] },
      },
      {
        lose: ({ recordType, dnsName }) => recordType === "TXT" && dnsName.endsWith("b.example.com"),
        objects: { app: [endpoint(HOST, "A", ["10.0.0.1"])] },
      },
    ],
  },
  {
    title: "keeps an orphan TXT instead of creating it twice",
    steps: [
      {
        seed: [endpoint(`a-${HOST}`, "TXT", ['"heritage=external-dns,external-dns/owner=me"'])],
        objects: { app: [endpoint(HOST, "A", ["10.0.0.1"])] },
      },
    ],
  },
  {
    title: "migrates from an old owner",
    flags: { migrateFromTxtOwner: "other" },
    steps: [
      { seed: [endpoint(HOST, "A", ["10.0.0.1"]), FOREIGN_TXT], objects: { app: [endpoint(HOST, "A", ["10.0.0.1"])] } },
    ],
  },
  {
    title: "creates a record without TXT when the TXT's label is too long",
    steps: [{ objects: { app: [endpoint(`${"l".repeat(62)}.example.com`, "A", ["10.0.0.1"])] } }, { objects: {} }],
  },
  ...["upsert-only", "create-only"].map(
    (policy): Scenario => ({
      title: `keeps within policy ${policy}`,
      flags: { policy: policy as "upsert-only" | "create-only" },
      steps: [
        { objects: { app: [endpoint(HOST, "A", ["10.0.0.1"]), endpoint("b.example.com", "A", ["10.0.0.1"])] } },
        { objects: { app: [endpoint(HOST, "A", ["10.0.0.2"])] } },
        { objects: { app: [endpoint(HOST, "CNAME", ["lb.example.com"])] } },
      ],
    }),
  ),
  {
    title: "knows no owner with the noop registry",
    flags: { registry: "noop" },
    steps: [
      {
        seed: [endpoint("foreign.example.com", "A", ["10.9.9.9"])],
        objects: { app: [endpoint(HOST, "A", ["10.0.0.1"])] },
      },
      { objects: { app: [endpoint(HOST, "A", ["10.0.0.2"], { recordTTL: 30 })] } },
      { objects: {} },
    ],
  },
  ...[
    { txtPrefix: "Reg." },
    { txtPrefix: "%{record_type}." },
    { txtPrefix: "x-%{record_type}-" },
    { txtSuffix: "-reg" },
    { txtSuffix: "-%{record_type}" },
    { txtSuffix: "-%{record_type}.own" },
    { txtWildcardReplacement: "Any" },
    { txtPrefix: "reg-", txtWildcardReplacement: "any" },
  ].map(
    (flags): Scenario => ({
      title: `names registry TXT records by ${JSON.stringify(flags)}`,
      flags,
      steps: [
        {
          objects: {
            app: ["example.com", "*.example.com", HOST, "Upper.example.com"].flatMap((name) => [
              endpoint(name, "A", ["10.0.0.1"]),
              endpoint(name, "AAAA", ["fd00::1"]),
            ]),
            alias: [endpoint("cname.example.com", "CNAME", ["lb.example.com"])],
          },
        },
        {
          objects: { app: [endpoint("*.example.com", "A", ["10.0.0.2"]), endpoint("example.com", "A", ["10.0.0.2"])] },
        },
        { objects: {} },
      ],
    }),
  ),
  {
    title: "minds its own domain filter",
    flags: { domainFilter: ["example.com"], excludeDomains: ["no.example.com"] },
    steps: [{ objects: { app: namesForFilters() } }],
  },
  ...[
    { include: [".example.com", ""] },
    { include: [" Example.com. "], exclude: ["no.example.com"] },
    { exclude: ["example.com"] },
    { regexInclude: "^(?:web|x)\\.", regexExclude: "no" },
    { regexExclude: "(?i)NO" },
    { filters: ["example.org"] },
    { Include: ["example.org"] },
    { include: ["münchen.example"] },
  ].map(
    (domainFilter): Scenario => ({
      title: `minds the webhook's filter ${JSON.stringify(domainFilter)}`,
      webhook: { domainFilter },
      steps: [{ objects: { app: namesForFilters() } }, { objects: {} }],
    }),
  ),
  {
    title: "leaves excluded types alone",
    flags: { excludeRecordTypes: ["AAAA"] },
    steps: [
      { objects: { app: [endpoint(HOST, "A", ["10.0.0.1"]), endpoint(HOST, "AAAA", ["fd00::1"])] } },
      { objects: {} },
    ],
  },
  {
    title: "plans with what AdjustEndpoints made of it",
    webhook: {
      adjust: (all) => all.filter(({ recordType }) => recordType === "A").map((item) => ({ ...item, recordTTL: 300 })),
    },
    steps: [
      { objects: { app: [endpoint(HOST, "A", ["10.0.0.1"], { recordTTL: 5 }), endpoint(HOST, "AAAA", ["fd00::1"])] } },
      { objects: { app: [endpoint(HOST, "A", ["10.0.0.1"], { recordTTL: 7 })] } },
    ],
  },
  {
    title: "uses the path and the user of the URL",
    webhook: { prefix: "/unifi" },
    steps: [{ objects: { app: [endpoint(HOST, "A", ["10.0.0.1"])] } }],
  },
];

function wanted(targets: readonly string[], recordTTL: number): Endpoint {
  return endpoint(HOST, "A", targets, { recordTTL });
}

function namesForFilters(): Endpoint[] {
  const names = ["example.com", HOST, "x.no.example.com", "notexample.com", "example.org", "xn--mnchen-3ya.example"];
  return names.map((name) => endpoint(name, "A", ["10.0.0.1"]));
}
