import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { hostsOfRule } from "#src/sources/traefik-rule.ts";

function hosts(rule: string): readonly string[] {
  const read = hostsOfRule(rule);
  if (!read.ok) throw new Error(read.problem);
  return read.value.hosts;
}

describe("hosts of a rule", () => {
  test.each<readonly [string, readonly string[]]>([
    ["Host(`a.example`)", ["a.example"]],
    ["Host(`a.example`, `b.example`)", ["a.example", "b.example"]],
    ['Host("a.example")', ["a.example"]],
    ['Host("a\\".example")', ['a".example']],
    ["host(`a.example`) || HOST(`b.example`)", ["a.example", "b.example"]],
    ["HostHeader(`a.example`)", ["a.example"]],
    ["  Host(`a.example`)\n  && PathPrefix(`/x`) ", ["a.example"]],
    ["Host(`a.example`)&&(PathPrefix(`/x`)||Header(`X`,`y`))", ["a.example"]],
    ["(Host(`a.example`) || Host(`b.example`)) && Method(`GET`)", ["a.example", "b.example"]],
    ["HostSNI(`db.example`)", ["db.example"]],
    ["HostSNI(`*`)", []],
    ["HostSNI(`*`) && ALPN(`h2`)", []],
    ["PathPrefix(`/x`)", []],
    ["PathPrefix(`Host(x)`)", []],
    ["Host()", []],
    ["((Host(`a.example`)))", ["a.example"]],
  ])("%s names %j", (rule, expected) => {
    expect(hosts(rule)).toEqual(expected);
  });

  test.each<readonly [string, readonly string[]]>([
    ["Host(`a.example`) && !Host(`b.example`)", ["a.example"]],
    ["!(Host(`a.example`) || Host(`b.example`)) && Host(`c.example`)", ["c.example"]],
    ["!!Host(`a.example`)", ["a.example"]],
    ["!(!Host(`a.example`) && Host(`b.example`))", ["a.example"]],
    ["! Host(`a.example`)", []],
  ])("negated ones do not count: %s names %j", (rule, expected) => {
    expect(hosts(rule)).toEqual(expected);
  });

  test("patterns are told apart, unless they are negated", () => {
    const rule = "HostRegexp(`^.+\\.example$`) || HostSNIRegexp(`x`, `y`) || !HostRegexp(`z`) || Host(`a.example`)";
    expect(hostsOfRule(rule)).toEqual({
      ok: true,
      value: { hosts: ["a.example"], patterns: ["HostRegexp(`^.+\\.example$`)", "HostSNIRegexp(`x`, `y`)"] },
    });
  });
});

describe("what is no rule says where", () => {
  test.each([
    ["", "at character 1 stands the end instead of a matcher"],
    ["Host", 'at character 5 stands the end instead of "("'],
    ["Host(`a`", 'at character 9 stands the end instead of ")"'],
    ["Host(a)", "at character 6 stands a instead of a text"],
    ["Host(`a`,)", "stands ) instead of a text"],
    ["Host(`a`) Host(`b`)", "stands Host instead of && or ||"],
    ["Host(`a`) &&", "stands the end instead of a matcher"],
    ["Host(`a`) & Host(`b`)", "nothing that belongs into a rule at character 10"],
    ["(Host(`a`)", 'stands the end instead of ")"'],
    ["Host(`a`))", "stands ) instead of && or ||"],
    ["Host(`a)", "nothing that belongs into a rule"],
    ["`a`", "stands a instead of a matcher"],
    [`${"(".repeat(100)}Host(\`a\`)${")".repeat(100)}`, "nested too deeply"],
    [`${"!".repeat(5_000)}Host(\`a\`)`, "nested too deeply"],
    [`Host(\`${"a".repeat(70_000)}\`)`, "too long"],
  ])("%s", (rule, problem) => {
    expect(hostsOfRule(rule)).toEqual({ ok: false, problem: expect.stringContaining(problem) as string });
  });

  test("no text makes it throw", () => {
    const pieces = fc.constantFrom(
      "Host",
      "HostSNI",
      "(",
      ")",
      "`a.example`",
      '"b"',
      "&&",
      "||",
      "!",
      ",",
      " ",
      "\\",
      "`",
      "{",
    );
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string(),
          fc.array(pieces, { maxLength: 30 }).map((list) => list.join("")),
        ),
        (rule) => {
          const read = hostsOfRule(rule);
          expect(read.ok ? Array.isArray(read.value.hosts) : read.problem.length > 0).toBe(true);
        },
      ),
      { numRuns: 2_000 },
    );
  });

  test("a rule made of hosts, negations and parentheses names those under an even number of negations", () => {
    type Made = { readonly text: string; readonly hosts: readonly string[]; readonly denied: readonly string[] };
    const { rule } = fc.letrec<{ rule: Made }>((tie) => ({
      rule: fc.oneof(
        { maxDepth: 5 },
        fc.integer({ min: 0, max: 99 }).map((n) => ({ text: `Host(\`h${n}\`)`, hosts: [`h${n}`], denied: [] })),
        tie("rule").map(({ text, hosts: named, denied }) => ({ text: `!(${text})`, hosts: denied, denied: named })),
        fc.tuple(tie("rule"), fc.constantFrom(" && ", "||"), tie("rule")).map(([a, sign, b]) => ({
          text: `(${a.text}${sign}${b.text})`,
          hosts: [...a.hosts, ...b.hosts],
          denied: [...a.denied, ...b.denied],
        })),
      ),
    }));
    fc.assert(
      fc.property(rule, (made) => {
        expect(hosts(made.text)).toEqual(made.hosts);
      }),
    );
  });
});
