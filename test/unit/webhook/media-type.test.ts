import { expect, test } from "vitest";
import { acceptsWebhookMediaType, isWebhookMediaType, MEDIA_TYPE } from "#src/webhook/media-type.ts";

test("the media type we send is the one external-dns compares with", () => {
  expect(MEDIA_TYPE).toBe("application/external.dns.webhook+json;version=1");
});

test.each([
  [MEDIA_TYPE],
  ["application/external.dns.webhook+json; version=1"],
  ['application/external.dns.webhook+json ; version="1"'],
  ["APPLICATION/External.DNS.Webhook+JSON;VERSION=1"],
  ["application/external.dns.webhook+json;charset=utf-8;version=1"],
  ['application/external.dns.webhook+json;note="a;b";version=1'],
  ["application/external.dns.webhook+json"],
])("a body of %j is read", (contentType) => {
  expect(isWebhookMediaType(contentType)).toBe(true);
});

test.each([
  [undefined],
  [""],
  ["application/json"],
  ["text/plain"],
  ["application/external.dns.webhook+json;version=2"],
  ["application/external.dns.webhook+jsonx;version=1"],
  ['text/plain;note="application/external.dns.webhook+json;version=1"'],
  ["*/*"],
])("a body of %j is not read", (contentType) => {
  expect(isWebhookMediaType(contentType)).toBe(false);
});

test.each([
  [undefined],
  [""],
  ["*/*"],
  ["application/*"],
  [MEDIA_TYPE],
  [`text/html, ${MEDIA_TYPE};q=0.1`],
  ["application/external.dns.webhook+json"],
])("Accept %j takes our answer", (accept) => {
  expect(acceptsWebhookMediaType(accept)).toBe(true);
});

test.each([
  ["text/html"],
  ["application/json"],
  [`${MEDIA_TYPE};q=0`],
  ["application/external.dns.webhook+json;version=2"],
  ["text/*, image/png"],
])("Accept %j excludes our answer", (accept) => {
  expect(acceptsWebhookMediaType(accept)).toBe(false);
});
