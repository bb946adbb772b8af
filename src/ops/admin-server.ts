// What changes a running process: approving held deletions, asking for the plan, the log level. Only through a unix socket that
// its owner alone may open; there is no network listener for it (docs/decisions.md 14).

import { chmod, lstat, unlink } from "node:fs/promises";
import { connect } from "node:net";
import { type FastifyInstance, type FastifyReply, fastify } from "fastify";
import * as z from "zod";
import type { Lifecycle } from "#src/lib/lifecycle.ts";
import type { Logger } from "#src/lib/log.ts";
import { encodeProblem, PROBLEM_MEDIA_TYPE } from "#src/lib/problem-json.ts";
import { LOG_LEVELS, type LogLevel } from "./log.ts";

/** An engine as this file needs it. */
interface AdminEngine {
  readonly provider: string;
  approve(planHash: string): boolean;
  status(): { readonly held: object | undefined };
  preview(signal: AbortSignal): Promise<object | undefined>;
  backups(): Promise<readonly string[]>;
  restore(backup: string, mode: "show" | "write", signal: AbortSignal): Promise<object | undefined>;
}

export interface AdminServerOptions {
  readonly socketPath: string;
  readonly engines: readonly AdminEngine[];
  setLogLevel(level: LogLevel): void;
  readonly log: Logger;
}

/** sun_path of a unix socket on Linux, its final zero not counted. */
const MAX_SOCKET_PATH_BYTES = 107;
const OWNER_ONLY = 0o600;
/** Listing a slow backend; a person waits. */
const PLAN_TIMEOUT_MS = 30_000;
const MAX_BODY_BYTES = 4_096;

const approveSchema = z.object({ planHash: z.string().regex(/^[0-9a-f]{16}$/) });
const restoreSchema = z.object({ backup: z.string().max(64), mode: z.enum(["show", "write"]) });
const logLevelSchema = z.object({ level: z.enum(LOG_LEVELS) });

/**
 * Makes the admin listener. A socket that cannot be opened is logged and does without: nobody's names depend on it. `start`
 * never rejects.
 */
export function createAdminServer(options: AdminServerOptions): Lifecycle {
  const app = createApplication(options);
  return {
    start: async () => {
      try {
        await open(app, options.socketPath);
        options.log.info({ socket: options.socketPath }, "admin socket opened");
      } catch (error) {
        const reason = error instanceof Error ? error.message : String(error);
        options.log.warn({ socket: options.socketPath, reason }, "admin socket not opened");
      }
    },
    stop: () => app.close(),
  };
}

async function open(app: FastifyInstance, socketPath: string): Promise<void> {
  if (Buffer.byteLength(socketPath) > MAX_SOCKET_PATH_BYTES) {
    throw new Error(`the path is longer than ${MAX_SOCKET_PATH_BYTES} bytes: set ADMIN_SOCKET to a shorter one`);
  }
  await removeStale(socketPath);
  await app.listen({ path: socketPath });
  await chmod(socketPath, OWNER_ONLY);
}

/** The socket of a process that was killed stays behind; one that answers belongs to somebody, and so does whatever is no socket. */
async function removeStale(socketPath: string): Promise<void> {
  const found = await lstat(socketPath).catch(() => undefined);
  // A plain file refuses a connection just as a stale socket does.
  if (found?.isSocket() === false) throw new Error("something that is no socket stands there");
  const state = await new Promise<"live" | "stale" | "none">((resolve) => {
    const socket = connect(socketPath);
    socket.once("connect", () => {
      socket.destroy();
      resolve("live");
    });
    socket.once("error", (error) => resolve("code" in error && error.code === "ECONNREFUSED" ? "stale" : "none"));
  });
  if (state === "live") throw new Error("another process listens on it");
  if (state === "stale") await unlink(socketPath);
}

function createApplication(options: AdminServerOptions): FastifyInstance {
  const app = fastify({ logger: false, bodyLimit: MAX_BODY_BYTES, forceCloseConnections: true });

  app.post("/approve", async (request, reply) => {
    const body = approveSchema.safeParse(request.body);
    if (!body.success) return refuse(reply, 400, 'the body is not {"planHash": "16 hex digits"}');
    const { planHash } = body.data;
    const engine = options.engines.find((candidate) => candidate.approve(planHash));
    if (engine === undefined) return refuse(reply, 404, `nothing is held under ${planHash}`);
    return { approved: planHash, provider: engine.provider };
  });

  app.get("/plan", async () => ({
    plans: await Promise.all(
      options.engines.map(async (engine) => ({
        provider: engine.provider,
        held: engine.status().held ?? null,
        plan: (await engine.preview(AbortSignal.timeout(PLAN_TIMEOUT_MS))) ?? null,
      })),
    ),
  }));

  app.get("/backups", async () => ({
    backups: await Promise.all(
      options.engines.map(async (engine) => ({ provider: engine.provider, names: await engine.backups() })),
    ),
  }));

  app.post("/restore", async (request, reply) => {
    const body = restoreSchema.safeParse(request.body);
    if (!body.success) return refuse(reply, 400, 'the body is not {"backup": name, "mode": "show" or "write"}');
    const { backup, mode } = body.data;
    for (const engine of options.engines) {
      const restoration = await engine.restore(backup, mode, AbortSignal.timeout(PLAN_TIMEOUT_MS));
      if (restoration !== undefined) return { provider: engine.provider, ...restoration };
    }
    return refuse(reply, 404, `there is no backup ${backup}`);
  });

  app.post("/log-level", async (request, reply) => {
    const body = logLevelSchema.safeParse(request.body);
    if (!body.success) return refuse(reply, 400, `the body is not {"level": one of ${LOG_LEVELS.join(", ")}}`);
    options.setLogLevel(body.data.level);
    return { level: body.data.level };
  });

  app.setErrorHandler((error, _request, reply) => {
    const detail = error instanceof Error ? error.message : String(error);
    const status = hasStatus(error) ? error.statusCode : 503;
    return refuse(reply, status, detail);
  });
  return app;
}

function hasStatus(error: unknown): error is { readonly statusCode: number } {
  return typeof error === "object" && error !== null && "statusCode" in error && typeof error.statusCode === "number";
}

function refuse(reply: FastifyReply, status: number, detail: string): FastifyReply {
  const body = encodeProblem({ status, detail, code: "admin.refused" });
  return reply.code(status).header("content-type", PROBLEM_MEDIA_TYPE).send(body);
}
