// HTTPS values: RFC 9460 §2.1 text, keys in numeric order, nothing a client would treat as malformed.

import { describe, expect, test } from "vitest";
import { canonicalSvcb } from "#src/domain/svcb.ts";
import { problemOf, valueOf } from "#test/support/parsed.ts";

describe("canonicalSvcb", () => {
  test.each([
    ["0 Pool.Example.com.", "0 pool.example.com"],
    ["1 .", "1 ."],
    ["016 web.example.com alpn=h2", '16 web.example.com alpn="h2"'],
    ["1 . port=8443 alpn=h2,h3", '1 . alpn="h2,h3" port="8443"'],
    ["1 . ALPN=h2 no-default-alpn", '1 . alpn="h2" no-default-alpn'],
    ['1 . no-default-alpn="" alpn=h2', '1 . alpn="h2" no-default-alpn'],
    ["1 . ipv4hint=192.0.2.1,192.0.2.2", '1 . ipv4hint="192.0.2.1,192.0.2.2"'],
    ["1 . ipv6hint=2001:DB8:0::1,::FFFF:192.0.2.1", '1 . ipv6hint="2001:db8::1,::ffff:c000:201"'],
    ["1 . ech=AEn+DQ==", '1 . ech="AEn+DQ=="'],
    ['1 . alpn=h2 dohpath="/dns-query{?dns}"', '1 . alpn="h2" dohpath="/dns-query{?dns}"'],
    ["1 . mandatory=port,ALPN alpn=h2 port=443", '1 . mandatory="alpn,port" alpn="h2" port="443"'],
  ])("%j is %j", (text, canonical) => {
    expect(valueOf(canonicalSvcb(text))).toBe(canonical);
  });

  test.each([
    ["", "is not a priority"],
    ["x .", "is not a priority"],
    ["65536 .", "is not a priority"],
    ["1", "the name is empty"],
    ["1 a..b", "a label is empty"],
    ["0 . alpn=h2", "alias mode (priority 0) takes no parameters"],
    ["1 . key65333=x", "is not a known service parameter"],
    ["1 . alpn=h2 alpn=h3", "stands twice"],
    ["1 . alpn", "is not an ALPN id"],
    ["1 . alpn=h2,,h3", "is not an ALPN id"],
    [`1 . alpn=${"a".repeat(256)}`, "is not an ALPN id"],
    ['1 . alpn="h2', "is not an ALPN id"],
    ["1 . port=65536", "is not a port"],
    ["1 . port", "is not a port"],
    ["1 . no-default-alpn=x alpn=h2", "takes no value"],
    ["1 . ipv4hint=2001:db8::1", "is not an IPv4 address"],
    ["1 . ipv6hint=192.0.2.1", "is not an IPv6 address"],
    ["1 . ipv6hint=fe80::1%eth0", "is not an IPv6 address"],
    ["1 . ech=AEn+DQ", "ech is not base64"],
    ["1 . ech", "ech is not base64"],
    ["1 . dohpath=dns-query", "dohpath is not an absolute path template"],
  ])("%j: %s", (text, problem) => {
    expect(problemOf(canonicalSvcb(text))).toContain(problem);
  });
});

describe("RFC 9460 §2.4.3: a record that is not self-consistent is refused", () => {
  test.each([
    ["1 . no-default-alpn", "no-default-alpn stands without alpn"],
    ["1 . mandatory=port alpn=h2", 'mandatory names "port"'],
    ["1 . mandatory=mandatory", '"mandatory" cannot be mandatory'],
    ["1 . mandatory=alpn,alpn alpn=h2", "mandatory names a key twice"],
    ["1 . mandatory= alpn=h2", "cannot be mandatory"],
  ])("%j: %s", (text, problem) => {
    expect(problemOf(canonicalSvcb(text))).toContain(problem);
  });
});

test.each(["constructor", "__proto__", "toString", "valueOf", "hasOwnProperty"])(
  "%s, which every JavaScript object has, is no key",
  (key) => {
    expect(problemOf(canonicalSvcb(`1 . ${key}=x`))).toContain("is not a known service parameter");
    expect(problemOf(canonicalSvcb(`1 . mandatory=${key}`))).toContain("cannot be mandatory");
  },
);
