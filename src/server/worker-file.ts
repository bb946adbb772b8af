// The one place that decides which file the data plane thread starts from.

/** `worker.ts` beside its source; in a bundle, whose parts end in .mjs, the `worker.mjs` beside it. */
export function workerFile(moduleUrl: string): URL {
  return new URL(moduleUrl.endsWith(".ts") ? "./worker.ts" : "./worker.mjs", moduleUrl);
}
