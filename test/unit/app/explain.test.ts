import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { explainName } from "#src/app/explain/explain.ts";
import { SOURCE_NAMES } from "#src/domain/source-name.ts";
import { EXPLANATION } from "#src/ops/explanation.ts";
import { ingressSource } from "#src/sources/ingress.ts";
import { sourcesNamed } from "#src/sources/registry.ts";
import type { ProblemCode } from "#src/sources/source.ts";
import { nameOf, recordSet } from "#test/support/dns/records.ts";
import { gateway, route } from "../sources/gateway-objects.ts";
import {
  dnsEndpoint,
  HOME,
  ingress,
  ingressClass,
  ingressRoute,
  pod,
  selector,
  service,
  withKindOptions,
} from "../sources/objects.ts";
import { type Cluster, explain, factsOf, storedRecords } from "./explain-facts.ts";

const HOST = "app.home.example.com";
const HOSTNAME = "external-dns.alpha.kubernetes.io/hostname";
const named = (more: Record<string, string>) => ({ metadata: { annotations: more } });
const fromLocal = (line: string) => ({ ...recordSet(line), origin: { kind: "local", name: "local" } as const });
const fromSetting = (line: string) => ({ ...recordSet(line), origin: { kind: "static", name: "records[0]" } as const });
const codes = (entries: readonly { readonly code: string }[]) => entries.map(({ code }) => code);

const ALL_KINDS = { catalog: { sources: sourcesNamed(SOURCE_NAMES) } };

const throwBug = (): never => {
  throw new Error("a bug in a source");
};

/**
 * For each reason by which a source leaves a name out or questions it: a cluster, and the name that somebody asks about. What is
 * held (`name.held`) is no source's: withdrawal-hold.test.ts.
 */
const REASONS: Readonly<Record<Exclude<ProblemCode, "name.held">, readonly [cluster: Cluster, label: string]>> = {
  "object.failed": [
    { changes: [[ingress([HOST])]], catalog: { sources: [{ ...ingressSource, toRecords: throwBug }] } },
    "app",
  ],
  "object.invalid": [
    { changes: [[{ ...ingress([]), spec: { rules: [{ host: HOST }], ingressClassName: 7 } }]] },
    "app",
  ],
  "object.ignored": [
    { changes: [[ingress([HOST], { metadata: { name: "other", labels: { "k8s-gateway.dns/ignore": "true" } } })]] },
    "app",
  ],
  "class.unwatched": [{ changes: [[ingress([HOST], { className: "external" })]] }, "app"],
  "service.type": [{ changes: [[service({ ...named({ [HOSTNAME]: "web" }), spec: { type: "NodePort" } })]] }, "web"],
  "service.unselected": [
    {
      changes: [[service(named({ [HOSTNAME]: "web" }))]],
      options: {
        kinds: withKindOptions({ service: { labelSelectors: [selector("dns=home")], clusterAddresses: false } }),
      },
    },
    "web",
  ],
  "endpoint.invalid": [{ changes: [[dnsEndpoint([{ dnsName: HOST, recordType: "A", targets: ["-"] }])]] }, "app"],
  "endpoint.identifier": [
    { changes: [[dnsEndpoint([{ dnsName: HOST, recordType: "A", targets: ["192.0.2.1"], setIdentifier: "a" }])]] },
    "app",
  ],
  "network.invalid": [{ ...ALL_KINDS, changes: [[pod("{", { annotations: { [HOSTNAME]: "app" } })]] }, "app"],
  "network.none": [{ ...ALL_KINDS, changes: [[pod([], { annotations: { [HOSTNAME]: "app" } })]] }, "app"],
  "rule.invalid": [{ changes: [[ingressRoute([`Host(\`${HOST}\``], { metadata: { name: "other" } })]] }, "app"],
  "rule.pattern": [{ changes: [[ingressRoute(["HostRegexp(`^app-.+`)"])]] }, "app"],
  "host.none": [{ changes: [[service(named({ [HOSTNAME]: "" }))]] }, "app.default"],
  "host.invalid": [{ changes: [[ingress(["-app-.home.example.com"])]] }, "-app-"],
  "host.outside": [{ changes: [[ingress(["app.example.net"])]] }, "app.example.net."],
  "host.protected": [{ changes: [[ingress(["wpad.home.example.com"])]] }, "wpad"],
  "host.forbidden": [
    { changes: [[ingress([HOST])]], options: { namespaceSuffixes: new Map([["default", []]]) } },
    "app",
  ],
  "host.limit": [
    { changes: [[ingress(Array.from({ length: 300 }, (_, index) => `n${index}.home.example.com`))]] },
    "n299",
  ],
  "address.none": [{ changes: [[ingress([HOST], { addresses: [] })]] }, "app"],
  "address.held": [{ changes: [[ingress([HOST])], [ingress([HOST], { addresses: [] })]] }, "app"],
  "address.invalid": [{ changes: [[ingress([HOST], { addresses: ["192.0.2.1", "-bad-"] })]] }, "app"],
  "cname.apex": [{ changes: [[ingress(["home.example.com"], { addresses: ["lb.example.net"] })]] }, ""],
  "cname.self": [{ changes: [[ingress([HOST], { addresses: [HOST] })]] }, "app"],
  "ttl.invalid": [
    {
      changes: [
        [
          ingress([HOST], {
            metadata: { name: "other", annotations: { "external-dns.alpha.kubernetes.io/ttl": "soon" } },
          }),
        ],
      ],
    },
    "app",
  ],
  "parent.kind": [{ changes: [[route([HOST], { parentRefs: [{ group: "", kind: "Service", name: "web" }] })]] }, "app"],
  "parent.unknown": [{ changes: [[route([HOST])]] }, "app"],
  "section.unknown": [
    { changes: [[gateway(), route([HOST], { parentRefs: [{ name: "internal", sectionName: "admin" }] })]] },
    "app",
  ],
  "listener.mismatch": [{ changes: [[gateway({ listeners: ["*.lab.example.com"] }), route([HOST])]] }, "app"],
  "route.unaccepted": [{ changes: [[gateway(), route([HOST], { accepted: "False" })]] }, "app"],
  "gateway.unwatched": [{ changes: [[gateway({ className: "external" }), route([HOST])]] }, "app"],
  "names.limit": [{ changes: [[ingress(["one.home.example.com", HOST])]], catalog: { maxNames: 1 } }, "app"],
};

