// Access from inside a pod: the address in the environment, token and authority in files that the kubelet replaces.

import { readFileSync } from "node:fs";
import { join } from "node:path";
import { UnavailableError } from "#src/errors.ts";
import { codeOf } from "#src/lib/atomic-file.ts";
import type { Clock } from "#src/lib/clock.ts";
import type { ClusterAccess } from "./connection.ts";
import type { TlsMaterial } from "./https-transport.ts";
import { createTokenFile } from "./token-file.ts";

export interface InClusterOptions {
  /** KUBERNETES_SERVICE_HOST: a name, or an IP address without brackets. */
  readonly host: string;
  readonly port: string;
  /** Where token and authority lie. */
  readonly folder: string;
  readonly clock: Clock;
}

/** The authority is replaced once in years; a minute is soon enough. */
const AUTHORITY_AGE_MS = 60_000;

/** Throws UnavailableError when the pod has no service account. */
export function inClusterAccess(options: InClusterOptions): ClusterAccess {
  const { host, port, folder, clock } = options;
  const authorityFile = join(folder, "ca.crt");
  let authority: { readonly tls: TlsMaterial; readonly atMs: number };
  try {
    authority = { tls: readAuthority(authorityFile), atMs: clock.monotonicMs() };
  } catch (error) {
    throw new UnavailableError(
      "kubernetes.unavailable",
      `${authorityFile} cannot be read (${codeOf(error) || "unknown error"}); give the pod a service account whose token is mounted, or set kubernetes.enabled to false`,
      { cause: error },
    );
  }
  return {
    name: "in-cluster",
    server: `https://${host.includes(":") ? `[${host}]` : host}:${port}`,
    credentials: createTokenFile(join(folder, "token"), clock),
    tls: () => {
      if (clock.monotonicMs() - authority.atMs <= AUTHORITY_AGE_MS) return authority.tls;
      try {
        authority = { tls: readAuthority(authorityFile), atMs: clock.monotonicMs() };
      } catch {
        // While it is replaced the last one is good; it is looked at again in a minute.
        authority = { tls: authority.tls, atMs: clock.monotonicMs() };
      }
      return authority.tls;
    },
  };
}

function readAuthority(path: string): TlsMaterial {
  return { ca: readFileSync(path, "utf8"), verifies: true };
}
