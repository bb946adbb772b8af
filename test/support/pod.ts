// The real process as the kubelet would start it: the mounted service account at its fixed path, the variables of a pod, the
// settings of a ConfigMap, and a user without rights. Needs root, for a mount namespace of its own.

import { chmod, mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";
import type { ListeningKubeApiServer } from "#test/fakes/kube-apiserver/listening-server.ts";
import type { ServerAddress } from "./dns/clients.ts";
import { temporaryFolder } from "./temporary-folder.ts";
import { REPOSITORY, type SpawnedZonegate, spawnZonegate } from "./zonegate-process.ts";

export interface PodOptions {
  readonly api: ListeningKubeApiServer;
  /** Of its service account. */
  readonly token: string;
  /** Content of /etc/zonegate/zonegate.yaml; ports of its own are put in the place of those in it. */
  readonly config: string;
}

export interface RunningPod extends SpawnedZonegate {
  readonly dns: ServerAddress;
  readonly opsUrl: string;
}

/** As the image: a number. */
const USER = "65532";
const ACCOUNT_FOLDER = "/var/run/secrets/kubernetes.io/serviceaccount";
/** `/var/run` is `/run`: what lies there on this machine is covered, for this process alone. */
const MOUNT_AND_RUN = [
  "mount -t tmpfs tmpfs /run",
  `mkdir -p ${ACCOUNT_FOLDER}`,
  `cp "$0"/token "$0"/ca.crt ${ACCOUNT_FOLDER}`,
  `exec setpriv --reuid=${USER} --regid=${USER} --clear-groups --inh-caps=-all --bounding-set=-all --no-new-privs "$@"`,
].join(" && ");

/** Resolves when it says that it serves; it is ended with the running test. */
export async function startPod({ api, token, config }: PodOptions): Promise<RunningPod> {
  const account = await temporaryFolder();
  const shared = await temporaryFolder();
  await writeFile(join(account, "token"), token);
  await writeFile(join(account, "ca.crt"), api.caPem);
  await writeFile(join(shared, "zonegate.yaml"), config);
  await mkdir(join(shared, "data"));
  await chmod(shared, 0o755);
  await chmod(join(shared, "data"), 0o777);
  const zonegate = await spawnZonegate({
    command: [
      "unshare",
      "--mount",
      "sh",
      "-c",
      MOUNT_AND_RUN,
      account,
      process.execPath,
      join(REPOSITORY, "src/main.ts"),
    ],
    env: {
      PATH: process.env["PATH"] ?? "",
      ZONEGATE_CONFIG: join(shared, "zonegate.yaml"),
      DATA_DIR: join(shared, "data"),
      KUBERNETES_SERVICE_HOST: "127.0.0.1",
      KUBERNETES_SERVICE_PORT: String(api.port),
    },
    folder: shared,
  });
  const { dns, ops } = STARTED.parse(await zonegate.event("started"));
  return { ...zonegate, dns: dns[0]!, opsUrl: `http://127.0.0.1:${ops[0]!.port}` };
}

const STARTED = z.object({
  dns: z.array(z.object({ address: z.string(), port: z.int() })).min(1),
  ops: z.array(z.object({ port: z.int() })).min(1),
});
