// One canonical text per record type: what is equal, and what is refused with a reason.

import { describe, expect, test } from "vitest";
import type { RecordType } from "#src/domain/record.ts";
import { canonicalTarget, splitFields } from "#src/domain/target.ts";
import { problemOf, valueOf } from "#test/support/parsed.ts";

describe("canonicalTarget makes equal targets equal strings", () => {
  test.each<[RecordType, string, string]>([
    ["A", " 192.0.2.1 ", "192.0.2.1"],
    ["AAAA", "2001:DB8:0:0::1", "2001:db8::1"],
    ["CNAME", "WWW.Example.com.", "www.example.com"],
    ["CNAME", ".", "."],
    ["NS", "ns1.Example.com.", "ns1.example.com"],
    ["PTR", "Host.example.com.", "host.example.com"],
    ["TXT", "plain text", '"plain text"'],
    ["TXT", '"one " "two"', '"one two"'],
    ["TXT", '"heritage=external-dns,external-dns/owner=me"', '"heritage=external-dns,external-dns/owner=me"'],
    ["TXT", "", '""'],
    ["TXT", " blanks of its own ", '" blanks of its own "'],
    ["TXT", ' "one"  "two" ', '"onetwo"'],
    ["TXT", '" kept "', '" kept "'],
    ["MX", "010  Mail.Example.com.", "10 mail.example.com"],
    ["MX", "0 .", "0 ."],
    ["SRV", "0 5 443 Host.Example.com.", "0 5 443 host.example.com"],
    ["SRV", "0\t0  0 .", "0 0 0 ."],
    ["NAPTR", '100 10 "u" "E2U+sip" "!^.*$!sip:a@b.example!" .', '100 10 "u" "E2U+sip" "!^.*$!sip:a@b.example!" .'],
    ["NAPTR", '100 10 S SIP+D2U "" _sip._udp.Example.com.', '100 10 "S" "SIP+D2U" "" _sip._udp.example.com'],
    ["CAA", "0 ISSUE letsencrypt.org", '0 issue "letsencrypt.org"'],
    ["CAA", '128 iodef "mailto:a b@example.com"', '128 iodef "mailto:a b@example.com"'],
    ["CAA", '0 issue ";"', '0 issue ";"'],
    ["HTTPS", "1 . alpn=h2,h3 port=0443", '1 . alpn="h2,h3" port="443"'],
  ])("%s %j is %j", (type, text, canonical) => {
    expect(valueOf(canonicalTarget(type, text))).toBe(canonical);
  });
});

describe("canonicalTarget refuses what no record of the type can hold", () => {
  test.each<[RecordType, string, string]>([
    ["A", "192.0.2.256", "is not an IPv4 address"],
    ["A", "192.0.02.1", "is not an IPv4 address"],
    ["A", "2001:db8::1", "is not an IPv4 address"],
    ["A", "example.com", "is not an IPv4 address"],
    ["AAAA", "192.0.2.1", "is not an IPv6 address"],
    ["AAAA", "fe80::1%eth0", "is not an IPv6 address"],
    ["AAAA", "[2001:db8::1]", "is not an IPv6 address"],
    ["CNAME", "", "the name is empty"],
    ["CNAME", "a..b", "a label is empty"],
    ["TXT", '"\\300"', "above 255"],
    ["MX", "mail.example.com", "has 1 fields instead of 2"],
    ["MX", "10 mail example", "has 3 fields instead of 2"],
    ["MX", "65536 mail.example.com", "is not a whole number from 0 to 65535"],
    ["MX", "-1 mail.example.com", "is not a whole number"],
    ["MX", "1e1 mail.example.com", "is not a whole number"],
    ["MX", '10 "mail.example.com', "without its other half"],
    ["MX", "10 mail.example.com\\", "without its other half"],
    ["SRV", "0 5 443", "has 3 fields instead of 4"],
    ["SRV", "0 5 https host.example.com", "is not a whole number"],
    ["NAPTR", `1 2 "${"u".repeat(256)}" "" "" .`, "a character string is longer than 255 octets"],
    ["CAA", "256 issue ca.example", "is not a whole number from 0 to 255"],
    ["CAA", "0 is-sue ca.example", "is not a CAA property tag"],
    ["CAA", '0 issue "ca.example', "without its other half"],
  ])("%s %j: %s", (type, text, problem) => {
    expect(problemOf(canonicalTarget(type, text))).toContain(problem);
  });

  test.each<RecordType>(["A", "AAAA", "CNAME", "NS", "PTR", "TXT", "MX", "SRV", "NAPTR", "CAA", "HTTPS"])(
    "%s of twenty million characters is refused with a short problem",
    (type) => {
      const problem = problemOf(canonicalTarget(type, `10 "${"a".repeat(20_000_000)}`));
      expect(problem).toBe("the target is longer than a record can be");
    },
  );
});

test("RFC 8659 §4.1.1: the value of a CAA may be longer than a character string", () => {
  const value = `ca.example; accounturi=https://ca.example/${"a".repeat(300)}`;
  expect(valueOf(canonicalTarget("CAA", `0 issue "${value}"`))).toBe(`0 issue "${value}"`);
});

test("splitFields keeps blanks inside quotes and after a backslash", () => {
  expect(splitFields('1 "two three" four\\ five "a \\" b"')).toEqual(["1", '"two three"', "four\\ five", '"a \\" b"']);
});
