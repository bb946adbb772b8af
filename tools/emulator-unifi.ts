// An emulated UniFi console to try Zonegate with: starts it, says what to paste, and tells what happens to its records.
// Usage: npm run emulator:unifi -- [--profile NAME] [--port N] [--dns-port N] [--admin-port N] [--faults SEED:RATE]

import { parseArgs } from "node:util";
import { startAdminApi } from "#test/fakes/unifi-console/admin.ts";
import { type DnsPort, startDnsPort } from "#test/fakes/unifi-console/dns-port.ts";
import type { RandomFaults } from "#test/fakes/unifi-console/faults.ts";
import { PROFILES, type ProfileName } from "#test/fakes/unifi-console/profiles.ts";
import type { Commit, FakeRecord } from "#test/fakes/unifi-console/records.ts";
import { startUnifiConsole, type UnifiConsole } from "#test/fakes/unifi-console/unifi-console.ts";

/** sysexits EX_USAGE. */
const EXIT_USAGE = 64;
const PROFILE_NAMES = Object.keys(PROFILES) as readonly ProfileName[];
const USAGE = `usage: npm run emulator:unifi -- [--profile NAME] [--port N] [--dns-port N] [--admin-port N] [--faults SEED:RATE]
profiles: ${PROFILE_NAMES.join(" ")}`;
/** How often new commits and reloads are looked for. */
const WATCH_INTERVAL_MS = 200;

const { profile, port, dnsPort, adminPort, faults } = readArguments();
const unifi = await startUnifiConsole({ profile, port, seed: 1 });
unifi.seed({ type: "A", name: "nas.home.example.org", data: "192.168.1.20" });
unifi.seed({ type: "CNAME", name: "files.home.example.org", data: "nas.home.example.org" });
unifi.settle();
if (faults !== undefined) unifi.faults.random(faults);
const dns = await startDnsPort(unifi.gateway(), { port: dnsPort });
const admin = await startAdminApi(unifi, adminPort);
print(introduction(unifi, dns, admin.url));
const watch = setInterval(createReporter(unifi), WATCH_INTERVAL_MS);

for (const signal of ["SIGINT", "SIGTERM"] as const) {
  process.once(signal, () => {
    clearInterval(watch);
    void Promise.all([unifi.stop(), dns.stop(), admin.stop()]);
  });
}

interface Arguments {
  readonly profile: ProfileName;
  readonly port: number;
  readonly dnsPort: number;
  readonly adminPort: number;
  readonly faults: RandomFaults | undefined;
}

function readArguments(): Arguments {
  try {
    const { values } = parseArgs({
      options: {
        profile: { type: "string", default: "udm-10.4" },
        port: { type: "string", default: "11443" },
        "dns-port": { type: "string", default: "11053" },
        "admin-port": { type: "string", default: "11080" },
        faults: { type: "string" },
      },
    });
    return {
      profile: readProfile(values.profile),
      port: readPort(values.port),
      dnsPort: readPort(values["dns-port"]),
      adminPort: readPort(values["admin-port"]),
      faults: values.faults === undefined ? undefined : readFaults(values.faults),
    };
  } catch (error) {
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n${USAGE}\n`);
    return process.exit(EXIT_USAGE);
  }
}

function readProfile(text: string): ProfileName {
  const name = PROFILE_NAMES.find((known) => known === text);
  if (name === undefined) throw new Error(`no profile ${text}`);
  return name;
}

function readPort(text: string): number {
  const value = Number(text);
  if (!/^\d+$/.test(text) || value > 65_535) throw new Error(`${text} is not a port`);
  return value;
}

function readFaults(text: string): RandomFaults {
  const match = /^(?<seed>\d+):(?<rate>0(?:\.\d+)?|1)$/.exec(text);
  if (match === null) throw new Error(`${text} is not SEED:RATE, such as 7:0.2`);
  return { seed: Number(match.groups?.["seed"]), rate: Number(match.groups?.["rate"]) };
}

function introduction(console: UnifiConsole, dnsPort: DnsPort, adminUrl: string): string {
  return `Emulated UniFi console ${console.profile}, Network ${PROFILES[console.profile].version}: two records made by hand are in it.
  console  ${console.url}  (SHA-256 ${console.fingerprint})
  login    ${console.username} / ${console.password}
  dnsmasq  dig @127.0.0.1 -p ${dnsPort.port} nas.home.example.org  (loads what was written about 4 s later)
  admin    curl ${adminUrl}/state  (also /requests /counters /reloads /faults; POST /human-edit /reboot /upgrade)

Paste this where Zonegate is started:
  export UNIFI_HOST=${console.url}
${accessLines(console).join("\n")}
  export UNIFI_TLS_PIN=${console.fingerprint.replaceAll(":", "").toLowerCase()}
`;
}

/** A version without API keys is opened by its login. */
function accessLines({ profile: name, apiKey, username, password }: UnifiConsole): readonly string[] {
  if (PROFILES[name].apiKeys) return [`  export UNIFI_API_KEY=${apiKey}`];
  return [`  export UNIFI_USER=${username}`, `  export UNIFI_PASS=${password}`];
}

function createReporter(console: UnifiConsole): () => void {
  let [commitsTold, reloadsTold] = [console.commits().length, console.reloads().length];
  return () => {
    const [commits, reloads] = [console.commits(), console.reloads()];
    for (const commit of commits.slice(commitsTold)) print(describeCommit(commit));
    for (const { starts, reasons } of reloads.slice(reloadsTold)) {
      print(starts ? "dnsmasq loaded the records anew" : `dnsmasq DOES NOT START: ${reasons.join("; ")}`);
    }
    [commitsTold, reloadsTold] = [commits.length, reloads.length];
  };
}

function describeCommit({ before, after, by }: Commit): string {
  if (before === undefined) return `${by} created  ${describe(after)}`;
  return after === undefined
    ? `${by} deleted  ${describe(before)}`
    : `${by} changed  ${describe(before)} to ${describe(after)}`;
}

function describe(record: FakeRecord | undefined): string {
  return record === undefined ? "nothing" : `${record.name} ${record.type} ${record.data}`;
}

function print(line: string): void {
  process.stdout.write(`${line}\n`);
}
