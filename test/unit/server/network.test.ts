import { describe, expect, test } from "vitest";
import { createAccessList } from "#src/server/access-list.ts";
import { createNetworkSet, type Network, parseNetwork } from "#src/server/network.ts";

function network(text: string): Network {
  const read = parseNetwork(text);
  if (!read.ok) throw new Error(read.problem);
  return read.value;
}

describe("parseNetwork", () => {
  test.each([
    ["10.0.0.0/8", { address: "10.0.0.0", prefixLength: 8, family: "ipv4" }],
    ["fd00::/8", { address: "fd00::", prefixLength: 8, family: "ipv6" }],
    ["192.0.2.7", { address: "192.0.2.7", prefixLength: 32, family: "ipv4" }],
    ["2001:db8::1", { address: "2001:db8::1", prefixLength: 128, family: "ipv6" }],
    ["0.0.0.0/0", { address: "0.0.0.0", prefixLength: 0, family: "ipv4" }],
    [" 10.1.2.3/8 ", { address: "10.1.2.3", prefixLength: 8, family: "ipv4" }],
  ])("reads %s", (text, expected) => {
    expect(parseNetwork(text)).toEqual({ ok: true, value: expected });
  });

  test.each([
    "",
    "home",
    "10.0.0.0/33",
    "::/129",
    "10.0.0.0/",
    "10.0.0.0/x",
    "10.0.0.0/8/8",
    "10.0.0/8",
    "fe80::1%eth0/64",
  ])("refuses %j with a sentence that shows it", (text) => {
    const read = parseNetwork(text);
    expect(read).toMatchObject({ ok: false, problem: expect.stringContaining(`"${text}"`) as string });
  });
});

describe("a network set", () => {
  const set = createNetworkSet([network("10.1.2.3/8"), network("fe80::/10")]);

  test.each(["10.200.0.1", "::ffff:10.0.0.1", "fe80::1", "fe80::1%eth0"])("holds %s", (address) => {
    expect(set.has(address)).toBe(true);
  });

  test.each(["11.0.0.1", "::ffff:11.0.0.1", "fec0::1", "2001:db8::1"])("does not hold %s", (address) => {
    expect(set.has(address)).toBe(false);
  });
});

describe("the access list", () => {
  const accessList = createAccessList({ onLink: [network("2001:db8:1::/64")], allowed: [network("203.0.113.0/24")] });

  test.each([
    ["RFC 1918", "10.0.0.1"],
    ["RFC 1918", "172.31.255.254"],
    ["RFC 1918", "192.168.1.1"],
    ["carrier-grade NAT", "100.127.255.254"],
    ["link-local", "169.254.10.10"],
    ["loopback", "127.0.0.53"],
    ["unique local", "fdab::1"],
    ["link-local IPv6", "fe80::1%eth0"],
    ["IPv6 loopback", "::1"],
    ["our own link", "2001:db8:1::abcd"],
    ["the settings", "203.0.113.200"],
  ])("lets in %s: %s", (_reason, address) => {
    expect(accessList.has(address)).toBe(true);
  });

  test.each(["172.32.0.1", "192.169.0.1", "100.128.0.1", "8.8.8.8", "2001:db8:2::1", "2606:4700::1111"])(
    "keeps out %s",
    (address) => {
      expect(accessList.has(address)).toBe(false);
    },
  );
});
