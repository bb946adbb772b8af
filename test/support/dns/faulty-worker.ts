// The real data plane thread over an answering half with bugs: it throws, hangs, or takes the whole thread down, for certain
// names.

import { parentPort, workerData } from "node:worker_threads";
import { respond } from "#src/dns/respond.ts";
import { changeSnapshot } from "#src/dns/snapshot.ts";
import type { WorkerSettings } from "#src/server/protocol.ts";
import { runWorkerThread } from "#src/server/worker-thread.ts";

if (parentPort === null) throw new Error("started as a worker thread only");

runWorkerThread(parentPort, workerData as WorkerSettings, {
  changeSnapshot: (snapshot, changes) => {
    if (changes.some(({ apex }) => apex === "unservable.test")) throw new Error("a bug in making snapshots");
    // Ends the thread as running out of memory does.
    if (changes.some(({ apex }) => apex === "deadly.test")) process.exit(134);
    return changeSnapshot(snapshot, changes);
  },
  respond: (message, context) => {
    const text = Buffer.from(message).toString("latin1");
    if (text.includes("panic")) throw new Error("a bug in answering");
    if (text.includes("hang")) for (;;);
    // Thrown where no query is at hand: nothing in the thread may catch it.
    if (text.includes("crash")) setImmediate(() => throwUnexpected());
    return respond(message, context);
  },
});

function throwUnexpected(): never {
  throw new Error("a bug outside answering");
}
