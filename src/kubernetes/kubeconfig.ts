// Access by contexts of a kubeconfig. Loads @kubernetes/client-node, and only here: it knows kubeconfigs and every way in which they
// authenticate (docs/decisions.md 38); nothing is asked through it.

import type { RequestOptions } from "node:https";
import type { KubeConfig } from "@kubernetes/client-node/dist/config.js";
import { ConfigError } from "#src/errors.ts";
import type { Clock } from "#src/lib/clock.ts";
import type { ClusterAccess } from "./connection.ts";
import { ApiFailure } from "./failure.ts";
import type { TlsMaterial } from "./https-transport.ts";

export interface KubeconfigOptions {
  /** Files whose contents are joined, the first has the better right. */
  readonly files: readonly string[];
  /** Names of contexts; empty: the current one. */
  readonly contexts: readonly string[];
  readonly clock: Clock;
}

/** Credentials that did not say how long they last are asked for again after this long. */
const MAX_AGE_MS = 60_000;

/** One access for each context, in the given order. Rejects with ConfigError for a file or a context that cannot be used. */
export async function kubeconfigAccess(options: KubeconfigOptions): Promise<readonly ClusterAccess[]> {
  const { KubeConfig } = await import("@kubernetes/client-node/dist/config.js");
  const load = (): KubeConfig => {
    const parts = options.files.map((file) => {
      const part = new KubeConfig();
      part.loadFromFile(file);
      return part;
    });
    return joined(new KubeConfig(), parts);
  };
  const config = orRefuse("kubernetes.kubeconfig", "Name a kubeconfig that kubectl can read.", load);
  const contexts = options.contexts.length === 0 ? [config.getCurrentContext()] : options.contexts;
  return contexts.map((context) => contextAccess(context, load, options.clock));
}

/** As kubectl joins them: of equal names the first one holds (`mergeConfig` of the library refuses them). */
function joined(config: KubeConfig, parts: readonly KubeConfig[]): KubeConfig {
  config.loadFromOptions({
    clusters: distinct(parts.flatMap(({ clusters }) => clusters)),
    users: distinct(parts.flatMap(({ users }) => users)),
    contexts: distinct(parts.flatMap(({ contexts }) => contexts)),
    currentContext: parts.map((part) => part.getCurrentContext()).find(Boolean) ?? "",
  });
  return config;
}

function distinct<T extends { readonly name: string }>(items: readonly T[]): readonly T[] {
  return items.filter((item, index) => items.findIndex(({ name }) => name === item.name) === index);
}

function contextAccess(context: string, load: () => KubeConfig, clock: Clock): ClusterAccess {
  const loadContext = (): KubeConfig => {
    const config = load();
    if (config.getContextObject(context) === null) throw new Error(`there is no context "${context}"`);
    config.setCurrentContext(context);
    if (config.getCurrentCluster() === null) throw new Error(`context "${context}" names no cluster that is there`);
    if (!/^https?:\/\//.test(config.getCurrentCluster()?.server ?? "")) throw new Error("its cluster has no URL");
    return config;
  };
  let config = orRefuse("kubernetes.contexts", "kubectl config get-contexts lists them.", loadContext);
  let read: { readonly headers: Readonly<Record<string, string>>; readonly atMs: number } | undefined;
  let tls: TlsMaterial = { verifies: true };
  return {
    name: context,
    server: config.getCurrentCluster()?.server ?? "",
    credentials: {
      headers: async (need) => {
        if (need === "fresh") config = again(context, loadContext);
        else if (read !== undefined && clock.monotonicMs() - read.atMs <= MAX_AGE_MS) return read.headers;
        const options = await authenticated(config);
        tls = tlsMaterial(options);
        read = { headers: headersOf(options), atMs: clock.monotonicMs() };
        return read.headers;
      },
    },
    tls: () => tls,
  };
}

function again(context: string, loadContext: () => KubeConfig): KubeConfig {
  try {
    return loadContext();
  } catch {
    throw new ApiFailure("credentials", `the kubeconfig of context "${context}" cannot be read again`);
  }
}

/** What a plugin prints on its error output may hold a secret. */
async function authenticated(config: KubeConfig): Promise<RequestOptions> {
  const options: RequestOptions = {};
  try {
    await config.applyToHTTPSOptions(options);
  } catch {
    throw new ApiFailure("credentials", `the credentials of context "${config.getCurrentContext()}" could not be had`);
  }
  return options;
}

function headersOf({ headers, auth }: RequestOptions): Readonly<Record<string, string>> {
  const entries = Object.entries(headers ?? {}).flatMap(([name, value]) =>
    typeof value === "string" ? [[name.toLowerCase(), value] as const] : [],
  );
  const basic = typeof auth === "string" ? { authorization: `Basic ${Buffer.from(auth).toString("base64")}` } : {};
  return { ...basic, ...Object.fromEntries(entries) };
}

function tlsMaterial({ ca, cert, key, servername, rejectUnauthorized }: RequestOptions): TlsMaterial {
  return {
    ca: pem(ca),
    cert: pem(cert),
    key: pem(key),
    serverName: servername,
    verifies: rejectUnauthorized !== false,
  };
}

function pem(material: unknown): string | undefined {
  if (typeof material === "string") return material;
  return Buffer.isBuffer(material) ? material.toString("utf8") : undefined;
}

function orRefuse<T>(path: string, hint: string, read: () => T): T {
  try {
    return read();
  } catch (error) {
    // Only the first line: a YAML error goes on with a picture of the file, and its secrets.
    const [problem = ""] = (error instanceof Error ? error.message : String(error)).split("\n");
    throw new ConfigError([{ path, problem, hint }]);
  }
}
