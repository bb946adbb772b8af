import { describe, expect, test } from "vitest";
import { parseLabelSelector } from "#src/domain/label-selector.ts";
import { load, problemsOf, yaml } from "#test/support/settings.ts";

const ZONE = "zones: [home.example.com]";

function fromEnv(env: Record<string, string>) {
  return load({ ...yaml(ZONE), env }).sources;
}

function selectors(...texts: readonly string[]) {
  return texts.map((text) => {
    const selector = parseLabelSelector(text);
    if (!selector.ok) throw new Error(selector.problem);
    return selector.value;
  });
}

test("without a word about them every kind has its defaults", () => {
  expect(load(yaml(ZONE)).sources).toMatchObject({
    classTargets: new Map(),
    kindOptions: {
      service: { labelSelectors: [], clusterAddresses: false },
      ingress: { tlsHosts: false },
      node: { addressType: "InternalIP" },
      traefik: { service: { namespace: "traefik", name: "traefik" } },
      multus: { names: "annotated" },
    },
  });
});

describe("targets of a class", () => {
  const expected = new Map([
    ["internal", ["192.168.20.10", "fd20::10"]],
    ["external", ["lb.example.net"]],
  ]);

  test("are pairs in one text, or a mapping in the file", () => {
    const text = "internal=192.168.20.10, internal=fd20::10,external=lb.example.net";
    expect(fromEnv({ CLASS_TARGETS: text }).classTargets).toEqual(expected);
    const file = 'sources: {classTargets: {internal: [192.168.20.10, "fd20::10"], external: lb.example.net}}';
    expect(load(yaml(ZONE, file)).sources.classTargets).toEqual(expected);
  });

  test.each(["internal", "=192.0.2.1", "internal=", "internal=a=b", "internal=192.0.2", "internal=*.example.net"])(
    "%s is refused",
    (text) => {
      expect(problemsOf({ ...yaml(ZONE), env: { CLASS_TARGETS: text } })).toHaveLength(1);
    },
  );

  test.each(["{internal: []}", "{internal: 7}", "7", "[internal]"])("%s in the file is refused", (text) => {
    expect(problemsOf(yaml(ZONE, `sources: {classTargets: ${text}}`))).toHaveLength(1);
  });
});

describe("label selectors of Services", () => {
  test("one text is divided at semicolons, for commas stand inside", () => {
    const { labelSelectors } = fromEnv({ SERVICE_LABEL_SELECTORS: "dns in (home,lab),!hidden; team=tv" }).kindOptions
      .service;
    expect(labelSelectors).toEqual(selectors("dns in (home,lab),!hidden", "team=tv"));
  });

  test("in the file they are a list", () => {
    const { service } = load(yaml(ZONE, 'sources: {service: {labelSelectors: ["dns=home,!hidden"]}}')).sources
      .kindOptions;
    expect(service.labelSelectors).toEqual(selectors("dns=home,!hidden"));
  });

  test("what is no selector is refused", () => {
    expect(problemsOf({ ...yaml(ZONE), env: { SERVICE_LABEL_SELECTORS: "dns=home;dns in home" } })).toMatchObject([
      { problem: '"dns in home" is no part of a label selector' },
    ]);
  });
});

describe("others", () => {
  test("are read from the environment", () => {
    const env = {
      INGRESS_TLS_HOSTS: "true",
      SERVICE_CLUSTER_ADDRESSES: "true",
      NODE_ADDRESS_TYPE: "ExternalIP",
      TRAEFIK_SERVICE: "kube-system/traefik",
      MULTUS_NAMES: "all",
    };
    expect(fromEnv(env).kindOptions).toEqual({
      service: { labelSelectors: [], clusterAddresses: true },
      ingress: { tlsHosts: true },
      node: { addressType: "ExternalIP" },
      traefik: { service: { namespace: "kube-system", name: "traefik" } },
      multus: { names: "all" },
    });
  });

  test.each([{ TRAEFIK_SERVICE: "traefik" }, { TRAEFIK_SERVICE: "a/b/c" }, { NODE_ADDRESS_TYPE: "Hostname" }])(
    "%j is refused",
    (env) => {
      expect(problemsOf({ ...yaml(ZONE), env })).toHaveLength(1);
    },
  );
});
