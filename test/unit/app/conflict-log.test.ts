// What the log is told of names that two origins claim.

import { expect, test } from "vitest";
import { createAnswers } from "#src/app/answers.ts";
import { claimsOf } from "#src/app/claims.ts";
import { completeZoneOptions } from "#src/dns/zone-content.ts";
import type { RecordSet } from "#src/domain/record.ts";
import type { Logger } from "#src/lib/log.ts";
import { nameOf, recordSet } from "#test/support/dns/records.ts";
import { ManualClock } from "#test/support/manual-clock.ts";

interface Line {
  readonly level: string;
  readonly event: string;
  readonly [field: string]: unknown;
}

function answersWithLog(view: string) {
  const lines: Line[] = [];
  const note = (level: string) => (fields: object, event: string) => void lines.push({ level, event, ...fields });
  const log: Logger = { debug: note("debug"), info: note("info"), warn: note("warn"), error: note("error") };
  const answers = createAnswers({
    view,
    zones: [completeZoneOptions(nameOf("home.test"))],
    awaited: [],
    clock: new ManualClock(),
    log,
    publish: () => Promise.resolve(),
  });
  const conflicts = (): readonly Line[] => lines.filter(({ event }) => event.includes("conflict"));
  return { answers, conflicts };
}

const by = (namespace: string, line: string): RecordSet => ({
  ...recordSet(line),
  origin: { kind: "Ingress", namespace, name: "web", createdAtMs: namespace === "old" ? 1 : 2 },
});

test("a lost claim is told once when it begins and once when it ends, however often the name changes", async () => {
  const { answers, conflicts } = answersWithLog("guests");
  const old = [by("old", "a.home.test A 192.0.2.1"), by("old", "a.home.test AAAA fd00::1")];
  const lost = (address: string) => [by("new", `a.home.test A ${address}`), by("new", "a.home.test AAAA fd00::2")];
  await answers.contribute("static", claimsOf([...old, ...lost("192.0.2.2")]));
  await answers.contribute("static", claimsOf([...old, ...lost("192.0.2.3")]));
  const fields = {
    view: "guests",
    code: "merge.age",
    name: "a.home.test",
    winner: "Ingress old/web",
    loser: "Ingress new/web",
  };
  expect(conflicts()).toEqual([{ level: "warn", event: "name conflict began", ...fields }]);
  await answers.contribute("static", claimsOf(old));
  expect(conflicts().slice(1)).toEqual([{ level: "info", event: "name conflict ended", ...fields }]);
});

test("hundreds at once are a few lines and a count", async () => {
  const { answers, conflicts } = answersWithLog("");
  const names = Array.from({ length: 300 }, (_, index) => `n${index}.home.test`);
  const claims = names.flatMap((name) => [by("old", `${name} A 192.0.2.1`), by("new", `${name} A 192.0.2.2`)]);
  await answers.contribute("static", claimsOf(claims));
  expect(conflicts().filter(({ event }) => event === "name conflict began")).toHaveLength(10);
  expect(conflicts().at(-1)).toEqual({
    level: "warn",
    event: "more name conflicts than are told",
    began: 290,
    ended: 0,
  });
  expect(answers.status().conflicts).toHaveLength(300);
});
