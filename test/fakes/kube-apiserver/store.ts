// Objects under one global revision, with the log of changes that watches and old snapshots read, as etcd keeps them.
// Knows no HTTP, no selector and no kind.

import type { KubeObject, StoredObject } from "./objects.ts";

export interface Change {
  readonly type: "ADDED" | "MODIFIED" | "DELETED";
  readonly revision: number;
  /** After the change; for DELETED the last state, with the revision of the deletion. */
  readonly object: StoredObject;
  readonly previous: StoredObject | undefined;
}

/** Somebody who follows one kind. */
export interface Follower {
  changed(change: Change): void;
  /** The kind is not served any more, or the whole cluster is another one. */
  ended(): void;
}

export class ObjectStore {
  #revision: number;
  #compactedRevision: number;
  readonly #objects = new Map<string, Map<string, StoredObject>>();
  readonly #logs = new Map<string, Change[]>();
  readonly #followers = new Map<string, Set<Follower>>();

  constructor(firstRevision: number) {
    this.#revision = firstRevision;
    this.#compactedRevision = firstRevision;
  }

  get revision(): number {
    return this.#revision;
  }

  /** Changes up to this one are forgotten: nothing older can be read or watched. */
  get compactedRevision(): number {
    return this.#compactedRevision;
  }

  read(kind: string, namespace: string, name: string): StoredObject | undefined {
    return this.#objects.get(kind)?.get(objectKey(namespace, name));
  }

  /** Sorted by namespace and name, as etcd's keys are. */
  all(kind: string): readonly StoredObject[] {
    return sorted(this.#objects.get(kind) ?? new Map<string, StoredObject>());
  }

  everything(): readonly StoredObject[] {
    return [...this.#objects.values()].flatMap((objects) => sorted(objects));
  }

  /** What `all` gave at an earlier revision; the caller has made sure that it is not compacted. */
  allAt(kind: string, revision: number): readonly StoredObject[] {
    const objects = new Map(this.#objects.get(kind));
    for (const { revision: changedAt, object, previous } of this.#log(kind).toReversed()) {
      if (changedAt <= revision) break;
      if (previous === undefined) objects.delete(keyOf(object));
      else objects.set(keyOf(object), previous);
    }
    return sorted(objects);
  }

  since(kind: string, revision: number): readonly Change[] {
    const log = this.#log(kind);
    return log.slice(log.findLastIndex((change) => change.revision <= revision) + 1);
  }

  /** Creates or replaces; `resourceVersion` is given here. */
  write(kind: string, object: KubeObject & { readonly metadata: { readonly uid: string } }): StoredObject {
    const previous = this.#objects.get(kind)?.get(keyOf(object));
    const stored = this.#withNextRevision(object);
    this.#kind(kind).set(keyOf(stored), stored);
    const type = previous === undefined ? "ADDED" : "MODIFIED";
    this.#publish(kind, { type, revision: this.#revision, object: stored, previous });
    return stored;
  }

  remove(kind: string, namespace: string, name: string): StoredObject | undefined {
    const previous = this.read(kind, namespace, name);
    if (previous === undefined) return undefined;
    const object = this.#withNextRevision(previous);
    this.#objects.get(kind)?.delete(keyOf(previous));
    this.#publish(kind, { type: "DELETED", revision: this.#revision, object, previous });
    return object;
  }

  /** The kind goes: its objects are deleted one by one, then who follows it is told that this is the end. */
  drop(kind: string): void {
    for (const { metadata } of this.all(kind)) this.remove(kind, metadata.namespace ?? "", metadata.name);
    this.endFollowers(kind);
  }

  follow(kind: string, follower: Follower): () => void {
    const followers = this.#followers.get(kind) ?? new Set();
    this.#followers.set(kind, followers.add(follower));
    return () => void followers.delete(follower);
  }

  endFollowers(kind?: string): void {
    const ended = [...this.#followers].filter(([followed]) => kind === undefined || followed === kind);
    for (const follower of ended.flatMap(([, followers]) => [...followers])) follower.ended();
  }

  compact(revision: number): void {
    this.#compactedRevision = Math.max(this.#compactedRevision, Math.min(revision, this.#revision));
    for (const [kind, log] of this.#logs) {
      this.#logs.set(
        kind,
        log.filter((change) => change.revision > this.#compactedRevision),
      );
    }
  }

  /** Becomes another store at the same address: other revisions, other uids, no history. */
  replaceBy(firstRevision: number, rename: (object: StoredObject) => StoredObject): void {
    const before = [...this.#objects].flatMap(([kind, objects]) => sorted(objects).map((object) => ({ kind, object })));
    this.#objects.clear();
    this.#logs.clear();
    this.#revision = firstRevision;
    for (const { kind, object } of before) {
      const stored = this.#withNextRevision(rename(object));
      this.#kind(kind).set(keyOf(stored), stored);
    }
    this.#compactedRevision = this.#revision;
    this.endFollowers();
  }

  /** Moves the revision on without a change, as writes to kinds that nobody looks at do. */
  skipRevisions(count: number): void {
    this.#revision += count;
  }

  #withNextRevision(object: KubeObject): StoredObject {
    this.#revision++;
    const metadata = { ...object.metadata, resourceVersion: String(this.#revision) };
    return { ...object, metadata } as unknown as StoredObject;
  }

  #publish(kind: string, change: Change): void {
    const log = this.#logs.get(kind);
    if (log === undefined) this.#logs.set(kind, [change]);
    else log.push(change);
    for (const follower of this.#followers.get(kind) ?? []) follower.changed(change);
  }

  #kind(kind: string): Map<string, StoredObject> {
    const objects = this.#objects.get(kind) ?? new Map<string, StoredObject>();
    this.#objects.set(kind, objects);
    return objects;
  }

  #log(kind: string): readonly Change[] {
    return this.#logs.get(kind) ?? [];
  }
}

/** `namespace/name`, or the name alone: what lists are sorted and continued by. */
export function keyOf({ metadata }: KubeObject): string {
  return objectKey(metadata.namespace ?? "", metadata.name);
}

function objectKey(namespace: string, name: string): string {
  return namespace === "" ? name : `${namespace}/${name}`;
}

function sorted(objects: ReadonlyMap<string, StoredObject>): readonly StoredObject[] {
  return [...objects].toSorted(([left], [right]) => (left < right ? -1 : 1)).map(([, object]) => object);
}
