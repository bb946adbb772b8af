// The emulator's own HTTP interface, on a port of its own and on loopback only: for people and for tests in another
// process. The console knows nothing of it. Facts: unifi.md 4.5.

import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { z } from "zod";
import type { FaultRule, HandEdit } from "./faults.ts";
import { PROFILES, type ProfileName } from "./profiles.ts";
import type { RecordFields } from "./records.ts";
import type { UnifiConsole } from "./unifi-console.ts";

export interface AdminApi {
  readonly url: string;
  stop(): Promise<void>;
}

/** `port` 0 takes a free one. */
export async function startAdminApi(unifi: UnifiConsole, port = 0): Promise<AdminApi> {
  const endpoints = endpointsOf(unifi);
  const server = createServer((request, response) => {
    serve(endpoints, request).then(
      ({ status, body }) => write(response, status, body),
      (error: unknown) => write(response, 500, { error: String(error) }),
    );
  });
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(port, "127.0.0.1", resolve);
  });
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    stop: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

/** By method and path; what is returned is the body of a 200. */
type Endpoints = Readonly<Record<string, (body: unknown) => unknown>>;

const DONE = { done: true };

function endpointsOf(unifi: UnifiConsole): Endpoints {
  return {
    "GET /state": () => ({
      url: unifi.url,
      profile: unifi.profile,
      fingerprint: unifi.fingerprint,
      records: unifi.records(),
      commits: unifi.commits(),
    }),
    "GET /requests": () => unifi.requests(),
    "GET /counters": () => unifi.counters(),
    "GET /reloads": () => unifi.reloads(),
    "GET /faults": () => unifi.faults.fired(),
    "PUT /faults": (body) => planFaults(unifi, FAULTS.parse(body)),
    "DELETE /faults": () => done(unifi.faults.clear()),
    "POST /reset": () => done(unifi.reset()),
    "POST /seed": (body) => seed(unifi, SEED.parse(body)),
    "POST /session/expire": () => done(unifi.expireSessions()),
    "POST /csrf/rotate": () => done(unifi.rotateCsrf()),
    "POST /human-edit": (body) => done(unifi.hand(HAND_EDIT.parse(body))),
    "POST /upgrade": (body) => done(unifi.upgrade(UPGRADE.parse(body).profile)),
    "POST /reboot": async (body) => done(await unifi.reboot(REBOOT.parse(body ?? {}))),
  };
}

const RECORD = z.custom<RecordFields>((value) => z.looseObject(RECORD_SHAPE).safeParse(value).success);
const RECORD_SHAPE = {
  type: z.enum(["A", "AAAA", "CNAME", "MX", "NS", "SRV", "TXT"]),
  name: z.string().min(1),
  data: z.string().min(1),
};

const SEED = z.strictObject({
  records: z.array(RECORD).default([]),
  clients: z.array(z.strictObject({ hostname: z.string(), localDnsRecord: z.string() })).optional(),
  networkDomains: z.array(z.string()).optional(),
  keys: z.array(z.strictObject({ key: z.string().min(1), role: z.enum(["admin", "viewer"]) })).default([]),
  users: z
    .array(z.strictObject({ username: z.string(), password: z.string(), role: z.enum(["admin", "viewer"]) }))
    .default([]),
});

/** The field that tells kinds apart is checked; the rest is the business of who writes a fault. */
const FAULT_RULE = z.custom<FaultRule>(
  (value) => z.looseObject({ action: z.looseObject({ kind: z.string() }) }).safeParse(value).success,
);

const FAULTS = z.strictObject({
  rules: z.array(FAULT_RULE).default([]),
  seed: z.int().optional(),
  random: z.strictObject({ seed: z.int(), rate: z.number().min(0).max(1) }).optional(),
});

const HAND_EDIT = z.custom<HandEdit>(
  (value) => z.looseObject({ kind: z.enum(["create", "update", "remove"]) }).safeParse(value).success,
);

const PROFILE_NAMES = Object.keys(PROFILES) as readonly ProfileName[];
const UPGRADE = z.strictObject({ profile: z.enum(PROFILE_NAMES) });
const REBOOT = z.strictObject({ downMs: z.int().min(0).default(90_000), emptyListsMs: z.int().min(0).default(0) });

function planFaults(unifi: UnifiConsole, { rules, seed, random }: z.infer<typeof FAULTS>): object {
  unifi.faults.clear();
  unifi.faults.plan(rules, seed);
  if (random !== undefined) unifi.faults.random(random);
  return DONE;
}

function seed(unifi: UnifiConsole, input: z.infer<typeof SEED>): unknown {
  const site = unifi.site();
  if (input.clients !== undefined) site.clients = input.clients;
  if (input.networkDomains !== undefined) site.networkDomains = input.networkDomains;
  for (const { key, role } of input.keys) unifi.access.keys.set(key, role);
  for (const user of input.users) unifi.access.users.set(user.username, user);
  return unifi.seed(...input.records);
}

/** Sugar for endpoints that only act. */
function done(_result: void): object {
  return DONE;
}

interface AdminAnswer {
  readonly status: number;
  readonly body: unknown;
}

async function serve(endpoints: Endpoints, request: IncomingMessage): Promise<AdminAnswer> {
  const text = await readText(request);
  const endpoint = endpoints[`${request.method ?? ""} ${request.url ?? ""}`];
  if (endpoint === undefined) return { status: 404, body: { endpoints: Object.keys(endpoints) } };
  try {
    return { status: 200, body: await endpoint(text === "" ? undefined : JSON.parse(text)) };
  } catch (error) {
    if (error instanceof z.ZodError) return { status: 400, body: { error: z.prettifyError(error) } };
    if (error instanceof SyntaxError) return { status: 400, body: { error: error.message } };
    throw error;
  }
}

async function readText(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of request as AsyncIterable<Buffer>) chunks.push(chunk);
  return Buffer.concat(chunks).toString("utf8");
}

function write(response: ServerResponse, status: number, body: unknown): void {
  response.writeHead(status, { "content-type": "application/json" });
  response.end(`${JSON.stringify(body, undefined, 2)}\n`);
}
