// The console goes away in the middle of a batch and comes back rebooted, perhaps upgraded, its lists empty at first; the real
// process and external-dns' loops live through it. How long it is away is the caller's.

import { setTimeout as sleepFor } from "node:timers/promises";
import { expect, onTestFinished } from "vitest";
import { createExternalDns, type ExternalDns } from "#test/fakes/external-dns/external-dns.ts";
import type { ProfileName } from "#test/fakes/unifi-console/profiles.ts";
import type { SeenRequest } from "#test/fakes/unifi-console/request-log.ts";
import { startUnifiConsole, type UnifiConsole } from "#test/fakes/unifi-console/unifi-console.ts";
import { CommitJudge, type Way } from "#test/support/commit-judge.ts";
import { eventually } from "#test/support/eventually.ts";
import { type Sidecar, startSidecar } from "#test/support/sidecar.ts";
import { endpointsOf, type Wish } from "#test/support/wishes.ts";

export interface Outage {
  readonly profile: ProfileName;
  /** What it comes back as. */
  readonly upgradeTo: ProfileName;
  readonly downMs: number;
  /** How long its lists are empty then. */
  readonly emptyListsMs: number;
  /** From one loop of external-dns to the next. */
  readonly loopMs: number;
}

export interface OutageReport {
  readonly loopsDuringOutage: number;
  readonly loopsToRest: number;
  readonly writes: number;
}

const ZONE = "home.example.com";
const TXT_PREFIX = "k8s.%{record_type}.";
/** The batch has some thirty writes; it is cut here. */
const WRITES_BEFORE_OUTAGE = 12;
const SYNCS_TO_REST = 2;

/** Asserts everything that must hold; the report is for people. */
export async function liveThroughOutage(outage: Outage): Promise<OutageReport> {
  const bench = await startBench(outage);
  const way: Way = { from: BEFORE, to: AFTER };
  await bench.loop({ from: [], to: BEFORE });
  expect(bench.judge.differences(bench.unifi.records(), BEFORE)).toEqual([]);

  const writes = bench.unifi.counters().writes;
  const isBack = bench.goAwayAtWrite(writes + WRITES_BEFORE_OUTAGE);
  expect(await bench.loop(way)).toBe("soft error");
  expect(bench.unifi.counters().writes - writes).toBeGreaterThanOrEqual(WRITES_BEFORE_OUTAGE);
  let loopsDuringOutage = 0;
  for (; !isBack(); loopsDuringOutage += 1) {
    const outcome = await bench.loop(way);
    // A loop that began without a console may end with one.
    expect(isBack() ? ["soft error", "applied", "no changes"] : ["soft error"]).toContain(outcome);
    await expectToldAndAlive(bench.sidecar, isBack);
    await sleepFor(outage.loopMs);
  }
  await eventually("the console is listed again", async () => {
    return (await fetch(`${bench.sidecar.webhookUrl}/records`)).status === 200;
  });
  let loopsToRest = 0;
  while (bench.judge.differences(bench.unifi.records(), AFTER).length > 0) {
    expect(++loopsToRest).toBeLessThanOrEqual(SYNCS_TO_REST);
    await bench.loop(way);
  }
  const written = bench.unifi.counters().writes;
  expect(await bench.loop(way)).toBe("no changes");
  expect(bench.unifi.counters().writes).toBe(written);
  await expectWell(bench.sidecar, outage);
  bench.unifi.settle();
  expect(bench.unifi.reloads().filter(({ starts }) => !starts)).toEqual([]);
  expect((await bench.sidecar.stop()).exitCode).toBe(0);
  return { loopsDuringOutage, loopsToRest, writes: written - writes };
}

interface Bench {
  readonly unifi: UnifiConsole;
  readonly sidecar: Sidecar;
  readonly judge: CommitJudge;
  /** One loop of external-dns; not one commit until its end may be a wrong one. */
  loop(way: Way): Promise<string>;
  /** From that write on; true is answered once it is back with whole lists. */
  goAwayAtWrite(write: number): () => boolean;
}

