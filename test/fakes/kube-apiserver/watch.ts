// One open watch: where it starts, what it tells, its bookmarks, its end, and what the fault script does to it.

import type { Random } from "#test/support/random.ts";
import type { StreamFault } from "./faults.ts";
import type { KubeTime } from "./kube-time.ts";
import { inVersion, isIn, type ListTarget } from "./list.ts";
import type { JsonRecord, StoredObject } from "./objects.ts";
import { groupVersion, storeKey } from "./resources.ts";
import type { Selector } from "./selectors.ts";
import type { Sink } from "./sink.ts";
import { type ApiError, trouble } from "./status.ts";
import type { Change, ObjectStore } from "./store.ts";
import {
  lineWithSeparator,
  longLine,
  NOT_JSON,
  splitLine,
  type WatchEvent,
  watchLine,
  withoutMetadata,
} from "./watch-line.ts";

export interface WatchSetup {
  readonly store: ObjectStore;
  readonly time: KubeTime;
  readonly random: Random;
  readonly sink: Sink;
  readonly target: ListTarget;
  readonly selector: Selector;
  /** Changes after this one are told. */
  readonly startRevision: number;
  /** What is there already is told first, as ADDED. */
  readonly showsExisting: boolean;
  /** A bookmark with `k8s.io/initial-events-end` says when that is done (KEP-3157). */
  readonly marksInitialEnd: boolean;
  readonly sendsBookmarks: boolean;
  readonly bookmarkEveryMs: number;
  readonly timeoutMs: number;
  /** An ERROR event instead of anything else. */
  readonly refusal: ApiError | undefined;
  readonly script: readonly StreamFault[];
}

/** cacher.go sends the last bookmark this long before the deadline. */
const LAST_BOOKMARK_BEFORE_MS = 2000;

/** cacher.go's timer of bookmarks has a second's resolution and a quarter of jitter. */
const BOOKMARK_JITTER_MS = 1250;

export class Watch {
  readonly #setup: WatchSetup;
  readonly #script: StreamFault[];
  readonly #atEnd: (() => void)[] = [];
  #sent = 0;
  #held: WatchEvent | undefined;
  #isSilent = false;
  #hasBookmarks: boolean;
  #isOver = false;
  #cancelBookmark: () => void = () => undefined;

  constructor(setup: WatchSetup) {
    this.#setup = setup;
    this.#script = setup.script.toSorted((left, right) => left.after - right.after);
    this.#hasBookmarks = setup.sendsBookmarks;
  }

  get target(): ListTarget {
    return this.#setup.target;
  }

  start(): void {
    const { sink, time, timeoutMs, store, target, refusal } = this.#setup;
    sink.onGone(() => this.#close());
    if (refusal !== undefined) {
      this.#send({ type: "ERROR", object: { ...refusal.body } });
      this.end();
      return;
    }
    this.#runDueActions();
    this.#tellWhatIsThere();
    if (this.#isOver) return;
    this.#atEnd.push(time.after(timeoutMs, () => this.end()));
    this.#atEnd.push(
      store.follow(storeKey(target.resource), {
        changed: (change) => this.#change(change),
        ended: () => this.end(),
      }),
    );
    this.#planBookmark(time.nowMs() + timeoutMs);
  }

  /** The answer ends as it should. */
  end(): void {
    if (this.#isOver) return;
    this.#close();
    this.#setup.sink.end();
  }

  #close(): void {
    this.#isOver = true;
    this.#cancelBookmark();
    for (const cancel of this.#atEnd.splice(0)) cancel();
  }

  #tellWhatIsThere(): void {
    const { store, target, showsExisting, startRevision, marksInitialEnd, selector } = this.#setup;
    const kind = storeKey(target.resource);
    if (!showsExisting) {
      for (const change of store.since(kind, startRevision)) this.#change(change);
      return;
    }
    for (const object of store.all(kind))
      if (isIn(object, target.namespace) && selector(object)) this.#tell("ADDED", object);
    if (marksInitialEnd) this.#bookmark(store.revision, { "k8s.io/initial-events-end": "true" });
  }

  /** An object that comes into the selection is ADDED to this watch, one that leaves it DELETED. */
  #change({ type, object, previous, revision }: Change): void {
    const { target, selector, startRevision } = this.#setup;
    if (revision <= startRevision || !isIn(object, target.namespace)) return;
    const wasIn = previous !== undefined && selector(previous);
    const isInNow = type !== "DELETED" && selector(object);
    if (isInNow) this.#tell(wasIn ? "MODIFIED" : "ADDED", object);
    else if (wasIn)
      this.#tell("DELETED", { ...previous, metadata: { ...previous.metadata, resourceVersion: String(revision) } });
  }

