// The real Dockerfile, built and run as docs/image.md promises it. Takes a minute, so it has a command of its own:
// `npm run test:image`.

import { chown, readFile } from "node:fs/promises";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { BUNDLE_PART } from "#test/support/bundle.ts";
import { lookup, lookupTcp, valuesOf } from "#test/support/dns/lookup.ts";
import { type Buildah, createBuildah, runProgram } from "#test/support/image/buildah.ts";
import { enterContainer, type ImageConfig, imageConfig, imageEnvironment } from "#test/support/image/container.ts";
import { baseImageName, ensureStandIn, npmVolumes } from "#test/support/image/stand-in.ts";
import { describeWithPeer } from "#test/support/peers.ts";
import { temporaryFolder } from "#test/support/temporary-folder.ts";
import {
  type RunningZonegate,
  runZonegate,
  startZonegate,
  type ZonegateOptions,
} from "#test/support/zonegate-process.ts";

const IMAGE = "localhost/zonegate-under-test";
/** Debian's system and the registry's packages come over the network the first time. */
const BUILD_TIMEOUT_MS = 900_000;
const UID = 65_532;
const MEDIA_TYPE = "application/external.dns.webhook+json;version=1";

describeWithPeer("buildah", "the image", (program) => {
  let buildah: Buildah;
  let config: ImageConfig;
  let container: string | undefined;
  let root: string;

  beforeAll(async () => {
    buildah = await createBuildah(program);
    await ensureStandIn(buildah, await baseImageName());
    const build = ["bud", "--pull-never", "--isolation", "chroot", "--layers=false", "--tag", IMAGE];
    await buildah(...build, ...(await npmVolumes()), ".");
    config = await imageConfig(buildah, IMAGE);
    container = await buildah("from", "--pull-never", IMAGE);
    root = await buildah("mount", container);
  }, BUILD_TIMEOUT_MS);

  afterAll(async () => {
    // What was not made, because the build failed, cannot be removed.
    if (container === undefined) return;
    await buildah("rm", container);
    await buildah("rmi", IMAGE);
  }, BUILD_TIMEOUT_MS);

  /** Runs a shell line inside, as the image's user; returns what it printed. */
  async function inside(line: string): Promise<string> {
    const [first, ...rest] = enterContainer({ root, dataFolder: await dataFolder(), config });
    return runProgram(first, [...rest, "sh", "-c", line]);
  }

  describe("says how it is run", () => {
    test("its user is a number that is not root", () => {
      expect(config.User).toBe(`${UID}:${UID}`);
    });

    test("it starts Node itself, without a shell", () => {
      expect(config.Entrypoint[0]).toBe("node");
      expect(config.Cmd).toEqual(["serve"]);
    });

    test("it exposes DNS and ops, and not the webhook", () => {
      expect(Object.keys(config.ExposedPorts).sort()).toEqual(["1053/tcp", "1053/udp", "8080/tcp"]);
    });

    test("its one volume is the data folder", () => {
      expect(Object.keys(config.Volumes)).toEqual([imageEnvironment(config)["DATA_DIR"]]);
    });
  });

  describe("contains", () => {
    test("two programs, their parts, maps and licences, and nothing else of ours", async () => {
      const files = (await inside("ls /app")).split("\n").filter((file) => !BUNDLE_PART.test(file));
      expect(files.sort()).toEqual([
        "LICENSE",
        "LICENSES.txt",
        "main.mjs",
        "main.mjs.LEGAL.txt",
        "main.mjs.map",
        "worker.mjs",
        "worker.mjs.map",
      ]);
    });

    test("no node_modules and no package manager", async () => {
      const found = await inside(
        "find / -xdev \\( -name node_modules -o -name 'npm*' -o -name 'yarn*' \\) 2>/dev/null || true",
      );
      // The last build step leaves the empty places where npm's settings were mounted for it.
      expect(found.split("\n").filter((path) => path !== "" && path !== "/usr/local/etc/npmrc")).toEqual([]);
    });

    test("nothing that its user can write but the data folder", async () => {
      await expect(inside("touch /app/main.mjs")).rejects.toThrow(/Permission denied/u);
      await expect(inside("touch /tmp/file")).rejects.toThrow(/Read-only file system/u);
      expect(await inside("touch /data/file && ls /data")).toBe("file");
    });

    test("nothing of ours that its user could write, were the root writable", async () => {
      const found = await runProgram("chroot", [
        `--userspec=${config.User}`,
        "--groups=",
        root,
        "sh",
        "-c",
        "find / -xdev -writable \\( -type f -o -type d \\) 2>/dev/null | sort || true",
      ]);
      // Everybody's folders of Debian, which a read-only root closes.
      expect(found.split("\n")).toEqual(["/data", "/run/lock", "/tmp", "/var/tmp"]);
    });
  });

  describe("runs as its user with a read-only root", () => {
    test("it answers on port 1053 over UDP and TCP, and says that it lives", async () => {
      const zonegate = await start();

      expect(zonegate.dns.port).toBe(1053);
      expect(valuesOf(await lookup(zonegate.dns, "home.example.com", "NS"))).toEqual(["NS ns1.home.example.com"]);
      expect(valuesOf(await lookupTcp(zonegate.dns, "home.example.com", "NS"))).toEqual(["NS ns1.home.example.com"]);
      expect((await fetch(`${zonegate.opsUrl}/livez`)).status).toBe(200);
    });

    test("it holds no capability and cannot gain one", async () => {
      const { pid } = await start();

      const status = await readFile(`/proc/${pid}/status`, "utf8");
      expect(status).toMatch(/^Uid:\t65532\t65532\t65532\t65532$/mu);
      expect(status).toMatch(/^CapEff:\t0+$/mu);
      expect(status).toMatch(/^NoNewPrivs:\t1$/mu);
    });

    test("a record from external-dns is answered, and again after a restart", async () => {
      const data = await dataFolder();
      const first = await start(data);
      const written = await fetch(`${first.webhookUrl}/records`, {
        method: "POST",
        headers: { "content-type": MEDIA_TYPE },
        body: JSON.stringify({
          Create: [
            { dnsName: "nas.home.example.com", recordType: "A", targets: ["192.168.1.20"], labels: { owner: "image" } },
          ],
        }),
      });
      expect(written.status).toBe(204);
      expect(valuesOf(await lookup(first.dns, "nas.home.example.com"))).toEqual(["A 192.168.1.20"]);
      await first.stop("SIGTERM");

      const second = await start(data);
      expect(valuesOf(await lookup(second.dns, "nas.home.example.com"))).toEqual(["A 192.168.1.20"]);
    });

    test("SIGTERM ends it with exit code 0", async () => {
      const zonegate = await start();

      expect((await zonegate.stop("SIGTERM")).exitCode).toBe(0);
    });

    test("without settings it says what to set and ends with 78", async () => {
      const ended = await runZonegate({ ...options(await dataFolder()), env: imageEnvironment(config) });

      expect(ended.exitCode).toBe(78);
      expect(ended.stderr).toMatch(/zones/u);
    });
  });

  async function start(data?: string): Promise<RunningZonegate> {
    const zonegate = await startZonegate(options(data ?? (await dataFolder())));
    const status = await readFile(`/proc/${zonegate.pid}/status`, "utf8");
    process.stdout.write(`image: ${/^VmRSS:\s+(.*)$/mu.exec(status)?.[1]} resident at the start, standalone\n`);
    return zonegate;
  }

  /** The image's own ports, which an empty variable leaves as they are. */
  function options(data: string): ZonegateOptions {
    return {
      command: [...enterContainer({ root, dataFolder: data, config }), ...config.Entrypoint],
      args: config.Cmd,
      env: { ...imageEnvironment(config), ZONES: "home.example.com", DNS_PORT: "", LAME_DUCK: "0" },
    };
  }
});

async function dataFolder(): Promise<string> {
  const folder = await temporaryFolder();
  await chown(folder, UID, UID);
  return folder;
}
