// The last good content of every file, and the objects all files give together. State without watching or reading the folder.

import {
  type ClusterObject,
  type InventoryChange,
  keyOf,
  keyText,
  type ObjectKey,
} from "#src/domain/cluster-object.ts";

export interface FileProblem {
  /** Below the folder; "" for the folder itself. */
  readonly path: string;
  /** One sentence for a person. */
  readonly problem: string;
  /** True when objects read from it before are still in use. */
  readonly keepsLastGood: boolean;
}

export interface FileState {
  /** Version last read, good or bad; "" when it could not be read. */
  readonly version: string;
  /** Of the last good content; empty when there was none. */
  readonly objects: readonly KnownObject[];
  /** What is wrong with the version last read. */
  readonly problem: string | undefined;
}

export interface KnownObject {
  readonly id: string;
  readonly key: ObjectKey;
  readonly object: ClusterObject;
  /** Equal text means equal object. */
  readonly content: string;
}

export function knownObject(object: ClusterObject): KnownObject {
  const key = keyOf(object);
  return { id: keyText(key), key, object, content: JSON.stringify(object) };
}

export interface EffectiveObjects {
  readonly objects: ReadonlyMap<string, KnownObject>;
  /** Objects that stand in more than one place. */
  readonly duplicates: readonly FileProblem[];
}

/** Unites all files: of several definitions of one object the first counts, by path and then by place in the file. */
export function effectiveObjects(files: ReadonlyMap<string, FileState>): EffectiveObjects {
  const objects = new Map<string, KnownObject>();
  const definedIn = new Map<string, string>();
  const duplicates: FileProblem[] = [];
  for (const path of [...files.keys()].sort()) {
    for (const known of files.get(path)?.objects ?? []) {
      const first = definedIn.get(known.id);
      if (first === undefined) {
        definedIn.set(known.id, path);
        objects.set(known.id, known);
        continue;
      }
      const { kind, namespace, name } = known.key;
      const where = namespace === "" ? name : `${namespace}/${name}`;
      const problem = `${kind} ${where} is defined in ${first === path ? "it twice" : `${first} too`}; the first counts`;
      duplicates.push({ path, problem, keepsLastGood: false });
    }
  }
  return { objects, duplicates };
}

/** What changed from one set of objects to the next, by content. */
export function diffObjects(
  before: ReadonlyMap<string, KnownObject>,
  after: ReadonlyMap<string, KnownObject>,
): InventoryChange {
  const upserted = [...after.values()].filter((known) => before.get(known.id)?.content !== known.content);
  const deleted = [...before.values()].filter((known) => !after.has(known.id));
  return { upserted: upserted.map((known) => known.object), deleted: deleted.map((known) => known.key) };
}