  #tell(type: string, object: StoredObject): void {
    this.#send({ type, object: inVersion(object, this.#setup.target) });
  }

  #bookmark(revision: number, annotations?: JsonRecord): void {
    const { group, kind } = this.#setup.target.resource;
    const metadata = {
      resourceVersion: String(revision),
      creationTimestamp: null,
      ...(annotations === undefined ? {} : { annotations }),
    };
    const apiVersion = groupVersion(group, this.#setup.target.version);
    this.#write(watchLine({ type: "BOOKMARK", object: { kind, apiVersion, metadata } }));
    this.#countLine();
  }

  #planBookmark(deadlineMs: number): void {
    const { time, bookmarkEveryMs, random, store } = this.#setup;
    if (this.#isOver || !this.#setup.sendsBookmarks) return;
    const regular = time.nowMs() + bookmarkEveryMs + random.below(BOOKMARK_JITTER_MS);
    const last = deadlineMs - LAST_BOOKMARK_BEFORE_MS;
    const next = last > time.nowMs() ? Math.min(regular, last) : regular;
    this.#cancelBookmark = time.after(next - time.nowMs(), () => {
      if (this.#hasBookmarks) this.#bookmark(store.revision);
      this.#planBookmark(deadlineMs);
    });
  }

  /** One event, as the script wants it. */
  #send(event: WatchEvent): void {
    if (this.#isOver) return;
    const fault = this.#takeLineFault();
    if (fault?.do === "swap") {
      this.#held = event;
      return;
    }
    this.#writeEvent(event, fault);
    this.#countLine();
    const held = this.#held;
    if (held === undefined || this.#isOver) return;
    this.#held = undefined;
    this.#write(watchLine(held));
    this.#countLine();
  }

  #writeEvent(event: WatchEvent, fault: StreamFault | undefined): void {
    const line = watchLine(event);
    switch (fault?.do) {
      case "duplicate":
        this.#write(line);
        this.#write(line);
        return;
      case "no-metadata":
        this.#write(watchLine(withoutMetadata(event)));
        return;
      case "bad-json":
        this.#write(NOT_JSON);
        return;
      case "half-line":
        this.#write(line.subarray(0, line.length >> 1));
        this.end();
        return;
      case "split-character":
        for (const part of splitLine(event)) this.#write(part);
        return;
      case "line-separator":
        this.#write(lineWithSeparator(event));
        return;
      case "crlf":
        this.#write(watchLine(event, "\r\n"));
        return;
      case "long-line":
        this.#write(longLine(event, fault.bytes));
        return;
      default:
        this.#write(line);
    }
  }

  #write(bytes: Uint8Array): void {
    if (!this.#isSilent && !this.#isOver) this.#setup.sink.write(bytes);
  }

  #countLine(): void {
    this.#sent++;
    this.#runDueActions();
  }

  #takeLineFault(): StreamFault | undefined {
    const index = this.#script.findIndex((fault) => fault.after <= this.#sent && LINE_FAULTS.has(fault.do));
    return index === -1 ? undefined : this.#script.splice(index, 1)[0];
  }

  #runDueActions(): void {
    for (;;) {
      const index = this.#script.findIndex((fault) => fault.after <= this.#sent && !LINE_FAULTS.has(fault.do));
      const [fault] = index === -1 ? [] : this.#script.splice(index, 1);
      if (fault === undefined || this.#isOver) return;
      this.#act(fault);
    }
  }

  #act(fault: StreamFault): void {
    switch (fault.do) {
      case "no-bookmarks":
        this.#hasBookmarks = false;
        return;
      case "early-bookmark":
        if (this.#hasBookmarks) this.#bookmark(this.#setup.store.revision);
        return;
      case "old-bookmark":
        if (this.#hasBookmarks) this.#bookmark(Math.max(1, this.#setup.store.revision - fault.revisionsBack));
        return;
      case "error":
        this.#write(watchLine({ type: "ERROR", object: { ...trouble(fault.code).body } }));
        if (fault.thenClose) this.end();
        else this.#isSilent = true;
        return;
      case "close":
        this.end();
        return;
      case "silence":
        this.#isSilent = true;
        return;
      default:
        this.#close();
        this.#setup.sink.breakOff(fault.do === "reset" ? "reset" : "close");
    }
  }
}

/** These bend a line; the others happen between lines. */
const LINE_FAULTS: ReadonlySet<StreamFault["do"]> = new Set([
  "duplicate",
  "swap",
  "no-metadata",
  "bad-json",
  "half-line",
  "split-character",
  "line-separator",
  "crlf",
  "long-line",
]);
