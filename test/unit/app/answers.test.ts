// From claims to publications: what is sent, when, and what becomes of it when it cannot be served.

import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { type Answers, createAnswers } from "#src/app/answers.ts";
import { claimsOf } from "#src/app/claims.ts";
import { changeSnapshot, EMPTY_SNAPSHOT, findZone, type Snapshot } from "#src/dns/snapshot.ts";
import { completeZoneOptions, type ZoneChange } from "#src/dns/zone-content.ts";
import type { RecordSet } from "#src/domain/record.ts";
import { SILENT } from "#src/lib/log.ts";
import { recordSetBelow } from "#test/support/dns/generators.ts";
import { nameOf, recordSet } from "#test/support/dns/records.ts";
import { ManualClock } from "#test/support/manual-clock.ts";

const HOME = "home.test";

function published(fail: () => boolean = () => false) {
  const state: { snapshot: Snapshot; changes: (readonly ZoneChange[])[]; ready: boolean } = {
    snapshot: EMPTY_SNAPSHOT,
    changes: [],
    ready: false,
  };
  const answers = createAnswers({
    view: "",
    zones: [completeZoneOptions(nameOf(HOME)), completeZoneOptions(nameOf(`lab.${HOME}`))],
    awaited: ["static", "local"],
    clock: new ManualClock(),
    log: SILENT,
    publish: (changes, ready) => {
      if (fail()) return Promise.reject(new Error("cannot be served"));
      state.changes.push(changes);
      state.snapshot = changeSnapshot(state.snapshot, structuredClone(changes));
      state.ready = ready;
      return Promise.resolve();
    },
  });
  return { answers, state };
}

function records(...lines: readonly string[]) {
  return claimsOf(lines.map(recordSet));
}

/** Names with data below the zone, as they are served. */
function served(snapshot: Snapshot): readonly string[] {
  return [...snapshot.zones.values()]
    .flatMap(({ nodes, apex }) => [...nodes].filter(([name, { sets }]) => name !== apex && sets.length > 0))
    .map(([name]) => name)
    .sort();
}

describe("publications", () => {
  test("the first holds everything, the next what has changed", async () => {
    const { answers, state } = published();
    await answers.contribute("static", records(`a.${HOME} A 192.0.2.1`, `b.${HOME} A 192.0.2.2`));
    await answers.contribute(
      "static",
      records(`a.${HOME} A 192.0.2.1`, `b.${HOME} A 192.0.2.3`, `c.${HOME} A 192.0.2.4`),
    );
    expect(state.changes[0]?.map(({ extent }) => extent)).toEqual(["all", "all"]);
    expect(state.changes[1]?.map(({ apex, extent, names }) => [apex, extent, names.map(([name]) => name)])).toEqual([
      [HOME, "some", [`b.${HOME}`, `c.${HOME}`]],
    ]);
    expect(served(state.snapshot)).toEqual([`a.${HOME}`, `b.${HOME}`, `c.${HOME}`]);
  });

  test("nothing is sent, and the serial stays, when no answer changes", async () => {
    const { answers, state } = published();
    await answers.contribute("static", records(`a.${HOME} A 192.0.2.1`));
    await answers.contribute("local", records());
    const { zones } = answers.status();
    const sent = state.changes.length;
    const outranked = { ...recordSet(`a.${HOME} A 192.0.2.9`), origin: { kind: "local", name: "local" } } as const;
    await answers.contribute("local", claimsOf([outranked]));
    expect(state.changes).toHaveLength(sent);
    expect(answers.status()).toMatchObject({ zones, conflicts: [{ code: "merge.rank" }] });
  });

  test("only the zone that changed gets a new serial", async () => {
    const { answers } = published();
    await answers.contribute("static", records());
    const [home, lab] = answers.status().zones;
    await answers.contribute("static", records(`x.lab.${HOME} A 192.0.2.1`));
    expect(answers.status().zones[0]).toEqual(home);
    expect(answers.status().zones[1]?.serial).toBe((lab?.serial ?? 0) + 1);
  });

  test("a name lies in the zone with the longest apex, and in no other", async () => {
    const { answers, state } = published();
    await answers.contribute("static", records(`x.lab.${HOME} A 192.0.2.1`));
    expect(findZone(state.snapshot, nameOf(HOME))?.nodes.has(nameOf(`x.lab.${HOME}`))).toBe(false);
    expect(findZone(state.snapshot, nameOf(`lab.${HOME}`))?.nodes.has(nameOf(`x.lab.${HOME}`))).toBe(true);
  });

  test("what could not be served is sent again with the next change, and is not told as served before", async () => {
    let isBroken = false;
    const { answers, state } = published(() => isBroken);
    await answers.contribute("static", records(`a.${HOME} A 192.0.2.1`));
    isBroken = true;
    const both = records(`a.${HOME} A 192.0.2.1`, `b.${HOME} A 192.0.2.2`);
    await expect(answers.contribute("static", both)).rejects.toThrow("cannot be served");
    expect(served(answers.facts().snapshot)).toEqual([`a.${HOME}`]);
    isBroken = false;
    await answers.contribute("local", records(`c.${HOME} A 192.0.2.3`));
    expect(served(state.snapshot)).toEqual([`a.${HOME}`, `b.${HOME}`, `c.${HOME}`]);
    expect(served(answers.facts().snapshot)).toEqual(served(state.snapshot));
  });
});

test("any history of claims ends in what the last claims say", async () => {
  const claims = fc.array(recordSetBelow(HOME), { maxLength: 12 });
  const history = fc.array(fc.tuple(fc.constantFrom("static" as const, "local" as const), claims), { maxLength: 8 });
  await fc.assert(
    fc.asyncProperty(history, async (steps) => {
      const { answers, state } = published();
      const last = new Map<"static" | "local", readonly RecordSet[]>([
        ["static", []],
        ["local", []],
      ]);
      for (const [from, sets] of steps) {
        const owned = sets.map((set) => ({ ...set, origin: { kind: from, name: "test" } }));
        last.set(from, owned);
        await answers.contribute(from, claimsOf(owned));
      }
      const fresh = published();
      await contributeAll(fresh.answers, last);
      await contributeAll(answers, last);
      expect(contentOf(state.snapshot)).toEqual(contentOf(fresh.state.snapshot));
      expect(sorted(answers.status().conflicts)).toEqual(sorted(fresh.answers.status().conflicts));
      expect(sorted(answers.status().problems)).toEqual(sorted(fresh.answers.status().problems));
    }),
    { numRuns: 200 },
  );
});

async function contributeAll(
  answers: Answers,
  all: ReadonlyMap<"static" | "local", readonly RecordSet[]>,
): Promise<void> {
  for (const [from, sets] of all) await answers.contribute(from, claimsOf(sets));
}

function contentOf(snapshot: Snapshot): object {
  return [...snapshot.zones.values()].map(({ apex, nodes }) => [
    apex,
    Object.fromEntries([...nodes].map(([name, { sets }]) => [name, name === apex ? sets.length : [...sets]])),
  ]);
}

function sorted(list: readonly object[]): readonly string[] {
  return list.map((item) => JSON.stringify(item)).sort();
}
