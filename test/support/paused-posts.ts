// External-dns' way with connections: many clients, each posting again and again over the connection it kept, with pauses.
// Go repeats no POST on a connection that was closed under it, so every such close is a process that ends.

import { setTimeout as sleepFor } from "node:timers/promises";
import { MEDIA_TYPE } from "#src/webhook/media-type.ts";
import { GoHttpClient } from "#test/fakes/external-dns/go-http-client.ts";

export interface PausedPosts {
  /** `http://127.0.0.1:<port>`. */
  readonly url: string;
  /** How long a client keeps an idle connection; Go: 90 s. */
  readonly clientIdleMs: number;
  /** Clients beside each other. */
  readonly clients: number;
  readonly postsPerClient: number;
  /** Wait before the next post of a client. */
  pauseMs(): number;
}

export interface PostResults {
  readonly answered: number;
  /** EOF or reset: external-dns would have ended. */
  readonly broken: number;
}

export async function postWithPauses(options: PausedPosts): Promise<PostResults> {
  const results = await Promise.all(Array.from({ length: options.clients }, () => runClient(options)));
  const all = results.flat();
  return { answered: all.filter(Boolean).length, broken: all.filter((answered) => !answered).length };
}

/** True for each post that got its answer. */
async function runClient(options: PausedPosts): Promise<readonly boolean[]> {
  const client = new GoHttpClient(undefined, options.clientIdleMs);
  const answered = [await isAnswered(client, options.url)];
  while (answered.length < options.postsPerClient) {
    await sleepFor(options.pauseMs());
    answered.push(await isAnswered(client, options.url));
  }
  client.close();
  return answered;
}

async function isAnswered(client: GoHttpClient, url: string): Promise<boolean> {
  try {
    const request = {
      method: "POST",
      url: `${url}/records`,
      headers: { "Content-Type": MEDIA_TYPE },
      body: "{}\n",
    } as const;
    return (await client.send(request)).status === 204;
  } catch {
    return false;
  }
}
