import { expect, test } from "vitest";
import { parseName } from "#src/domain/name.ts";
import { isReverseName, reverseApexes, reverseName } from "#src/domain/reverse-name.ts";

test("an address turned round is a name (RFC 1035 section 3.5, RFC 3596 section 2.5)", () => {
  expect(reverseName("192.0.2.10")).toBe("10.2.0.192.in-addr.arpa");
  expect(reverseName("2001:db8::567:89ab")).toBe(
    "b.a.9.8.7.6.5.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.8.b.d.0.1.0.0.2.ip6.arpa",
  );
  expect(parseName(reverseName("fd20::a")).ok).toBe(true);
});

test.each<readonly [string, number, readonly string[]]>([
  ["192.168.20.0", 24, ["20.168.192.in-addr.arpa"]],
  ["192.168.20.77", 24, ["20.168.192.in-addr.arpa"]],
  ["192.168.0.0", 16, ["168.192.in-addr.arpa"]],
  ["10.0.0.0", 8, ["10.in-addr.arpa"]],
  ["192.168.21.0", 23, ["20.168.192.in-addr.arpa", "21.168.192.in-addr.arpa"]],
  ["fd20:0:0:20::", 64, ["0.2.0.0.0.0.0.0.0.0.0.0.0.2.d.f.ip6.arpa"]],
  ["fd00::", 8, ["d.f.ip6.arpa"]],
  ["fd20::ffff", 15, ["0.2.d.f.ip6.arpa", "1.2.d.f.ip6.arpa"]],
])("%s/%i is held by %j", (address, length, apexes) => {
  expect(reverseApexes(address, length)).toEqual(apexes);
});

test("172.16.0.0/12 is sixteen zones, and they hold its addresses and no others", () => {
  const apexes = reverseApexes("172.16.0.0", 12);
  expect(apexes).toHaveLength(16);
  const holds = (address: string) => apexes.filter((apex) => reverseName(address).endsWith(`.${apex}`)).length;
  expect(["172.15.9.9", "172.16.0.1", "172.31.255.255", "172.32.0.1"].map(holds)).toEqual([0, 1, 1, 0]);
});

test("names below the two suffixes are reverse names", () => {
  const names = ["20.168.192.in-addr.arpa", "in-addr.arpa", "d.f.ip6.arpa", "arpa", "home.arpa", "xip6.arpa"];
  const parsed = names.flatMap((text) => {
    const name = parseName(text);
    return name.ok ? [name.value] : [];
  });
  expect(parsed.map(isReverseName)).toEqual([true, true, true, false, false, false]);
});
