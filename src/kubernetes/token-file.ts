// A bearer token that the kubelet replaces while we run: read again when it is older than a minute, and when it was refused.

import { readFile } from "node:fs/promises";
import { codeOf } from "#src/lib/atomic-file.ts";
import type { Clock } from "#src/lib/clock.ts";
import type { Credentials } from "./client.ts";
import { ApiFailure } from "./failure.ts";

/** client-go's figure. */
const MAX_AGE_MS = 60_000;

/** Rejects when the file cannot be read: an old token is refused by the server anyway, sooner or later. */
export function createTokenFile(path: string, clock: Clock): Credentials {
  let read: { readonly token: string; readonly atMs: number } | undefined;
  return {
    headers: async (need) => {
      const isOld = read === undefined || clock.monotonicMs() - read.atMs > MAX_AGE_MS;
      if (isOld || need === "fresh") {
        try {
          read = { token: await readToken(path), atMs: clock.monotonicMs() };
        } catch (error) {
          // For a moment, while the kubelet replaces it, the last one is as good as none; when it was refused it is not.
          if (read === undefined || need === "fresh") throw error;
        }
      }
      return { authorization: `Bearer ${read?.token ?? ""}` };
    },
  };
}

async function readToken(path: string): Promise<string> {
  let text: string;
  try {
    text = (await readFile(path, "utf8")).trim();
  } catch (error) {
    throw new ApiFailure("credentials", `the token ${path} cannot be read: ${codeOf(error) || "unknown error"}`);
  }
  // What a header cannot hold would be named in the error of node:http, secret and all.
  if (!/^[\x21-\x7e]+$/.test(text)) throw new ApiFailure("credentials", `${path} holds no token`);
  return text;
}
