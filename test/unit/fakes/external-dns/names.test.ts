import { expect, test } from "vitest";
import { normalizeDnsName, unicodeDomain } from "#test/fakes/external-dns/dns-name.ts";
import { createDomainFilter, decodeDomainFilter, domainMatches } from "#test/fakes/external-dns/domain-filter.ts";
import { createTxtNameMapper } from "#test/fakes/external-dns/txt-name-mapper.ts";

test.each([
  ["WEB.Example.com", "web.example.com."],
  ["web.example.com.", "web.example.com."],
  [" münchen.example.com ", "xn--mnchen-3ya.example.com."],
  ["*.example.com", "*.example.com."],
  ["_sip._tcp.1.2", "_sip._tcp.1.2."],
  ["straße.example.com", "strasse.example.com."],
])("%s is planned as %s", (name, key) => {
  expect(normalizeDnsName(name)).toBe(key);
});

test("a filter compares Unicode names", () => {
  expect(unicodeDomain("xn--mnchen-3ya.Example.com.")).toBe("münchen.example.com");
});

test.each([
  [["example.com"], [], "example.com", true],
  [["example.com"], [], "a.b.example.com.", true],
  [["example.com"], [], "notexample.com", false],
  [[".example.com"], [], "example.com", false],
  [[".example.com"], [], "a.example.com", true],
  [["example.com"], ["no.example.com"], "a.no.example.com", false],
  [[], ["no.example.com"], "example.org", true],
  [[" ", ""], [], "example.org", true],
] as const)("include %j exclude %j matches %s: %s", (include, exclude, name, matches) => {
  expect(domainMatches(createDomainFilter(include, exclude), name)).toBe(matches);
});

test.each([
  ['{"regexInclude":"^a\\\\.","regexExclude":"no"}', "a.example.com", true],
  ['{"regexInclude":"^a\\\\.","regexExclude":"no"}', "a.no.example.com", false],
  ['{"regexExclude":"(?i)NO"}', "b.no.example.com", false],
  ['{"regexExclude":"no"}', "b.example.com", true],
  ['{"filters":["example.org"]}', "example.com", true],
  ["null", "example.com", true],
])("the webhook's filter %s matches %s: %s", (text, name, matches) => {
  expect(domainMatches(decodeDomainFilter(text), name)).toBe(matches);
});

test.each([
  '{"include":["a"],"regexExclude":"b"}',
  '{"regexInclude":"("}',
  '{"regexInclude":"a(?=b)"}',
  '{"include":"a"}',
  "[]",
  "",
])("the webhook's filter %s stops external-dns", (text) => {
  expect(() => decodeDomainFilter(text)).toThrow(/./);
});

const AFFIXES = { prefix: "", suffix: "", wildcardReplacement: "" };

test.each([
  [{}, "web.example.com", "cname-web.example.com"],
  [{ prefix: "Reg-" }, "web.example.com", "reg-cname-web.example.com"],
  [{ prefix: "%{record_type}." }, "example.com", "cname.example.com"],
  [{ suffix: "-reg" }, "web.example.com", "cname-web-reg.example.com"],
  [{ suffix: "-%{record_type}" }, "web.example.com", "web-cname.example.com"],
])("with %j the TXT of %s stands at %s, and leads back", (affixes, dnsName, txtName) => {
  const mapper = createTxtNameMapper({ ...AFFIXES, ...affixes });
  expect(mapper.toTxtName(dnsName, "CNAME")).toBe(txtName);
  expect(mapper.toEndpointName(txtName)).toEqual({ dnsName, recordType: "CNAME" });
});

test("a replaced wildcard leads back to the replacement", () => {
  const mapper = createTxtNameMapper({ ...AFFIXES, wildcardReplacement: "any" });
  expect(mapper.toTxtName("*.example.com", "A")).toBe("a-any.example.com");
  expect(mapper.toEndpointName("a-any.example.com")).toEqual({ dnsName: "any.example.com", recordType: "A" });
});

test("a TXT of a TXT record leads to no type", () => {
  const mapper = createTxtNameMapper(AFFIXES);
  expect(mapper.toEndpointName("txt-web.example.com")).toEqual({ dnsName: "txt-web.example.com", recordType: "" });
});

test("a name with another affix leads nowhere", () => {
  const mapper = createTxtNameMapper({ ...AFFIXES, prefix: "reg-" });
  expect(mapper.toEndpointName("a-web.example.com")).toEqual({ dnsName: "", recordType: "" });
});
