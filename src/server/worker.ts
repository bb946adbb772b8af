// The file the data plane thread starts from; joins the thread to the pure half and does nothing else.

import { parentPort, workerData } from "node:worker_threads";
import { respond } from "#src/dns/respond.ts";
import { changeSnapshot } from "#src/dns/snapshot.ts";
import type { WorkerSettings } from "./protocol.ts";
import { runWorkerThread } from "./worker-thread.ts";

if (parentPort === null) throw new Error("worker.ts is started by data-plane.ts as a worker thread, never by hand");
// A border: workerData is untyped, and data-plane.ts is the only one who sets it.
runWorkerThread(parentPort, workerData as WorkerSettings, { changeSnapshot, respond });
