import { expect, test } from "vitest";
import {
  RecordRefused,
  RequestError,
  UpstreamConflict,
  UpstreamProtocol,
  UpstreamRejected,
  UpstreamUnavailable,
} from "#src/errors.ts";
import type { ApplyReport } from "#src/sync/sync-engine.ts";
import { EngineFailure, problemOf, reportProblem } from "#src/webhook/problem.ts";

const WHERE = { upstream: "local", operation: "list" };
const REPORT: ApplyReport = { outcome: "reached", applied: 1, remaining: 0, failures: [] };

test("the caller's fault keeps its status and code", () => {
  expect(problemOf(new RequestError(415, "request.media_type", "Wrong."))).toEqual({
    problem: { status: 415, code: "request.media_type", detail: "Wrong." },
    isBug: false,
  });
});

test.each([
  [new UpstreamUnavailable("store.unavailable", WHERE, "away"), 503],
  [new UpstreamConflict("store.conflict", WHERE, "changed"), 503],
  [new UpstreamProtocol("store.protocol", WHERE, "odd"), 503],
  [new UpstreamRejected("store.rejected", WHERE, "no rights"), 500],
])("a backend's %s is answered with %d", (error, status) => {
  const { problem, isBug } = problemOf(new EngineFailure(error));
  expect([problem.status, problem.code, isBug]).toEqual([status, error.code, false]);
});

test.each([
  [new Error("boom")],
  ["not even an error"],
  [undefined],
  [new RequestError(404, "request.no_such_path", "An engine has no business to throw this.")],
  [new RecordRefused("target.invalid", { name: "a", type: "A" }, "no")],
  [Object.assign(new Error("axios"), { statusCode: 401, status: 401 })],
])("anything else from the engine is a bug answered with 500: %s", (error) => {
  const { problem, isBug } = problemOf(new EngineFailure(error));
  expect([problem.status, isBug]).toEqual([500, true]);
});

test("an error with a status of its own outside the engine is a bug too", () => {
  expect(problemOf(Object.assign(new Error("x"), { statusCode: 418 }))).toMatchObject({ isBug: true });
});

test("a bug tells nothing of its inside", () => {
  expect(problemOf(new EngineFailure(new Error("secret path"))).problem.detail).not.toContain("secret");
});

test("a report that reached its target is no problem", () => {
  expect(reportProblem(REPORT)).toBeUndefined();
});

test.each([
  ["refused", 500],
  ["retry", 503],
] as const)("outcome %s is %d", (outcome, status) => {
  expect(reportProblem({ ...REPORT, outcome })?.status).toBe(status);
});

test("the first failures are named, the rest counted", () => {
  const failures = Array.from({ length: 7 }, (_, index) => ({
    name: `n${index}.example.com`,
    type: "A",
    code: "target.invalid",
    reason: "not an address",
    retryable: false,
  }));
  const detail = reportProblem({ ...REPORT, outcome: "refused", failures })?.detail;
  expect(detail).toContain("n4.example.com A: not an address (target.invalid).");
  expect(detail).not.toContain("n5.example.com");
  expect(detail).toContain("And 2 more.");
});

test("what ended a batch early is told", () => {
  const interruption = { code: "store.unavailable", reason: "the disk is full" };
  expect(reportProblem({ ...REPORT, outcome: "retry", interruption })?.detail).toContain(
    "the disk is full (store.unavailable).",
  );
});
