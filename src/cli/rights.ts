// `zonegate rights`: the roles that reading a cluster needs under these settings, as YAML for kubectl. Opens no socket.

import { Document, isScalar, visit } from "yaml";
import { neededRules, type PolicyRule } from "#src/app/cluster-rights.ts";
import { loadSettings, type SettingsSources } from "#src/config/load.ts";
import { ConfigError } from "#src/errors.ts";
import { problemLines } from "./check.ts";
import { EXIT_CODES, type ExitCode } from "./exit-codes.ts";

/** Writes a YAML stream through `print`; returns 0, or 78 with every problem through `complain`. */
export function rights(
  sources: SettingsSources,
  print: (line: string) => void,
  complain: (line: string) => void,
): ExitCode {
  try {
    const { kubernetes, sources: read, mode } = loadSettings(asInPod(sources));
    const text =
      kubernetes === undefined
        ? `# Mode ${mode.mode} answers no DNS and reads no cluster: it needs no rights.`
        : rolesText(neededRules(read.kinds, kubernetes.namespaces), kubernetes.namespaces);
    for (const line of text.trimEnd().split("\n")) print(line);
    return EXIT_CODES.ok;
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    for (const line of problemLines(error.problems)) complain(line);
    return EXIT_CODES.config;
  }
}

/** Rights are needed where the settings will be used: that no pod has them now changes nothing. */
function asInPod(sources: SettingsSources): SettingsSources {
  return {
    ...sources,
    env: { ...sources.env, KUBERNETES_SERVICE_HOST: "kubernetes.default.svc", KUBERNETES_SERVICE_PORT: "443" },
    flags: new Map([...sources.flags, ["kubernetes", "true"]]),
  };
}

/** The roles as one YAML stream, each called `zonegate`. */
export function rolesText(
  { cluster, namespace }: ReturnType<typeof neededRules>,
  namespaces: readonly string[],
): string {
  const within = namespace.length === 0 ? [] : namespaces;
  const roles = [
    role({ kind: "ClusterRole", metadata: { name: NAME } }, cluster),
    ...within.map((name) => role({ kind: "Role", metadata: { name: NAME, namespace: name } }, namespace)),
  ];
  return roles.join("---\n");
}

const NAME = "zonegate";
const RBAC_VERSION = "rbac.authorization.k8s.io/v1";

function role(head: { readonly kind: string; readonly metadata: object }, rules: readonly PolicyRule[]): string {
  const document = new Document({ apiVersion: RBAC_VERSION, ...head, rules }, { aliasDuplicateObjects: false });
  visit(document, {
    Seq: (_, list) => {
      list.flow = list.items.every(isScalar);
    },
  });
  return document.toString({ lineWidth: 0, flowCollectionPadding: false });
}
