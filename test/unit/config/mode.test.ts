import { describe, expect, test } from "vitest";
import { CONTENT_SETTINGS, MODE_TABLE, MODES } from "#src/config/mode.ts";
import { SETTINGS_SCHEMA } from "#src/config/schema.ts";
import { settingsOf } from "#src/config/setting.ts";
import { load, problemsOf, yaml } from "#test/support/settings.ts";

describe("the mode", () => {
  test("is embedded when nothing is set, on loopback only, with the example", () => {
    const settings = load({});
    expect(settings.mode).toEqual({
      mode: "embedded",
      reason: "nothing is set that names what to serve or to keep",
      parts: new Set(["dns", "webhook", "ops"]),
    });
    expect(settings).toMatchObject({
      dns: { addresses: ["127.0.0.1"], port: 1053 },
      webhook: { addresses: ["127.0.0.1", "::1"], port: 8888 },
      ops: { addresses: ["127.0.0.1"], port: 8080 },
      zones: [{ apex: "home.example.com" }],
      sources: { manifests: "examples/homelab" },
      data: { dir: "./data" },
      shutdown: { lameDuckMs: 0 },
    });
  });

  test("stays embedded when only the log or a port is set", () => {
    const settings = load({ ...yaml("log: {level: debug}"), env: { DNS_PORT: "5300", LOG_FORMAT: "json" } });
    expect(settings.mode.mode).toBe("embedded");
    expect(settings.dns).toMatchObject({ addresses: ["127.0.0.1"], port: 5300 });
  });

  test("is standalone when a zone is set", () => {
    expect(load({ env: { ZONES: "a.example" } }).mode.reason).toBe("zones is set (ZONES) and mode is not");
  });

  test.each([
    [{ MANIFESTS_DIR: "/m" }, "sources.manifests is set (MANIFESTS_DIR) and mode is not"],
    [{ DATA_DIR: "/data" }, "data.dir is set (DATA_DIR) and mode is not"],
    [{ DOMAIN_FILTER: "a.example" }, "domainFilter.include is set (DOMAIN_FILTER) and mode is not"],
  ])("is standalone, and lacks a zone, when only %j is set", (env, reason) => {
    expect(problemsOf({ env })).toMatchObject([{ path: "zones", problem: expect.stringContaining(reason) }]);
  });

  test("names the line of the file that decided it", () => {
    expect(load(yaml("zones: [a.example]")).mode.reason).toBe("zones is set (zonegate.yaml line 2) and mode is not");
  });

  test("is what the setting says, whatever else is set", () => {
    const { mode } = load({ ...yaml("mode: resolver", "zones: [a.example]"), env: { DATA_DIR: "/data" } });
    expect(mode).toEqual({
      mode: "resolver",
      reason: "mode is set (zonegate.yaml line 2)",
      parts: new Set(["dns", "ops"]),
    });
  });

  test("is read like every other choice, blanks trimmed", () => {
    expect(load({ env: { ZONEGATE_MODE: " webhook " } }).mode.parts).toEqual(new Set(["webhook", "ops"]));
  });

  test("set to embedded keeps what else is set", () => {
    const settings = load({ env: { ZONEGATE_MODE: "embedded", ZONES: "a.example" } });
    expect(settings.zones.map(({ apex }) => apex)).toEqual(["a.example"]);
    expect(settings.dns.addresses).toEqual(["127.0.0.1"]);
  });
});

describe("the table of modes", () => {
  const paths = settingsOf(SETTINGS_SCHEMA).map(({ path }) => path.join("."));

  test.each(MODES)("%s names only settings that there are", (mode) => {
    const { defaults, needs } = MODE_TABLE[mode];
    expect(paths).toEqual(expect.arrayContaining([...Object.keys(defaults), ...needs]));
  });

  test("the settings that decide a mode are settings", () => {
    expect(paths).toEqual(expect.arrayContaining([...CONTENT_SETTINGS]));
  });
});
