// Rdata octets by type, written out by hand from the RFCs.

import { describe, expect, test } from "vitest";
import { encodeRdata } from "#src/dns/wire/rdata.ts";
import { encodeSoa } from "#src/dns/wire/soa.ts";
import type { RecordType } from "#src/domain/record.ts";
import { nameOf } from "#test/support/dns/records.ts";

const HOST = "04 686f7374 04 74657374 00"; // host.test

describe("octets of each type", () => {
  test.each<[RecordType, string, string]>([
    ["A", "192.0.2.1", "c0000201"],
    ["AAAA", "2001:db8::1", "20010db8 00000000 00000000 00000001"],
    ["AAAA", "::ffff:192.0.2.1", "00000000 00000000 0000ffff c0000201"],
    ["CNAME", "Host.Test.", HOST],
    ["NS", "host.test", HOST],
    ["PTR", "host.test", HOST],
    ["CNAME", ".", "00"],
    ["CNAME", "a\\046b.test", "03 612e62 04 74657374 00"],
    ["MX", "10 host.test", `000a ${HOST}`],
    ["SRV", "1 2 443 host.test", `0001 0002 01bb ${HOST}`],
    ["NAPTR", '1 2 "u" "E2U+sip" "!^.*$!x!" .', "0001 0002 01 75 07 4532552b736970 08 215e2e2a24217821 00"],
    ["NAPTR", '1 2 "" "" "" host.test', `0001 0002 00 00 00 ${HOST}`],
    ["CAA", '128 issue "ca.test"', "80 05 6973737565 63612e74657374"],
    ["TXT", '"hello world"', "0b 68656c6c6f20776f726c64"],
    ["TXT", '""', "00"],
    ["TXT", '"\\255\\""', "02 ff22"],
    ["HTTPS", "0 host.test", `0000 ${HOST}`],
    ["HTTPS", '1 . alpn="h2,h3" port="8443"', "0001 00 0001 0006 02 6832 02 6833 0003 0002 20fb"],
    ["HTTPS", "1 . alpn=h2 no-default-alpn", "0001 00 0001 0003 02 6832 0002 0000"],
    ["HTTPS", "1 . ipv6hint=2001:db8::1", "0001 00 0006 0010 20010db8 00000000 00000000 00000001"],
    ["HTTPS", "1 . ipv4hint=192.0.2.1,192.0.2.2 ech=AQID", "0001 00 0004 0008 c0000201 c0000202 0005 0003 010203"],
    ["HTTPS", "1 . mandatory=port,alpn alpn=h2 port=1", "0001 00 0000 0004 0001 0003 0001 0003 026832 0003 0002 0001"],
    ["HTTPS", "1 . dohpath=/q{?dns}", "0001 00 0007 0008 2f717b3f646e737d"],
  ])("%s %s", (type, target, hex) => {
    expect(hexOf(type, target)).toBe(hex.replaceAll(" ", ""));
  });
});

describe("TXT strings", () => {
  test.each([
    [254, [254]],
    [255, [255]],
    [256, [255, 1]],
    [510, [255, 255]],
    [511, [255, 255, 1]],
  ])("%i octets are cut at 255 without an empty tail", (octets, lengths) => {
    const rdata = encodeRdata("TXT", "x".repeat(octets));
    expect(rdata.ok && stringLengths(rdata.value)).toEqual(lengths);
  });
});

describe("refused text", () => {
  test.each<[RecordType, string]>([
    ["A", "2001:db8::1"],
    ["AAAA", "192.0.2.1"],
    ["CNAME", `${"x".repeat(64)}.test`],
    ["MX", "host.test"],
    ["SRV", "1 2 host.test"],
    ["CAA", "0 issue ca.test extra"],
    ["HTTPS", "1 . no-default-alpn"],
    ["HTTPS", "1 . mandatory=port"],
    ["HTTPS", "1 . mandatory=mandatory"],
    ["HTTPS", "1 . mandatory=port,port port=1"],
    ["HTTPS", "1 . ech=AAAAA"],
  ])("%s %s", (type, target) => {
    expect(encodeRdata(type, target)).toMatchObject({ ok: false });
  });
});

describe("SOA", () => {
  test("names, then serial and four times of 32 bits", () => {
    const times = { refreshSeconds: 3600, retrySeconds: 600, expireSeconds: 604_800, negativeTtlSeconds: 30 };
    const soa = { primary: nameOf("a"), hostmaster: nameOf("b"), ...times };
    expect(Buffer.from(encodeSoa(soa, 0xfffffffe)).toString("hex")).toBe(
      "016100016200fffffffe00000e100000025800093a800000001e",
    );
  });
});

function hexOf(type: RecordType, target: string): string {
  const rdata = encodeRdata(type, target);
  return rdata.ok ? Buffer.from(rdata.value).toString("hex") : rdata.problem;
}

function stringLengths(rdata: Uint8Array): readonly number[] {
  const lengths: number[] = [];
  for (let offset = 0; offset < rdata.length; offset += 1 + (rdata[offset] ?? 0)) lengths.push(rdata[offset] ?? 0);
  return lengths;
}
