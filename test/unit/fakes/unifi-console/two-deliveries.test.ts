// A console in memory stands in for one behind TLS in thousands of runs: whatever strikes, the provider's transport must be told
// the same, and the console must hold and log the same.

import { describe, expect, test } from "vitest";
import { SYSTEM_CLOCK } from "#src/lib/clock.ts";
import { type Connection, connectByTls } from "#src/providers/unifi/connection.ts";
import { type Exchanged, type ExchangeRequest, MAX_REQUEST_BYTES } from "#src/providers/unifi/transport.ts";
import { type FaultAction, randomCandidates } from "#test/fakes/unifi-console/faults.ts";
import { startMemoryConsole } from "#test/fakes/unifi-console/memory-port.ts";
import { PROFILES, type ProfileName, type Switches } from "#test/fakes/unifi-console/profiles.ts";
import type { Operation } from "#test/fakes/unifi-console/routes.ts";
import { ManualTime } from "#test/fakes/unifi-console/time.ts";
import {
  createConsoleCertificate,
  startUnifiConsole,
  type UnifiConsole,
  type UnifiConsoleOptions,
} from "#test/fakes/unifi-console/unifi-console.ts";
import { unbounded } from "#test/support/engine.ts";
import { eventually } from "#test/support/eventually.ts";

interface Delivered {
  readonly console: UnifiConsole;
  readonly connection: Connection;
  readonly time: ManualTime;
}

const certificate = createConsoleCertificate();
/** Of the console's time: longer than any delay here. */
const PATIENCE_MS = 1_000;
const OPERATIONS = ["info", "list", "create", "update", "delete"] as const satisfies readonly Operation[];

/** Beside what the dice know. */
const OTHERS: readonly FaultAction[] = [
  { kind: "late-write", delayMs: 30, reply: "silence" },
  { kind: "drip", bytesPerSecond: 100_000 },
  { kind: "keys-revoked" },
  { kind: "hand-edit", edit: { kind: "remove" }, when: "before" },
  { kind: "upgrade", profile: "udm-10.6" },
];

describe.each(OPERATIONS)("%s", (operation) => {
  // Whether the next request meets a connection that is about to go is chance.
  const ofChance = (action: FaultAction): boolean => operation === "delete" && action.kind === "truncate";
  const actions = [...randomCandidates(operation), ...OTHERS].filter((action) => !ofChance(action));
  test.each(actions)("is the same over TLS and in memory: %j", async (action) => {
    const { inMemory, overTls } = await bothWays({ operation, action });
    expect(inMemory).toEqual(overTls);
  });
});

test.each([200, 204] as const)("is the same over TLS and in memory: %i without a body, torn", async (deleteStatus) => {
  const action = { kind: "truncate", keepBytes: 5 } as const;
  const { inMemory, overTls } = await bothWays({ operation: "delete", action, switches: { deleteStatus }, times: 1 });
  expect(inMemory).toEqual(overTls);
});

test("what is too large to be sent is not", async () => {
  const body = " ".repeat(MAX_REQUEST_BYTES + 1);
  const { inMemory, overTls } = await bothWays({ operation: "create", action: { kind: "login-page" }, body });
  expect(inMemory).toEqual(overTls);
});

/** By login: cookies and CSRF tokens come with answers. */
const SESSION_FAULTS: readonly FaultAction[] = [
  { kind: "session-lost" },
  { kind: "csrf-stale" },
  { kind: "answer", status: 200, body: "empty" },
  { kind: "delay", delayMs: 50 },
  { kind: "truncate", keepBytes: 5 },
];

describe("with a session", () => {
  const actions = [...randomCandidates("login"), ...OTHERS];
  test.each(actions)("a login is answered the same over TLS and in memory: %j", async (action) => {
    const { inMemory, overTls } = await bothWays({ operation: "login", action, profile: "udm-8.2" });
    expect(inMemory).toEqual(overTls);
  });

  test("a login tells its cookie and its CSRF token", async () => {
    const { inMemory } = await bothWays({ operation: "login", action: { kind: "close-idle" }, profile: "udm-8.2" });
    expect(JSON.stringify(inMemory)).toMatch(/TOKEN=issued-\d.*csrfToken[^,]*issued-\d/);
  });

  test.each(SESSION_FAULTS)("a write is answered the same over TLS and in memory: %j", async (action) => {
    const life = { operation: "create", action, profile: "udm-8.2", switches: { csrfRotationWrites: 1 } } as const;
    const { inMemory, overTls } = await bothWays(life);
    expect(inMemory).toEqual(overTls);
  });
});

interface Life {
  readonly operation: (typeof OPERATIONS)[number] | "login";
  /** "udm-9.4", with a key, unless told; a profile without keys is entered by a login first. */
  readonly profile?: ProfileName;
  readonly action: FaultAction;
  readonly switches?: Partial<Switches>;
  readonly body?: string;
  /** Requests; 3 unless told. */
  readonly times?: number;
}

interface Stories {
  readonly inMemory: unknown;
  readonly overTls: unknown;
}

