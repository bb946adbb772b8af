import { describe, expect, test } from "vitest";
import { parseAllDocuments } from "yaml";
import { neededRules } from "#src/app/cluster-rights.ts";
import { rights } from "#src/cli/rights.ts";
import { DEFAULT_SOURCE_NAMES } from "#src/domain/source-name.ts";

function run(env: Readonly<Record<string, string>>, flags: Readonly<Record<string, string>> = {}) {
  const lines: string[] = [];
  const complaints: string[] = [];
  const code = rights(
    { env, flags: new Map(Object.entries(flags)), fileExists: () => false, readFile: () => "" },
    (line) => lines.push(line),
    (line) => complaints.push(line),
  );
  const documents = parseAllDocuments(lines.join("\n")).map((document): unknown => document.toJS());
  return { code, lines, complaints, documents };
}

describe("zonegate rights", () => {
  test("prints one ClusterRole when every namespace is read, outside a pod too", () => {
    const { code, documents } = run({ ZONES: "home.example.com" });
    expect(code).toBe(0);
    expect(documents).toEqual([
      {
        apiVersion: "rbac.authorization.k8s.io/v1",
        kind: "ClusterRole",
        metadata: { name: "zonegate" },
        rules: neededRules(DEFAULT_SOURCE_NAMES, []).cluster,
      },
    ]);
  });

  test("prints a Role for each namespace that is named", () => {
    const { documents } = run({ ZONES: "home.example.com", SOURCES: "ingress" }, { "kube-namespaces": "dns,media" });
    const { cluster, namespace } = neededRules(["ingress"], ["dns", "media"]);
    expect(documents).toMatchObject([
      { kind: "ClusterRole", rules: cluster },
      { kind: "Role", metadata: { name: "zonegate", namespace: "dns" }, rules: namespace },
      { kind: "Role", metadata: { name: "zonegate", namespace: "media" }, rules: namespace },
    ]);
  });

  test("prints them also where the settings say that no cluster is read yet", () => {
    const { documents } = run({ ZONES: "home.example.com", KUBERNETES_ENABLED: "false", MANIFESTS_DIR: "/manifests" });
    expect(documents).toMatchObject([{ kind: "ClusterRole" }]);
  });

  test("has no list twice by reference: what is copied out of it works alone", () => {
    expect(run({ ZONES: "home.example.com" }).lines.filter((line) => /[&*]/.test(line))).toEqual([]);
  });

  test("a webhook needs none", () => {
    const { code, lines } = run({
      ZONEGATE_MODE: "webhook",
      UNIFI_HOST: "192.168.1.1",
      UNIFI_API_KEY: "k",
      UNIFI_TLS_PIN: "00".repeat(32),
    });
    expect({ code, lines }).toEqual({
      code: 0,
      lines: ["# Mode webhook answers no DNS and reads no cluster: it needs no rights."],
    });
  });

  test("names every wrong setting, and ends with 78", () => {
    const { code, complaints } = run({ ZONES: "home.example.com", SOURCES: "ingres" });
    expect(code).toBe(78);
    expect(complaints.join("\n")).toContain("sources.kinds (SOURCES)");
  });
});
