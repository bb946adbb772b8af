// What the settings of views have to say, and what they cannot.

import { describe, expect, test } from "vitest";
import { load, problemsOf, yaml } from "#test/support/settings.ts";

const ZONE = "zones: [home.example.com]";

function views(...entries: readonly string[]) {
  return yaml(ZONE, "views:", ...entries.map((entry) => `  - {${entry}}`));
}

describe("views", () => {
  test("are listed after that of everybody, whose zones are those of the settings", () => {
    const { views: read } = load(views("name: guests, port: 1054, zones: [home.example.com]"));
    expect(
      read.map(({ name, listener, clients, zones }) => [name, listener, clients, zones.map(({ apex }) => apex)]),
    ).toEqual([
      ["", undefined, [], ["home.example.com"]],
      ["guests", { addresses: ["0.0.0.0", "::"], port: 1054 }, [], ["home.example.com"]],
    ]);
  });

  test("take filters from the sources unless their zone says otherwise", () => {
    const zones = "zones: [{apex: home.example.com, ingressClasses: [external]}, {apex: b.example.com}]";
    const [, guests] = load(views(`name: guests, port: 1054, ${zones}`)).views;
    expect(
      guests?.zones.map(({ ingressClasses, watchesDefaultClass }) => [ingressClasses, watchesDefaultClass]),
    ).toEqual([
      [["external"], false],
      [["internal"], true],
    ]);
  });

  test("with an address and no port of their own are on the port of all", () => {
    const [, guests] = load(
      yaml(ZONE, "dns: {listen: [192.168.1.2]}", "views: [{name: guests, listen: [192.168.2.2], zones: [a.example]}]"),
    ).views;
    expect(guests?.listener).toEqual({ addresses: ["192.168.2.2"], port: 1053 });
  });

  test("may share a zone, a client or neither with others", () => {
    expect(
      load(
        views(
          "name: guests, clients: [192.168.30.0/24], zones: [home.example.com]",
          "name: lab, clients: [192.168.0.0/16], zones: [lab.example.com]",
        ),
      ).views,
    ).toHaveLength(3);
  });

  test.each([
    [
      "two of one name",
      ["name: a, port: 1054, zones: [x.example]", "name: a, port: 1055, zones: [x.example]"],
      "views",
      "two called a",
    ],
    ["neither listener nor clients", ["name: a, zones: [x.example]"], "views", "seen by nobody"],
    ["no zones", ["name: a, port: 1054, zones: []"], "views", "has no zones"],
    ["one zone twice", ["name: a, port: 1054, zones: [x.example, X.example.]"], "views", "has x.example twice"],
    ["the port of DNS", ["name: a, port: 1053, zones: [x.example]"], "dns.port and views (a)", "both are 1053"],
    [
      "the port of the ops listener",
      ["name: a, port: 8080, zones: [x.example]"],
      "ops.port and views (a)",
      "both are 8080",
    ],
    [
      "the port of another view",
      ["name: a, port: 1054, zones: [x.example]", "name: b, port: 1054, zones: [x.example]"],
      "views (a) and views (b)",
      "both are 1054",
    ],
    ["a name in capitals", ["name: Guests, port: 1054, zones: [x.example]"], "views[0].name", "lower-case letters"],
    ["a name that is empty", ['name: "", port: 1054, zones: [x.example]'], "views[0].name", "lower-case letters"],
    [
      "a network that is none",
      ["name: a, clients: [10.0.0.0/33], zones: [x.example]"],
      "views[0].clients",
      "10.0.0.0/33",
    ],
    ["a key that is none", ["name: a, prot: 1054, zones: [x.example]"], "views[0].prot", "port"],
  ])("%s: refused", (_, entries, path, text) => {
    const problems = problemsOf(views(...entries));
    const told = problems.map((problem) => `${problem.path} ${problem.problem} ${problem.hint}`);
    expect(told.map((line) => line.includes(path) && line.includes(text))).toContain(true);
  });
});