describe("what a source leaves out", () => {
  test.each(Object.entries(REASONS))("%s is said of the name", async (code, [cluster, label]) => {
    const facts = await factsOf(cluster);
    const text = label.endsWith(".") ? label : [label, HOME.apex].filter((part) => part !== "").join(".");
    const { leftOut } = explainName(nameOf(text), facts);
    expect(leftOut).toContainEqual({
      code,
      by: expect.stringMatching(/^(DNSEndpoint|HTTPRoute|Ingress|IngressRoute|Pod|Service) default\//),
      reason: expect.any(String),
    });
  });

  test.each(Object.keys(REASONS))("%s is explained in docs/explain.md", (code) => {
    expect(readFileSync(new URL("../../../docs/explain.md", import.meta.url), "utf8")).toContain(`| \`${code}\` |`);
  });

  test("nothing is said of a name that the object does not mean", async () => {
    const ignored = ingress([HOST], {
      className: "internal",
      metadata: { name: "other", labels: { "k8s-gateway.dns/ignore": "true" } },
    });
    for (const label of ["web", "internal", "default"]) {
      expect((await explain(label, { changes: [[ignored]] })).leftOut).toEqual([]);
    }
  });
});

describe("claims", () => {
  const inNamespace = (namespace: string, createdAtMs: number, address: string) =>
    ingress([HOST], { metadata: { namespace, createdAtMs }, addresses: [address], className: "internal" });

  test("one that is answered says who made it", async () => {
    const { claims, zone, answers } = await explain("app", { changes: [[inNamespace("web", 5, "192.0.2.1")]] });
    expect(zone).toBe("home.example.com");
    expect(claims).toEqual([
      {
        by: "Ingress web/app",
        name: HOST,
        type: "A",
        className: "internal",
        createdAtMs: 5,
        ttlSeconds: undefined,
        values: [{ value: "A 192.0.2.1", verdict: "answered" }],
      },
    ]);
    expect(answers).toEqual([
      {
        type: "A",
        result: "data",
        rcode: "NOERROR",
        records: [{ name: HOST, type: "A", ttlSeconds: 60, value: "192.0.2.1" }],
      },
      { type: "AAAA", result: "no-data", rcode: "NOERROR", records: [] },
    ]);
  });

  async function lostBy(by: string, cluster: Cluster, label = "app"): Promise<unknown> {
    const { claims } = await explain(label, cluster);
    return claims
      .filter((claim) => claim.by === by)
      .flatMap(({ values }) => values.filter(({ verdict }) => verdict === "dropped"));
  }

  test("one of lower rank is lost to whoever ranks above", async () => {
    const cluster = { changes: [[inNamespace("web", 5, "192.0.2.1")]], static: [fromSetting(`${HOST} A 192.0.2.9`)] };
    expect(await lostBy("Ingress web/app", cluster)).toEqual([
      {
        value: "A 192.0.2.1",
        verdict: "dropped",
        code: "merge.rank",
        reason: expect.stringContaining("ranks above"),
        lostTo: "static records[0]",
      },
    ]);
    expect(await lostBy("static records[0]", cluster)).toEqual([]);
  });

  test("one of a younger object in another namespace is lost to the older", async () => {
    const cluster = { changes: [[inNamespace("new", 9, "192.0.2.2"), inNamespace("old", 5, "192.0.2.1")]] };
    expect(await lostBy("Ingress new/app", cluster)).toMatchObject([{ code: "merge.age", lostTo: "Ingress old/app" }]);
  });

  test("an alias gives way to addresses of the same object", async () => {
    const cluster = { changes: [[ingress([HOST], { addresses: ["192.0.2.1", "lb.example.net"] })]] };
    expect(await lostBy("Ingress default/app", cluster)).toMatchObject([
      { value: "CNAME lb.example.net", code: "merge.alias" },
    ]);
  });

  test("values beyond the limit of a name are dropped, whoever brought them", async () => {
    const addresses = Array.from({ length: 101 }, (_, index) => `192.0.2.${index + 100}`);
    const cluster = { changes: [[ingress([HOST], { addresses })]] };
    expect(await lostBy("Ingress default/app", cluster)).toMatchObject([{ code: "merge.limit" }]);
  });

  test("what the zone cannot hold says the zone's rule", async () => {
    const local = [
      fromLocal("sub.home.example.com NS ns.example.net"),
      fromLocal("home.example.com CNAME a.example.net"),
    ];
    expect(await lostBy("local", { local }, "sub")).toMatchObject([{ code: "delegation" }]);
    expect(await lostBy("local", { local }, "")).toMatchObject([{ code: "cname-at-apex" }]);
  });

  test("a value that another origin gives too is answered, whoever has the better right", async () => {
    const cluster = { changes: [[inNamespace("web", 5, "192.0.2.1")]], static: [fromSetting(`${HOST} A 192.0.2.1`)] };
    expect(await lostBy("Ingress web/app", cluster)).toEqual([]);
  });

  test("one to a name in no zone is answered by nobody", async () => {
    const facts = await factsOf({ local: [fromLocal("a.example.net A 192.0.2.1")] });
    const { claims, hints, zone } = explainName(nameOf("a.example.net"), facts);
    expect(zone).toBeUndefined();
    expect(claims[0]?.values).toMatchObject([{ verdict: "dropped", code: "zone.none" }]);
    expect(codes(hints)).toEqual(["zone.none"]);
  });

  test("one without a value yet has no values", async () => {
    const { claims } = await explain("app", { changes: [[ingress([HOST], { addresses: [] })]] });
    expect(claims).toMatchObject([{ by: "Ingress default/app", values: [] }]);
  });
});

describe("hints", () => {
  const hintsOf = async (label: string, cluster: Cluster) => codes((await explain(label, cluster)).hints);

  test("the wildcard that answers is named, with its claims", async () => {
    const { hints, claims } = await explain("x.apps", { changes: [[ingress(["*.apps.home.example.com"])]] });
    expect(hints).toMatchObject([
      { code: "wildcard", text: expect.stringContaining("*.apps.home.example.com") as string },
    ]);
    expect(claims).toMatchObject([{ name: "*.apps.home.example.com", values: [{ verdict: "answered" }] }]);
  });

  test("a wildcard does not stand for a name that exists", async () => {
    const hosts = ["*.apps.home.example.com", "x.apps.home.example.com"];
    expect(await hintsOf("x.apps", { changes: [[ingress(hosts)]] })).toEqual([]);
  });

  test("a name above others exists for their sake", async () => {
    expect(await hintsOf("apps", { changes: [[ingress(["x.apps.home.example.com"])]] })).toEqual(["name.empty"]);
  });

  test("a name that nobody claims comes with the one that was probably meant", async () => {
    const { hints } = await explain("grafanna", { changes: [[ingress(["grafana.home.example.com"])]] });
    expect(hints).toMatchObject([
      { code: "name.unclaimed", text: expect.stringContaining("Did you mean grafana.home.example.com?") as string },
    ]);
  });

  test("before everything was read nothing is denied, and it is said what is missing", async () => {
    const { answers, hints } = await explain("app", { isLoaded: false });
    expect(answers).toMatchObject([{ result: "not-ready", rcode: "SERVFAIL" }, { result: "not-ready" }]);
    expect(hints[0]).toEqual({ code: "sources.waiting", text: expect.stringContaining("local") as string });
  });

  test("files that cannot be read are named where a name has no data", async () => {
    const unreadableFiles = ["apps.yaml"];
    expect(await hintsOf("app", { unreadableFiles })).toContain("manifests.unreadable");
    expect(await hintsOf("app", { unreadableFiles, changes: [[ingress([HOST])]] })).toEqual([]);
  });

  test("an alias that leads away, and one that leads to nothing, are told apart", async () => {
    const to = (target: string) => ({ changes: [[ingress([HOST], { addresses: [target] })]] });
    expect(await hintsOf("app", to("lb.example.net"))).toEqual(["alias.outside"]);
    expect(await hintsOf("app", to("lb.home.example.com"))).toEqual(["alias.empty"]);
  });

  test("the class that an Ingress gets by default is the one that is judged", async () => {
    const { claims } = await explain("app", { changes: [[ingressClass("nginx", "default"), ingress([HOST])]] });
    expect(claims).toMatchObject([{ className: "nginx" }]);
  });
});

describe("what is stored", () => {
  const OWNED = '"heritage=external-dns,external-dns/owner=home"';

  test("is shown with the texts that own it, and not with those of other names", async () => {
    const stored = storedRecords(
      `${HOST} A 192.0.2.1`,
      `k8s.a.app.home.example.com TXT ${OWNED}`,
      `web-app.home.example.com A 192.0.2.2`,
      `a-web-app.home.example.com TXT ${OWNED}`,
      `home.example.com A 192.0.2.3`,
      `a-home.example.com TXT ${OWNED}`,
    );
    const app = await explain("app", { stored });
    expect(app.stored).toEqual({
      provider: "local",
      records: [{ type: "A", value: "192.0.2.1", ttlSeconds: undefined, enabled: true }],
      ownership: [{ name: "k8s.a.app.home.example.com", text: OWNED }],
    });
    expect((await explain("", { stored })).stored?.ownership).toEqual([{ name: "a-home.example.com", text: OWNED }]);
  });

  test("without an owner, a registry text without its record, and data beside an alias are pointed out", async () => {
    const hintsOf = async (...lines: readonly string[]) =>
      codes((await explain("app", { stored: storedRecords(...lines) })).hints);
    expect(await hintsOf(`${HOST} A 192.0.2.1`)).toEqual(["ownership.none"]);
    expect(await hintsOf(`a-app.home.example.com TXT ${OWNED}`)).toContain("ownership.orphan");
    expect(await hintsOf(`${HOST} CNAME a.example.net`, `${HOST} TXT "x"`)).toContain("stored.beside-alias");
  });

  test("that is switched off at the backend is said to be", async () => {
    const { provider, records } = storedRecords(`${HOST} A 192.0.2.1`);
    const stored = { provider, records: records.map((record) => ({ ...record, enabled: false })) };
    expect(codes((await explain("app", { stored })).hints)).toContain("stored.disabled");
  });

  test("is all that a process without DNS knows", () => {
    const explained = explainName(nameOf(HOST), {
      reading: undefined,
      view: "",
      otherViews: [],
      stored: storedRecords(`${HOST} A 192.0.2.1`),
    });
    expect(explained).toMatchObject({ answers: [], claims: [], stored: { records: [{ value: "192.0.2.1" }] } });
    expect(codes(explained.hints)).toEqual(["dns.off", "ownership.none"]);
  });

  test("and cannot be listed says why", async () => {
    const stored = { provider: "local", records: [], problem: "the stored records are still being read" };
    expect((await explain("app", { stored })).stored).toMatchObject({ problem: stored.problem });
  });
});

test("every explanation is what the published schema says", async () => {
  for (const [cluster, label] of Object.values(REASONS)) {
    const explained = await explain(label.endsWith(".") ? "app" : label, {
      ...cluster,
      stored: storedRecords(`${HOST} A 192.0.2.1`),
    });
    expect(EXPLANATION.safeParse(JSON.parse(JSON.stringify(explained))).error).toBeUndefined();
  }
});

test("a reverse zone answers with the names of its addresses, and says whose they are", async () => {
  const zones = [HOME.apex, nameOf("2.0.192.in-addr.arpa")];
  const facts = await factsOf({ changes: [[ingress([HOST])]], zones });
  const { answers, claims } = explainName(nameOf("1.2.0.192.in-addr.arpa"), facts);
  expect(answers.find(({ type }) => type === "PTR")).toMatchObject({
    result: "data",
    records: [{ type: "PTR", value: HOST }],
  });
  expect(claims).toMatchObject([
    { by: "Ingress default/app", values: [{ value: `PTR ${HOST}`, verdict: "answered" }] },
  ]);
});
