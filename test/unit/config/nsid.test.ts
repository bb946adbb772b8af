// The name that a server tells of itself.

import { describe, expect, test } from "vitest";
import { load, problemsOf, yaml } from "#test/support/settings.ts";

const ZONE = "zones: [home.example.com]";

describe("dns.nsid", () => {
  test("is not set unless written: which machine answered is nobody's business by default", () => {
    expect(load(yaml(ZONE)).dns.nsid).toBeUndefined();
  });

  test("is read from the environment", () => {
    expect(load({ ...yaml(ZONE), env: { DNS_NSID: "ns-a.home" } }).dns.nsid).toBe("ns-a.home");
  });

  test.each(["two words", "ä", "x".repeat(64), ""])("%j is no name for a server", (text) => {
    expect(problemsOf(yaml(ZONE, `dns: {nsid: ${JSON.stringify(text)}}`))).toMatchObject([
      { problem: expect.stringContaining("is no name for a server") },
    ]);
  });
});
