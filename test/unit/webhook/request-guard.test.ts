import { describe, expect, test } from "vitest";
import { Secret } from "#src/lib/secret.ts";
import { createRequestGuard } from "#src/webhook/request-guard.ts";

const guard = createRequestGuard({ host: "127.1.2.3", credentials: undefined });

test.each([
  ["localhost"],
  ["localhost:8888"],
  ["LOCALHOST:8888"],
  ["127.0.0.1:8888"],
  ["[::1]:8888"],
  ["[::1]"],
  ["127.1.2.3:8888"],
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

describe("with a password", () => {
  const guarded = createRequestGuard({
    host: "0.0.0.0",
    credentials: { username: "dns", password: new Secret("word") },
  });
  const authorization = `Basic ${Buffer.from("dns:word").toString("base64")}`;

  test.each([["zonegate.dns.svc:8888"], ["192.168.1.10:8888"], [undefined]])(
    "host %j passes: it is a name of ours or nobody has a password for it",
    (host) => {
      expect(() => guarded({ authorization, ...(host !== undefined && { host }) })).not.toThrow();
    },
  );

  test("the right host without it is refused with 401", () => {
    expect(() => guarded({ host: "localhost" })).toThrow(expect.objectContaining({ status: 401 }) as Error);
  });

  test("a browser is refused with 403 even when it knows it", () => {
    expect(() => guarded({ authorization, origin: "http://192.168.1.10" })).toThrow(
      expect.objectContaining({ status: 403 }) as Error,
    );
  });
});
