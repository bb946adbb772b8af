import type { NetworkInterfaceInfo } from "node:os";
import { describe, expect, test } from "vitest";
import { expandListenAddresses, type Interfaces, onLinkNetworks } from "#src/server/listen-addresses.ts";

function ipv4(address: string, cidr: string): NetworkInterfaceInfo {
  return { address, cidr, family: "IPv4", netmask: "", mac: "", internal: false };
}

function ipv6(address: string, cidr: string): NetworkInterfaceInfo {
  return { address, cidr, family: "IPv6", netmask: "", mac: "", internal: false, scopeid: 0 };
}

const INTERFACES: Interfaces = {
  lo: [ipv4("127.0.0.1", "127.0.0.1/8"), ipv6("::1", "::1/128")],
  eth0: [ipv4("192.168.1.5", "192.168.1.5/24"), ipv6("2001:db8::5", "2001:db8::5/64"), ipv6("fe80::5", "fe80::5/64")],
  eth1: [ipv4("192.168.1.5", "192.168.1.5/24"), ipv6("fe80::5", "fe80::5/64")],
};

describe("expandListenAddresses", () => {
  test("a named address stays as it is", () => {
    expect(expandListenAddresses([{ address: "192.0.2.1", port: 53 }], INTERFACES)).toEqual([
      { addresses: ["192.0.2.1"], port: 53, origin: "named" },
    ]);
  });

  test("0.0.0.0 becomes every IPv4 address, each once", () => {
    expect(expandListenAddresses([{ address: "0.0.0.0", port: 53 }], INTERFACES)).toEqual([
      { addresses: ["127.0.0.1", "192.168.1.5"], port: 53, origin: "wildcard" },
    ]);
  });

  test(":: becomes every IPv6 address; a link-local one carries its link, so that one address on two links is two", () => {
    expect(expandListenAddresses([{ address: "::", port: 53 }], INTERFACES)).toEqual([
      { addresses: ["::1", "2001:db8::5", "fe80::5%eth0", "fe80::5%eth1"], port: 53, origin: "wildcard" },
    ]);
  });

  test("a wildcard of a family without addresses becomes an empty group", () => {
    const [group] = expandListenAddresses([{ address: "::", port: 53 }], { lo: [ipv4("127.0.0.1", "127.0.0.1/8")] });
    expect(group?.addresses).toEqual([]);
  });
});

test("onLinkNetworks gives the prefix of every address and skips what has none", () => {
  const networks = onLinkNetworks({
    eth0: [ipv4("192.168.1.5", "192.168.1.5/24"), { ...ipv6("::2", ""), cidr: null }],
  });
  expect(networks).toEqual([{ address: "192.168.1.5", prefixLength: 24, family: "ipv4" }]);
});
