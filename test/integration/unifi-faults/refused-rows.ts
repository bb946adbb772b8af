// Rows 19–22 of the fault matrix: the console does not take a record, or cannot do what it is asked.

import { expect } from "vitest";
import type { FaultAction } from "#test/fakes/unifi-console/faults.ts";
import type { Row } from "./row.ts";
import { type World, want } from "./world.ts";

const WWW = want("www.example.com", "A", "10.0.0.1");
const MOVED = want("www.example.com", "A", "10.0.0.2");
const OLD = "www.example.com A 10.0.0.1";
const NEW = "www.example.com A 10.0.0.2";
const HOUR_MS = 3_600_000;
const LOOP_MS = 60_000;

export const REFUSED_ROWS: readonly Row[] = [
  {
    rows: [19],
    fault: "400 to one create",
    expected:
      "the others are written; it is not asked again for an hour, with the console's reason in every report; then it is",
    run: async (world) => {
      const wanted = [WWW, want("odd.example.com", "A", "10.0.0.9")];
      const action: FaultAction = { kind: "refuse", refusal: "invalid", message: "Invalid hostname" };
      world.console.faults.plan([{ operation: "create", name: "odd.example.com", action }]);
      expect(await world.sync(wanted)).toBe("soft");
      expect(world.answers()).toEqual([OLD]);
      const asked = requestsFor(world, "odd.example.com");
      world.clock.time.advance(HOUR_MS - 2 * LOOP_MS);
      expect(await world.sync(wanted)).toBe("soft");
      expect(requestsFor(world, "odd.example.com")).toBe(asked);
      expect(world.engine.status().quarantined).toBe(1);
      expect(failureAt(world, "odd.example.com")).toMatchObject({
        code: "record.quarantined",
        reason: /Invalid hostname/,
      });
      world.console.faults.clear();
      expect(await world.sync(wanted)).toBe("applied");
      expect(world.answers()).toHaveLength(2);
      expect(world.engine.status().quarantined).toBe(0);
    },
  },
  {
    rows: [20],
    fault: "a client's Local DNS record has the name",
    expected: "as row 19: the reason says what to change on the console",
    clients: [{ hostname: "nas", localDnsRecord: "nas.example.com" }],
    run: async (world) => {
      const wanted = [WWW, want("nas.example.com", "A", "10.0.0.9")];
      expect(await world.sync(wanted)).toBe("soft");
      expect(world.answers()).toEqual([OLD]);
      expect(failureAt(world, "nas.example.com")).toMatchObject({
        code: "unifi.local-overlap",
        reason: /Local DNS record/,
      });
      expect(world.console.records()).toHaveLength(2);
      const asked = requestsFor(world, "nas.example.com");
      expect(await world.sync(wanted)).toBe("soft");
      expect(requestsFor(world, "nas.example.com")).toBe(asked);
      expect(failureAt(world, "nas.example.com")).toMatchObject({
        code: "record.quarantined",
        reason: /Local DNS record/,
      });
    },
  },
  {
    rows: [21],
    fault: "the record vanishes between the list and the PUT",
    expected: "a new list and plan within the same apply; the name answers with its new address",
    run: async (world) => {
      await world.sync([WWW]);
      world.operations();
      const action: FaultAction = { kind: "hand-edit", edit: { kind: "remove" }, when: "before" };
      world.console.faults.plan([{ operation: "update", action, times: 1 }]);
      expect(await world.sync([MOVED])).toBe("applied");
      expect(world.answers()).toEqual([NEW]);
      const sent = world.operations();
      expect(sent.slice(sent.indexOf("update"), sent.indexOf("create"))).toContain("list");
      expect(await world.sync([MOVED])).toBe("silent");
    },
  },
  ...rowsWithoutUpdate(),
];

/** Row 22, by what the console answers to a PUT. */
function rowsWithoutUpdate(): readonly Row[] {
  const answers = ["already-exists", "404", "405"] as const;
  return answers.map((v2Put) => ({
    rows: [22],
    fault: `PUT is not offered (${v2Put})`,
    expected: "learned once; the new address comes before the old one goes, an alias goes and comes in a row",
    onlyOn: "static-dns",
    switches: { v2Put },
    run: async (world) => {
      await world.sync([WWW, want("alias.example.com", "CNAME", "a.example.net")]);
      const before = world.written().length;
      expect(await world.sync([MOVED, want("alias.example.com", "CNAME", "b.example.net")])).toBe("applied");
      expect(world.written().slice(before).sort(byName)).toEqual([
        "delete alias.example.com CNAME a.example.net",
        "create alias.example.com CNAME b.example.net",
        `create ${NEW}`,
        `delete ${OLD}`,
      ]);
      // Nothing comes between the two of the alias, not even the text of another name.
      const commits = world.console.commits();
      const gone = commits.findIndex(({ before: record, after }) => record?.type === "CNAME" && after === undefined);
      expect(commits[gone + 1]?.after).toMatchObject({ name: "alias.example.com", data: "b.example.net" });
      const puts = world.console.counters().byOperation.update;
      expect(await world.sync([WWW, want("alias.example.com", "CNAME", "b.example.net")])).toBe("applied");
      expect(world.console.counters().byOperation.update).toBe(puts);
    },
  }));
}

function failureAt(world: World, name: string): object | undefined {
  return world.reports.at(-1)?.failures.find((failure) => failure.name === name);
}

function requestsFor(world: World, name: string): number {
  return world.console.requests().filter((request) => request.name === name).length;
}

/** Units of different names have an order of their own; within a name the order is kept. */
function byName(a: string, b: string): number {
  const [, nameA = ""] = a.split(" ");
  const [, nameB = ""] = b.split(" ");
  return nameA < nameB ? -1 : Number(nameA > nameB);
}
