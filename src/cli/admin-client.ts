// Asks the running process through its admin socket: the one way for `approve` and `plan`.

import { request } from "node:http";
import * as z from "zod";
import { UnavailableError } from "#src/errors.ts";

/** Listing a slow backend takes seconds; a person waits. */
const ANSWER_TIMEOUT_MS = 40_000;

export interface AdminRequest {
  readonly method: "GET" | "POST";
  readonly path: string;
  readonly body?: object;
}

export type AdminResponse =
  | { readonly kind: "done"; readonly body: unknown }
  /** The process says no, in one sentence. */
  | { readonly kind: "refused"; readonly detail: string };

const PROBLEM = z.object({ detail: z.string() });

/** Throws UnavailableError when no process answers on the socket. */
export async function askAdmin(socketPath: string, asked: AdminRequest): Promise<AdminResponse> {
  const { status, text } = await exchange(socketPath, asked);
  const body = parseJson(text);
  if (status === 200) return { kind: "done", body };
  const problem = PROBLEM.safeParse(body);
  return {
    kind: "refused",
    detail: problem.success ? problem.data.detail : `the process answered with status ${status}`,
  };
}

function exchange(
  socketPath: string,
  { method, path, body }: AdminRequest,
): Promise<{ readonly status: number; readonly text: string }> {
  return new Promise((resolve, reject) => {
    const signal = AbortSignal.timeout(ANSWER_TIMEOUT_MS);
    const headers = body === undefined ? {} : { "content-type": "application/json" };
    const outgoing = request({ socketPath, method, path, headers, signal }, (response) => {
      const chunks: Buffer[] = [];
      response.on("data", (chunk: Buffer) => chunks.push(chunk));
      response.on("error", reject);
      response.on("end", () =>
        resolve({ status: response.statusCode ?? 0, text: Buffer.concat(chunks).toString("utf8") }),
      );
    });
    outgoing.on("error", (cause) => {
      const sentence = `no Zonegate answers on ${socketPath} (${cause.message}); is it running? Name its data folder by --data-dir or the socket by --admin-socket`;
      reject(new UnavailableError("admin.unavailable", sentence, { cause }));
    });
    outgoing.end(body === undefined ? undefined : JSON.stringify(body));
  });
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    // Whatever it is, it is no answer of ours.
    return undefined;
  }
}