async function bothWays(life: Life): Promise<Stories> {
  const options = { profile: life.profile ?? "udm-9.4", seed: 7, certificate, switches: life.switches ?? {} } as const;
  return {
    inMemory: await story(life, await consoleInMemory(options)),
    overTls: await story(life, await consoleOverTls(options)),
  };
}

/** Equal requests, of which the first is struck. */
async function story(life: Life, delivered: Delivered): Promise<unknown> {
  const { console, connection, time } = delivered;
  const [record] = console.seed({ type: "A", name: "a.example.org", data: "10.0.0.1" });
  const way = PROFILES[console.profile].apiKeys ? { "x-api-key": console.apiKey } : await sessionHeaders(delivered);
  const request = requestFor(life, { console, way, objectId: record?.objectId ?? "" });
  console.faults.plan([{ action: life.action, times: 1 }]);
  const told = [await struck(life.action, request, delivered)];
  for (let index = 1; index < (life.times ?? 3); index += 1) told.push(await connection.exchange(request, unbounded()));
  time.advance(1_000);
  connection.close();
  await console.stop();
  return {
    told: told.map((one) => withoutIssued(console, one)),
    records: console.records(),
    requests: console.requests().map(({ headers: _headers, ...rest }) => rest),
  };
}

/** Time passes for what is slow, and a client gives up what it never would be answered. */
async function struck(action: FaultAction, request: ExchangeRequest, delivered: Delivered): Promise<Exchanged> {
  const { console, connection, time } = delivered;
  const patience = new AbortController();
  const before = console.requests().length;
  const exchanged = connection.exchange(request, patience.signal);
  const isSlow = action.kind === "delay" || action.kind === "drip";
  const isSilent = action.kind === "silence" || (action.kind === "late-write" && action.reply === "silence");
  if (isSlow || isSilent) await eventually("the console has the request", () => console.requests().length > before);
  if (isSlow) time.advance(PATIENCE_MS);
  if (isSilent || (action.kind === "drip" && action.bytesPerSecond === 1)) patience.abort();
  const told = await exchanged;
  time.advance(PATIENCE_MS);
  return told;
}

/** Of a session that was opened before anything strikes. */
async function sessionHeaders({ console, connection }: Delivered): Promise<Headers> {
  const answer = await connection.exchange(loginRequest(console), unbounded());
  if (answer.kind !== "answer") throw new Error("no login");
  return {
    cookie: answer.setCookies.map((line) => line.split(";")[0]).join("; "),
    "x-csrf-token": answer.csrfToken ?? "",
  };
}

function loginRequest({ url, username, password }: UnifiConsole): ExchangeRequest {
  const body = JSON.stringify({ username, password });
  return { method: "POST", url: `${url}/api/auth/login`, headers: { "content-type": "application/json" }, body };
}

/** Cookies and tokens are of chance; which of them it was is not. */
function withoutIssued({ access }: UnifiConsole, told: Exchanged): unknown {
  if (told.kind !== "answer") return told;
  const text = JSON.stringify({ ...told, body: Buffer.from(told.body).toString() });
  return access.issued.reduce((shown, secret, index) => shown.replaceAll(secret, `issued-${index}`), text);
}

type Headers = Readonly<Record<string, string>>;

interface Asking {
  readonly console: UnifiConsole;
  /** How the console lets us in. */
  readonly way: Headers;
  readonly objectId: string;
}

function requestFor({ operation, body }: Life, { console, way: headers, objectId }: Asking): ExchangeRequest {
  const record = { enabled: true, key: "b.example.org", record_type: "A", value: "10.0.0.9" };
  const [network, records] = [`${console.url}/proxy/network`, "/v2/api/site/default/static-dns"];
  const written = { headers: { ...headers, "content-type": "application/json" }, body: body ?? JSON.stringify(record) };
  const bare = { headers, body: undefined };
  switch (operation) {
    case "login":
      return loginRequest(console);
    case "info":
      return { method: "GET", url: `${network}/integration/v1/info?x=1`, ...bare };
    case "list":
      return { method: "GET", url: network + records, ...bare };
    case "create":
      return { method: "POST", url: network + records, ...written };
    case "update":
      return { method: "PUT", url: `${network}${records}/${objectId}`, ...written };
    default:
      return { method: "DELETE", url: `${network}${records}/${objectId}`, ...bare };
  }
}

async function consoleInMemory(options: UnifiConsoleOptions): Promise<Delivered> {
  const time = new ManualTime();
  const { console, connect } = await startMemoryConsole({ ...options, time });
  return { console, connection: connect(), time };
}

async function consoleOverTls(options: UnifiConsoleOptions): Promise<Delivered> {
  const time = new ManualTime();
  const console = await startUnifiConsole({ ...options, time });
  const trust = { kind: "ca", pem: console.caPem } as const;
  const onTrusted = (): void => undefined;
  return {
    console,
    connection: connectByTls({ trust, connectTimeoutMs: 10_000, clock: SYSTEM_CLOCK, onTrusted }),
    time,
  };
}
