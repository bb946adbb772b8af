// Loaded before the program that is measured, into each of its threads: says on request what memory every thread still holds
// after its garbage was collected. Touches nothing else of the program.

import { getHeapStatistics } from "node:v8";
import { BroadcastChannel, isMainThread } from "node:worker_threads";

/** Bytes of one thread. */
export interface ThreadMemory {
  readonly thread: "main" | "dns";
  readonly heap: number;
  /** Buffers, which lie outside the heap. */
  readonly external: number;
}

/** Several: what a collection frees may be the last that held something else. */
const COLLECTIONS = 3;

const channel = new BroadcastChannel("zonegate-bench-heap");
if (isMainThread) serveParent();
else
  channel.onmessage = (event): void => {
    // oxlint-disable-next-line unicorn/require-post-message-target-origin -- between threads there are no origins
    if (event.data === "measure") channel.postMessage(measure("dns"));
  };
channel.unref();

function serveParent(): void {
  channel.onmessage = (event): void => {
    if (event.data !== "measure") process.send?.(event.data);
  };
  process.on("message", (message) => {
    if (message !== "measure") return;
    process.send?.(measure("main"));
    // oxlint-disable-next-line unicorn/require-post-message-target-origin -- between threads there are no origins
    channel.postMessage("measure");
  });
  process.channel?.unref();
}

function measure(thread: ThreadMemory["thread"]): ThreadMemory {
  for (let pass = 0; pass < COLLECTIONS; pass += 1) globalThis.gc?.();
  const { used_heap_size: heap, external_memory: external } = getHeapStatistics();
  return { thread, heap, external };
}
