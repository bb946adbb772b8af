import { expect, test } from "vitest";
import { createRequestGuard } from "#src/webhook/request-guard.ts";

const guard = createRequestGuard(["dns.home.arpa"]);

test.each([
  ["localhost"],
  ["localhost:8888"],
  ["LOCALHOST:8888"],
  ["127.0.0.1:8888"],
  ["[::1]:8888"],
  ["[::1]"],
  ["dns.home.arpa:8888"],
])("host %j passes", (host) => {
  expect(() => guard({ host })).not.toThrow();
});

test.each([
  [undefined],
  [""],
  ["evil.example.com"],
  ["localhost.evil.example.com"],
  ["localhost:8888:9"],
  ["127.0.0.2"],
  ["::1"],
  ["[::1"],
  ["localhost@evil.example.com"],
  ["192.168.1.10:8888"],
])("host %j is refused with 421", (host) => {
  expect(() => guard({ ...(host !== undefined && { host }) })).toThrow(
    expect.objectContaining({ status: 421 }) as Error,
  );
});

test.each([[{ origin: "http://localhost:8888" }], [{ origin: "null" }], [{ "sec-fetch-site": "same-origin" }]])(
  "a browser's %j is refused with 403 even from the right host",
  (headers) => {
    expect(() => guard({ host: "localhost", ...headers })).toThrow(expect.objectContaining({ status: 403 }) as Error);
  },
);
