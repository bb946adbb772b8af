// SOA serials grow, also past the end of 32 bits.

import { describe, expect, test } from "vitest";
import { isNewerSerial, nextSerial } from "#src/dns/serial.ts";

const LAST = 2 ** 32 - 1;

describe("the next serial", () => {
  test("is the time for a first version and whenever the clock has moved on", () => {
    expect(nextSerial(undefined, 1_800_000_000.9)).toBe(1_800_000_000);
    expect(nextSerial(1_700_000_000, 1_800_000_000)).toBe(1_800_000_000);
  });

  test("is one more within the same second, and when the clock went back", () => {
    expect(nextSerial(1_800_000_000, 1_800_000_000)).toBe(1_800_000_001);
    expect(nextSerial(1_800_000_000, 1_500_000_000)).toBe(1_800_000_001);
  });

  test("wraps from the last to 0, which is newer (RFC 1982)", () => {
    expect(nextSerial(LAST, LAST)).toBe(0);
    expect(isNewerSerial(0, LAST)).toBe(true);
    expect(isNewerSerial(LAST, 0)).toBe(false);
  });
});

describe("RFC 1982 comparison", () => {
  test("no serial is newer than itself or than the one half the circle away", () => {
    expect(isNewerSerial(5, 5)).toBe(false);
    expect(isNewerSerial(5 + 2 ** 31, 5)).toBe(false);
    expect(isNewerSerial(5 + 2 ** 31 - 1, 5)).toBe(true);
  });
});
