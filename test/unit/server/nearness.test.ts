import { describe, expect, test } from "vitest";
import { ipv4Octets, ipv6Octets } from "#src/domain/address.ts";
import { createNearness } from "#src/server/nearness.ts";
import { parseNetwork } from "#src/server/network.ts";

function nearness(...texts: readonly string[]) {
  return createNearness(
    texts.map((text) => {
      const network = parseNetwork(text);
      if (!network.ok) throw new Error(network.problem);
      return network.value;
    }),
  );
}

describe("an address is near", () => {
  const networks = nearness("192.168.0.0/16", "192.168.20.0/24", "10.0.0.0/9", "2001:db8:20::/64", "fe80::/10");

  test.each([
    ["192.168.20.7", "192.168.20.200", true],
    ["192.168.20.7", "192.168.30.200", false],
    ["192.168.40.7", "192.168.30.200", true],
    ["10.1.2.3", "10.127.0.1", true],
    ["10.1.2.3", "10.128.0.1", false],
    ["203.0.113.9", "203.0.113.10", false],
    ["::ffff:192.168.20.7", "192.168.20.1", false],
  ])("to %s: %s is %s", (client, address, expected) => {
    expect(networks.to(client)(ipv4Octets(address))).toBe(expected);
  });

  test.each([
    ["2001:db8:20::7", "2001:db8:20::9", true],
    ["2001:db8:20::7", "2001:db8:21::9", false],
    ["fe80::1%eth0", "fe80::9", true],
    ["192.168.20.7", "2001:db8:20::9", false],
  ])("to %s: %s is %s", (client, address, expected) => {
    expect(networks.to(client)(ipv6Octets(address))).toBe(expected);
  });
});
