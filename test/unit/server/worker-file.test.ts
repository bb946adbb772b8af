import { expect, test } from "vitest";
import { workerFile } from "#src/server/worker-file.ts";

test("from source the thread starts from worker.ts beside the module", () => {
  expect(workerFile("file:///app/src/server/data-plane.ts").href).toBe("file:///app/src/server/worker.ts");
});

test("in a bundle it starts from worker.mjs beside the bundle", () => {
  expect(workerFile("file:///app/dist/zonegate.mjs").href).toBe("file:///app/dist/worker.mjs");
});
