// What one change costs among ten thousand objects, counted where each step is taken: from the object to what is sent to the thread.

import { expect, test, vi } from "vitest";
import { createAnswers } from "#src/app/answers.ts";
import { createClusterClaims } from "#src/app/cluster-claims.ts";
import { compileName } from "#src/dns/compile.ts";
import { completeZoneOptions, type ZoneChange } from "#src/dns/zone-content.ts";
import type { ClusterObject } from "#src/domain/cluster-object.ts";
import { DEFAULT_SOURCE_NAMES } from "#src/domain/source-name.ts";
import { SILENT } from "#src/lib/log.ts";
import { mergeName } from "#src/sources/merge.ts";
import { sourcesNamed } from "#src/sources/registry.ts";
import { defaultSourceOptions } from "#src/sources/source.ts";
import { ManualClock } from "#test/support/manual-clock.ts";
import { HOME, ingress } from "#test/unit/sources/objects.ts";

// They go on doing their work, and are counted.
vi.mock("#src/sources/merge.ts", { spy: true });
vi.mock("#src/dns/compile.ts", { spy: true });

const OBJECTS = 10_000;

function app(index: number, address: string, hosts = [`app${index}.home.example.com`]): ClusterObject {
  return ingress(hosts, { className: "internal", addresses: [address], metadata: { name: `app${index}` } });
}

/** Ten thousand Ingresses, answered; `steps` of each further change. */
async function startAnswering() {
  const computed: string[] = [];
  const sources = sourcesNamed(DEFAULT_SOURCE_NAMES).map((source) => ({
    ...source,
    toRecords: (...[object, context]: Parameters<typeof source.toRecords>) => {
      computed.push(object.metadata.name);
      return source.toRecords(object, context);
    },
  }));
  let sent: readonly ZoneChange[] = [];
  const claims = createClusterClaims([undefined], {
    sourceOptions: defaultSourceOptions([HOME]),
    sources,
    nowMs: () => 0,
  });
  const answers = createAnswers({
    view: "",
    zones: [completeZoneOptions(HOME.apex)],
    awaited: ["cluster"],
    clock: new ManualClock(),
    log: SILENT,
    publish: (changes) => {
      sent = changes;
      return Promise.resolve();
    },
  });
  const steps = async (...upserted: readonly ClusterObject[]) => {
    computed.length = 0;
    sent = [];
    vi.clearAllMocks();
    claims.apply({ upserted, deleted: [] });
    await answers.contribute("cluster", claims, claims.takeTouched());
    return {
      computed: [...computed],
      merged: vi.mocked(mergeName).mock.calls.length,
      compiled: vi.mocked(compileName).mock.calls.map(([name]) => name),
      sent: sent.flatMap(({ names }) => names.map(([name]) => name)),
    };
  };
  const first = await steps(...Array.from({ length: OBJECTS }, (_, index) => app(index, "192.168.1.10")));
  return { first, steps };
}

/** One for all tests: each changes an object of its own. */
const answering = startAnswering();

test("the first time everything is computed, merged and compiled once and sent at once", async () => {
  const { first } = await answering;
  expect([first.computed.length, first.merged, first.compiled.length]).toEqual([OBJECTS, OBJECTS, OBJECTS]);
  // The apex is sent along.
  expect(first.sent).toHaveLength(OBJECTS + 1);
});

test("another address of one object: one object is computed, one name merged, compiled and sent", async () => {
  const { steps } = await answering;
  const name = "app7.home.example.com";
  expect(await steps(app(7, "192.168.1.11"))).toEqual({
    computed: ["app7"],
    merged: 1,
    compiled: [name],
    sent: [name],
  });
});

test("an object that gives up one name for another touches the two", async () => {
  const { steps } = await answering;
  const names = ["app8.home.example.com", "other.home.example.com"];
  const counted = await steps(app(8, "192.168.1.10", ["other.home.example.com"]));
  expect({ ...counted, sent: counted.sent.toSorted() }).toEqual({
    computed: ["app8"],
    merged: 2,
    compiled: names,
    sent: names,
  });
});

test("an object that comes again as it is costs nothing", async () => {
  const { steps } = await answering;
  expect(await steps(app(9, "192.168.1.10"))).toEqual({ computed: [], merged: 0, compiled: [], sent: [] });
});
