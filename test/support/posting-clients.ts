// Clients that post over one kept connection each until the server tells them, or shows them, that it ends. What they count is
// what external-dns would feel.

import { Agent, request as httpRequest } from "node:http";
import { setTimeout as sleepFor } from "node:timers/promises";
import { MEDIA_TYPE } from "#src/webhook/media-type.ts";
import type { Random } from "./random.ts";

export interface PostingClientOptions {
  readonly port: number;
  readonly random: Random;
  /** Longest pause between an answer and the next request. */
  readonly maxPauseMs: number;
}

/** How a client ended: `told` by a `Connection: close`; `refused` when it had no connection; `cut` with a request on its way. */
type PostingEnd = "told" | "refused" | "cut";

export interface PostingClient {
  readonly ended: Promise<PostingEnd>;
  /** Requests answered so far. */
  answered(): number;
}

export function startPostingClient({ port, random, maxPauseMs }: PostingClientOptions): PostingClient {
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  let answered = 0;
  const run = async (): Promise<PostingEnd> => {
    for (;;) {
      const end = await post(port, agent);
      if (end !== "answered") {
        answered += end === "told" ? 1 : 0;
        agent.destroy();
        return end;
      }
      answered += 1;
      await sleepFor(random.below(maxPauseMs));
    }
  };
  return { ended: run(), answered: () => answered };
}

function post(port: number, agent: Agent): Promise<PostingEnd | "answered"> {
  return new Promise((resolve) => {
    const headers = { "content-type": MEDIA_TYPE, "content-length": 2 };
    const sent = httpRequest(
      { host: "127.0.0.1", port, path: "/records", method: "POST", agent, headers },
      (answer) => {
        const isTold = answer.headers.connection === "close";
        answer.on("error", () => resolve("cut"));
        answer.resume().on("end", () => resolve(isTold ? "told" : "answered"));
      },
    );
    sent.on("error", (error) => resolve("code" in error && error.code === "ECONNREFUSED" ? "refused" : "cut"));
    sent.end("{}");
  });
}
