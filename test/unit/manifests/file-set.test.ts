import { expect, test } from "vitest";
import type { ClusterObject } from "#src/domain/cluster-object.ts";
import { diffObjects, effectiveObjects, type FileState, knownObject } from "#src/manifests/file-set.ts";

function object(name: string, spec: unknown = {}): ClusterObject {
  const metadata = { name, namespace: "default", labels: {}, annotations: {} };
  return { apiVersion: "v1", kind: "Service", metadata, spec, status: {} };
}

function file(...objects: readonly ClusterObject[]): FileState {
  return { version: "1", objects: objects.map(knownObject), problem: undefined };
}

function objectsOf(files: Readonly<Record<string, FileState>>) {
  return effectiveObjects(new Map(Object.entries(files)));
}

test("of two files that define one object the first by path counts, and the other is told", () => {
  const { objects, duplicates } = objectsOf({ "b.yaml": file(object("app", 2)), "a.yaml": file(object("app", 1)) });
  expect([...objects.values()].map((known) => known.object.spec)).toEqual([1]);
  expect(duplicates).toEqual([
    { path: "b.yaml", problem: "Service default/app is defined in a.yaml too; the first counts", keepsLastGood: false },
  ]);
});

test("one file that defines an object twice counts once", () => {
  const { objects, duplicates } = objectsOf({ "a.yaml": file(object("app", 1), object("app", 2)) });
  expect([...objects.values()].map((known) => known.object.spec)).toEqual([1]);
  expect(duplicates[0]?.problem).toContain("twice");
});

test("only what differs by content is sent", () => {
  const before = objectsOf({ "a.yaml": file(object("same"), object("changed", 1), object("gone")) }).objects;
  const after = objectsOf({ "other.yaml": file(object("same"), object("changed", 2), object("new")) }).objects;
  const change = diffObjects(before, after);
  expect(change.upserted.map((each) => each.metadata.name)).toEqual(["changed", "new"]);
  expect(change.deleted).toEqual([{ group: "", kind: "Service", namespace: "default", name: "gone" }]);
});
