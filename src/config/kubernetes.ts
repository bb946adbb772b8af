// What the settings of the cluster amount to together with the mode and the surroundings: which API is read, if any.

import { join } from "node:path";
import type { Environment } from "./layers.ts";
import type { ModeChoice } from "./mode.ts";
import type { CrossProblem } from "./problems.ts";
import type { WrittenSettings } from "./schema.ts";

export interface KubernetesSettings {
  readonly access:
    | {
        readonly kind: "in-cluster";
        readonly host: string;
        readonly port: string;
        /** Where token and authority lie. */
        readonly folder: string;
      }
    | {
        readonly kind: "kubeconfig";
        readonly files: readonly string[];
        /** In falling order of right; empty: the current one. */
        readonly contexts: readonly string[];
      };
  /** Empty: all. */
  readonly namespaces: readonly string[];
}

export interface KubernetesContext {
  readonly mode: ModeChoice;
  readonly env: Environment;
  /** Text of a file; throws the system's error. */
  readonly readFile: (path: string) => string;
}

export interface KubernetesRead {
  /** `undefined`: no cluster is read. */
  readonly kubernetes: KubernetesSettings | undefined;
  readonly problems: readonly CrossProblem[];
  readonly warnings: readonly string[];
}

/** Where the kubelet mounts what a service account has. */
const SERVICE_ACCOUNT_FOLDER = "/var/run/secrets/kubernetes.io/serviceaccount";
const NOTHING: KubernetesRead = { kubernetes: undefined, problems: [], warnings: [] };

export function readKubernetes(written: WrittenSettings, context: KubernetesContext): KubernetesRead {
  const { enabled } = written.kubernetes;
  if (enabled === "false") return NOTHING;
  if (!context.mode.parts.has("dns")) {
    const warning = `kubernetes: set, but mode ${context.mode.mode} answers no DNS, so no cluster is read`;
    return enabled === "true" ? { ...NOTHING, warnings: [warning] } : NOTHING;
  }
  const read = enabled === "true" ? chooseAccess(written, context) : chooseByItself(written, context);
  return read.kubernetes === undefined ? read : { ...read, problems: [...read.problems, ...tlsProblems(context.env)] };
}

/** Nobody said so: a folder of manifests goes before, and what is not there is no problem. */
function chooseByItself(written: WrittenSettings, { env, readFile }: KubernetesContext): KubernetesRead {
  const { contexts } = written.kubernetes;
  if (written.sources.manifests !== undefined) return NOTHING;
  if (contexts.length > 0) return settled(written, fromKubeconfig(written, env));
  const inCluster = fromEnvironment(env);
  if (inCluster === undefined) return NOTHING;
  if (isReadable(join(inCluster.folder, "token"), readFile)) return settled(written, inCluster);
  const warning = `kubernetes: this is a pod, but ${inCluster.folder} holds no token, so the cluster is not read; mount the service account's token, or set kubernetes.enabled to false`;
  return { ...NOTHING, warnings: [warning] };
}

function chooseAccess(written: WrittenSettings, { env }: KubernetesContext): KubernetesRead {
  const { kubeconfig, contexts } = written.kubernetes;
  const isNamed = kubeconfig !== undefined || contexts.length > 0;
  return settled(written, (isNamed ? undefined : fromEnvironment(env)) ?? fromKubeconfig(written, env));
}

function settled(written: WrittenSettings, access: KubernetesSettings["access"] | undefined): KubernetesRead {
  const { namespaces, contexts } = written.kubernetes;
  if (access === undefined) {
    const problem = {
      path: "kubernetes",
      problem: "no cluster can be found: this is no pod, and no kubeconfig is named",
      hint: "Set KUBECONFIG, or set kubernetes.enabled to false.",
    };
    return { ...NOTHING, problems: [{ concerns: ["kubernetes"], problem }] };
  }
  const twice = contexts.filter((context, index) => contexts.indexOf(context) !== index);
  const problems = twice.map((context) => ({
    concerns: ["kubernetes.contexts"],
    problem: { path: "kubernetes.contexts", problem: `${context} is there twice`, hint: "Keep one of them." },
  }));
  return { kubernetes: { access, namespaces: [...new Set(namespaces)] }, problems, warnings: [] };
}

function fromEnvironment(env: Environment): Extract<KubernetesSettings["access"], { kind: "in-cluster" }> | undefined {
  const host = env["KUBERNETES_SERVICE_HOST"] ?? "";
  const port = env["KUBERNETES_SERVICE_PORT"] ?? "";
  return host === "" || port === "" ? undefined : { kind: "in-cluster", host, port, folder: SERVICE_ACCOUNT_FOLDER };
}

function fromKubeconfig({ kubernetes }: WrittenSettings, env: Environment): KubernetesSettings["access"] | undefined {
  const home = env["HOME"] ?? "";
  const files = kubernetes.kubeconfig ?? (home === "" ? [] : [join(home, ".kube", "config")]);
  return files.length === 0 ? undefined : { kind: "kubeconfig", files, contexts: kubernetes.contexts };
}

/** Libraries leave it to this variable whether certificates are looked at: it would give the token to whoever answers. */
function tlsProblems(env: Environment): readonly CrossProblem[] {
  if (env["NODE_TLS_REJECT_UNAUTHORIZED"] !== "0") return [];
  const problem = {
    path: "kubernetes (NODE_TLS_REJECT_UNAUTHORIZED)",
    problem: "the environment switches the verification of every certificate off, and a cluster is read",
    hint: "Unset NODE_TLS_REJECT_UNAUTHORIZED.",
  };
  return [{ concerns: ["kubernetes"], problem }];
}

function isReadable(path: string, readFile: KubernetesContext["readFile"]): boolean {
  try {
    readFile(path);
    return true;
  } catch {
    return false;
  }
}