async function startBench(outage: Outage): Promise<Bench> {
  const watch: { answered: ((request: SeenRequest) => void) | undefined } = { answered: undefined };
  const unifi = await startUnifiConsole({
    profile: outage.profile,
    onAnswered: (request) => watch.answered?.(request),
  });
  onTestFinished(() => unifi.stop());
  unifi.seed(
    { type: "A", name: `nas.${ZONE}`, data: "192.168.1.20" },
    { type: "CNAME", name: `files.${ZONE}`, data: `nas.${ZONE}` },
    { type: "TXT", name: `note.${ZONE}`, data: '"made by hand"' },
  );
  const judge = new CommitJudge({ txtPrefix: TXT_PREFIX, canUpdate: true });
  const sidecar = await startSidecar({
    env: { UNIFI_HOST: unifi.url, UNIFI_API_KEY: unifi.apiKey, UNIFI_TLS_PIN: unifi.fingerprint },
  });
  let wished: readonly Wish[] = [];
  const dns = await startExternalDns(sidecar, () => wished);
  return {
    unifi,
    sidecar,
    judge,
    loop: async (way) => {
      wished = way.to;
      const { outcome } = await dns.loop();
      expect(judge.judge(unifi.commits(), way)).toEqual([]);
      return outcome;
    },
    goAwayAtWrite: (write) => {
      let backAtMs = Number.POSITIVE_INFINITY;
      watch.answered = () => {
        if (unifi.counters().writes < write || backAtMs < Number.POSITIVE_INFINITY) return;
        backAtMs = performance.now() + outage.downMs + outage.emptyListsMs;
        void unifi.reboot({ downMs: outage.downMs, emptyListsMs: outage.emptyListsMs });
        unifi.upgrade(outage.upgradeTo);
      };
      return () => performance.now() > backAtMs;
    },
  };
}

async function startExternalDns({ webhookUrl }: Sidecar, wished: () => readonly Wish[]): Promise<ExternalDns> {
  const dns = createExternalDns({
    url: webhookUrl,
    ownerId: "home",
    txtPrefix: TXT_PREFIX,
    source: () => endpointsOf(wished()),
  });
  onTestFinished(() => dns.close());
  expect(await dns.negotiate()).toMatchObject({ outcome: "ready" });
  return dns;
}

/** The process is well, and says that the console is not. */
async function expectToldAndAlive(sidecar: Sidecar, isBack: () => boolean): Promise<void> {
  expect((await sidecar.get("/livez")).status).toBe(200);
  expect((await sidecar.get("/readyz")).status).toBe(200);
  const { webhook } = await sidecar.status();
  const metrics = (await sidecar.get("/metrics")).text.split("\n");
  if (isBack()) return;
  const isAway = webhook.console["failure"] !== undefined;
  // A list that is doubted was read without a failure; the engine's own refusal stands in the log then.
  if (!isAway) expect(sidecar.events().some((event) => JSON.stringify(event).includes("list.implausible"))).toBe(true);
  else expect(metrics).toContain('zonegate_upstream_up{provider="unifi"} 0');
}

async function expectWell(sidecar: Sidecar, { upgradeTo }: Outage): Promise<void> {
  const { webhook } = await sidecar.status();
  expect(webhook.console["failure"]).toBeUndefined();
  if (upgradeTo === "udm-10.4") expect(webhook.console).toMatchObject({ api: "policies", version: "10.4.57" });
  expect((await sidecar.get("/metrics")).text.split("\n")).toContain('zonegate_upstream_up{provider="unifi"} 1');
}

function wish(label: string, type: Wish["type"], ...values: readonly string[]): Wish {
  return { name: `${label}.${ZONE}`, type, values, ttlSeconds: 0 };
}

/** Twelve names that are there; of which four change, two go and six stay, and ten more come: fewer go than would be held. */
const STAYING = Array.from({ length: 6 }, (_, index) => wish(`stays${index}`, "A", `10.0.0.${index + 1}`));
const CHANGING = Array.from({ length: 3 }, (_, index) => index);
const BEFORE: readonly Wish[] = [
  ...STAYING,
  ...CHANGING.map((index) => wish(`changes${index}`, "A", `10.0.1.${index + 1}`, "10.0.1.99")),
  wish("alias", "CNAME", "lb1.example.net"),
  wish("goes0", "A", "10.0.2.1"),
  wish("goes1", "AAAA", "fd00::1"),
];
const AFTER: readonly Wish[] = [
  ...STAYING,
  ...CHANGING.map((index) => wish(`changes${index}`, "A", `10.0.3.${index + 1}`, "10.0.1.99")),
  wish("alias", "CNAME", "lb2.example.net"),
  ...Array.from({ length: 10 }, (_, index) => wish(`comes${index}`, "A", `10.0.4.${index + 1}`)),
];
