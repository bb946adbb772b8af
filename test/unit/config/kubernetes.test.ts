// Which cluster is read: what the settings say together with the mode and the surroundings.

import { describe, expect, test } from "vitest";
import { load, problemsOf, type Written } from "#test/support/settings.ts";

const FOLDER = "/var/run/secrets/kubernetes.io/serviceaccount";
const POD = { KUBERNETES_SERVICE_HOST: "10.43.0.1", KUBERNETES_SERVICE_PORT: "443" };
const TOKEN = { [`${FOLDER}/token`]: "token" };
const ZONES = { ZONES: "home.example.com", DOMAIN_FILTER: "home.example.com" };
const IN_POD = { kind: "in-cluster", host: "10.43.0.1", port: "443", folder: FOLDER };

function readOf(written: Written) {
  return load({ ...written, env: { ...ZONES, ...written.env } }).kubernetes;
}

describe("by itself", () => {
  test("the cluster of the pod is read when its token is mounted", () => {
    expect(readOf({ env: POD, files: TOKEN })).toEqual({ access: IN_POD, namespaces: [] });
  });

  test("a pod without a token reads none, and is told so", () => {
    expect(readOf({ env: POD })).toBeUndefined();
    expect(load({ env: { ...ZONES, ...POD } }).warnings).toContainEqual(expect.stringContaining("holds no token"));
  });

  test.each([
    ["outside a pod", {}],
    ["beside a folder of manifests", { ...POD, MANIFESTS_DIR: "/m" }],
    ["in mode webhook, which answers no DNS", { ...POD, ZONEGATE_MODE: "webhook" }],
    ["where it is switched off", { ...POD, KUBERNETES_ENABLED: "false" }],
    ["because a kubeconfig lies around", { KUBECONFIG: "/k" }],
  ])("none is read %s", (_, env) => {
    expect(readOf({ env, files: { ...TOKEN, "/m": "" } })).toBeUndefined();
  });

  test("the example is not joined by whatever cluster is near", () => {
    expect(load({ env: POD, files: TOKEN }).kubernetes).toBeUndefined();
  });

  test("contexts that are named are read, in their order", () => {
    expect(readOf({ env: { KUBE_CONTEXTS: "edge, home", KUBECONFIG: "/a:/b", KUBE_NAMESPACES: "dns,media" } })).toEqual(
      {
        access: { kind: "kubeconfig", files: ["/a", "/b"], contexts: ["edge", "home"] },
        namespaces: ["dns", "media"],
      },
    );
  });
});

describe("switched on", () => {
  test("a pod needs no token to be found here: its absence is said at the start", () => {
    expect(readOf({ env: { ...POD, KUBERNETES_ENABLED: "true" } })?.access).toEqual(IN_POD);
  });

  test("a kubeconfig that is named goes before the cluster of the pod", () => {
    expect(readOf({ env: { ...POD, KUBERNETES_ENABLED: "1", KUBECONFIG: "/k" } })?.access).toEqual({
      kind: "kubeconfig",
      files: ["/k"],
      contexts: [],
    });
  });

  test("outside a pod the kubeconfig of the home is read", () => {
    expect(readOf({ env: { HOME: "/home/me", KUBERNETES_ENABLED: "true" } })?.access).toMatchObject({
      files: ["/home/me/.kube/config"],
    });
  });

  test("beside a folder of manifests both are read", () => {
    const settings = load({
      env: { ...ZONES, ...POD, KUBERNETES_ENABLED: "true", MANIFESTS_DIR: "/m" },
      files: { "/m": "" },
    });
    expect(settings.kubernetes?.access).toEqual(IN_POD);
    expect(settings.sources.manifests).toBe("/m");
  });

  test("in mode webhook it is a warning", () => {
    const env = { ...POD, KUBERNETES_ENABLED: "true", ZONEGATE_MODE: "webhook", DOMAIN_FILTER: "a.example" };
    expect(load({ env }).warnings).toContainEqual(expect.stringContaining("answers no DNS"));
  });
});

describe("refused are", () => {
  test.each([
    ["no cluster to be found", { KUBERNETES_ENABLED: "true" }, "kubernetes"],
    ["a word that is no choice", { KUBERNETES_ENABLED: "maybe" }, "kubernetes.enabled (KUBERNETES_ENABLED)"],
    ["a context named twice", { KUBE_CONTEXTS: "a,a", KUBECONFIG: "/k" }, "kubernetes.contexts"],
    [
      "an environment that switches verification off",
      { KUBE_CONTEXTS: "a", KUBECONFIG: "/k", NODE_TLS_REJECT_UNAUTHORIZED: "0" },
      "kubernetes (NODE_TLS_REJECT_UNAUTHORIZED)",
    ],
  ])("%s", (_, env, path) => {
    expect(problemsOf({ env: { ...ZONES, ...env } }).map((problem) => problem.path)).toEqual([path]);
  });

  test("that environment is nobody's concern where no cluster is read", () => {
    expect(readOf({ env: { NODE_TLS_REJECT_UNAUTHORIZED: "0" } })).toBeUndefined();
  });
});
