// Carries one step out against the console and makes sure what came of it: where the console's answer leaves a doubt, the list
// decides. Nothing is ever changed by an id alone.

import {
  assertNever,
  RecordRefused,
  UpstreamConflict,
  UpstreamError,
  UpstreamPostponed,
  UpstreamRejected,
  UpstreamUnavailable,
} from "#src/errors.ts";
import type { DesiredRecord, Step, StepOutcome, StoredRecord } from "#src/providers/provider.ts";
import { type Refusal, SERVER_ERROR_CODE } from "./classify.ts";
import type { DnsApi, Written } from "./dns-api.ts";
import type { Inventory } from "./inventory.ts";
import type { LearnedLimits } from "./learned-limits.ts";
import type { WriteDoubts } from "./write-doubts.ts";

/** The console as one step sees it. `relist` replaces `inventory`, and `api` when the console was upgraded. */
export interface Desk {
  readonly api: DnsApi;
  readonly inventory: Inventory;
  readonly learned: LearnedLimits;
  /** `undefined` for a console that refuses what it has already. */
  readonly doubts: WriteDoubts | undefined;
  relist(signal: AbortSignal): Promise<void>;
  /** False when the signal came first. */
  pause(delayMs: number, signal: AbortSignal): Promise<boolean>;
  /** Tells the operator of what must not happen twice. */
  alarm(record: DesiredRecord, event: string): void;
}

type Done = Extract<StepOutcome, { readonly kind: "done" }>;

/** Throws RecordRefused or an UpstreamError. */
export function carryOut(step: Step, desk: Desk, signal: AbortSignal): Promise<StepOutcome> {
  switch (step.kind) {
    case "create":
      return create(step.record, desk, signal);
    case "update":
      return update(step, desk, signal);
    case "delete":
      return remove(step.record, desk, signal);
    default:
      return assertNever(step);
  }
}

async function create(record: DesiredRecord, desk: Desk, signal: AbortSignal): Promise<Done> {
  const standing = standingEqual(record, desk.inventory);
  if (standing !== undefined) return done(standing);
  const beside = desk.inventory.at(record.name).find((other) => desk.api.rules.isExclusive(record.type, other.type));
  if (beside !== undefined) throw changed("create", record, `${beside.type} stands at this name now`);
  refuseDoubtful(record, desk);
  const written = await noteDoubt(record, { doubts: desk.doubts }, () =>
    send(record, desk, () => desk.api.create(record, signal)),
  );
  if (written.ok && written.record !== undefined && isSame(written.record, record)) {
    const made = desk.inventory.put(written.record);
    return mayHaveRival(record, desk) ? withdrawnFromRival(record, made, { desk, signal }) : done(made);
  }
  const isSaidToStand = written.ok || written.refusal.kind === "already-exists";
  const made = await listed(() => standingEqual(record, desk.inventory), { desk, signal, isPatient: isSaidToStand });
  if (made !== undefined) return done(made);
  if (written.ok) {
    desk.doubts?.note(record);
    throw unseen("create", record);
  }
  if (written.refusal.kind === "not-found") throw changed("create", record, "the console moved its records");
  throw refused(record, written.refusal);
}

/** Lists that lag behind a write show it within this time, or not in this request (facts: reliability row 29). */
const LAG_POLL_MS = 1_000;
const MAX_LAG_POLLS = 3;

/** What is looked for, in a fresh list; while the console says that it stands there, in some more. */
async function listed(
  find: () => StoredRecord | undefined,
  { desk, signal, isPatient }: { readonly desk: Desk; readonly signal: AbortSignal; readonly isPatient: boolean },
): Promise<StoredRecord | undefined> {
  await desk.relist(signal);
  const polls = isPatient ? MAX_LAG_POLLS : 0;
  for (let poll = 0; find() === undefined && poll < polls; poll += 1) {
    if (!(await desk.pause(LAG_POLL_MS, signal))) break;
    await desk.relist(signal);
  }
  return find();
}

/** Firmware of 2025 took a second alias of one name through this API, and its DNS server did not start again. */
function mayHaveRival({ type }: DesiredRecord, { api }: Desk): boolean {
  return api.kind === "static-dns" && api.rules.isExclusive(type, type);
}

/** Removals of an alias that must not stay; the DNS server loads what stands there some seconds after the last write. */
const MAX_WITHDRAWALS = 3;

/**
 * Somebody may have made an alias of the same name between our look and our write, and a console that does not check took both:
 * then ours goes again at once (facts: reliability row 34). Throws RecordRefused when it did.
 */
async function withdrawnFromRival(
  record: DesiredRecord,
  made: StoredRecord,
  { desk, signal }: { readonly desk: Desk; readonly signal: AbortSignal },
): Promise<Done> {
  await desk.relist(signal);
  const rivals = desk.inventory.at(record.name).filter(({ id, type }) => id !== made.id && type === record.type);
  if (rivals.length === 0) return done(made);
  desk.alarm(record, "alias withdrawn: another one of the same name appeared beside it");
  for (let attempt = 1; desk.inventory.has(made); attempt += 1) {
    try {
      await remove(made, desk, signal);
    } catch (error) {
      if (!(error instanceof UpstreamUnavailable) || attempt >= MAX_WITHDRAWALS) throw error;
      await desk.relist(signal);
    }
  }
  throw new RecordRefused(
    "unifi.rival",
    record,
    `somebody else made an alias of this name at the same moment; ours is gone`,
  );
}

/** `changedId`: of an update. */
function refuseDoubtful(record: DesiredRecord, { doubts, api }: Desk, changedId?: string): void {
  const waitMs = doubts?.waitMs(record, (type, other) => api.rules.isExclusive(type, other), changedId) ?? 0;
  if (waitMs === 0) return;
  const { name, type } = record;
  const where = { upstream: "unifi", operation: changedId === undefined ? "create" : "update" };
  const reason = "an earlier write at this name may still be carried out, and this console would take both";
  const next = `made in ${Math.ceil(waitMs / 1_000)} s at the earliest`;
  throw new UpstreamUnavailable("unifi.in-doubt", where, `${name} ${type}: ${reason}; ${next}`);
}

/** Whoever was turned away has written nothing, and what the application did before it answered 500 stands in its list. */
async function noteDoubt<T>(
  record: DesiredRecord,
  { doubts, changedId }: { readonly doubts: WriteDoubts | undefined; readonly changedId?: string },
  write: () => Promise<T>,
): Promise<T> {
  try {
    return await write();
  } catch (error) {
    const isClear =
      error instanceof UpstreamRejected || (error instanceof UpstreamError && error.code === SERVER_ERROR_CODE);
    if (error instanceof UpstreamError && !isClear) doubts?.note(record, changedId);
    throw error;
  }
}

async function update(
  { from, to }: Extract<Step, { readonly kind: "update" }>,
  desk: Desk,
  signal: AbortSignal,
): Promise<StepOutcome> {
  const located = desk.inventory.locate(from);
  if (located.kind === "untouchable") throw new RecordRefused("unifi.untouchable", to, located.reason);
  if (located.kind === "gone") throw changed("update", to, "its old value is not there any more");
  if (!desk.learned.canUpdate(to.type)) return { kind: "unsupported" };
  const { wireId } = located;
  refuseDoubtful(to, desk, wireId);
  const written = await noteDoubt(to, { doubts: desk.doubts, changedId: wireId }, () =>
    send(to, desk, () => desk.api.replace(wireId, to, signal)),
  );
  if (written.ok && written.record !== undefined && isSame(written.record, to)) {
    desk.inventory.remove(located.entry);
    return done(desk.inventory.put(written.record));
  }
  await desk.relist(signal);
  const after = desk.inventory.locate(from);
  const made = desk.inventory.equalTo(to).find(({ stored }) => stored.enabled && isSameTtl(stored, to));
  if (made !== undefined && (after.kind === "gone" || from.target === to.target)) return done(made.stored);
  if (written.ok) {
    desk.doubts?.note(to, wireId);
    throw unseen("update", to);
  }
  if (made !== undefined || after.kind === "gone") throw changed("update", to, "somebody else changed it");
  if (!isNoUpdate(written.refusal, desk.api)) {
    if (written.refusal.kind === "not-found") throw changed("update", to, "the console moved its records");
    throw refused(to, written.refusal);
  }
  desk.learned.noteNoUpdate(to.type, written.refusal);
  return { kind: "unsupported" };
}

/**
 * The record stands there as before, so the console does not update in place: some builds of the legacy API answer every PUT
 * with one of these (facts: unifi.md 1.1.4).
 */
function isNoUpdate({ kind }: Refusal, api: DnsApi): boolean {
  return kind === "no-method" || (api.kind === "static-dns" && LEGACY_NO_UPDATE.has(kind));
}

const LEGACY_NO_UPDATE: ReadonlySet<Refusal["kind"]> = new Set(["already-exists", "not-found", "server-error"]);

async function remove(record: StoredRecord, desk: Desk, signal: AbortSignal): Promise<Done> {
  const located = desk.inventory.locate(record);
  if (located.kind === "gone") return { kind: "done" };
  if (located.kind === "untouchable") throw new RecordRefused("unifi.untouchable", record, located.reason);
  const written = await send(record, desk, () => desk.api.remove(located.wireId, signal));
  if (written.ok) {
    desk.inventory.remove(located.entry);
    return { kind: "done" };
  }
  // "Not found" may speak of the record or of the whole API: the list tells.
  await desk.relist(signal);
  if (desk.inventory.locate(record).kind === "gone") return { kind: "done" };
  if (written.refusal.kind === "not-found") throw changed("delete", record, "the console moved its records");
  throw refused(record, written.refusal);
}

type Named = Pick<StoredRecord, "name" | "type" | "target">;

/** One write; a 500 that this record alone meets again and again is the record's, not the console's. */
async function send(record: Named, { learned }: Desk, write: () => Promise<Written>): Promise<Written> {
  const key = `${record.name} ${record.type} ${record.target}`;
  try {
    const written = await write();
    if (written.ok) learned.noteSuccess(key);
    return written;
  } catch (error) {
    if (!(error instanceof UpstreamUnavailable) || error.code !== SERVER_ERROR_CODE) throw error;
    if (!learned.isRecordToBlame(key)) throw error;
    return { ok: false, refusal: { kind: "server-error", status: 500, message: error.message } };
  }
}

/** The equal record that stands there already. Throws RecordRefused when it is nobody's to use. */
function standingEqual(record: DesiredRecord, inventory: Inventory): StoredRecord | undefined {
  const equal = inventory.equalTo(record).map(({ stored }) => stored);
  const standing = equal.find((stored) => stored.enabled);
  if (standing !== undefined || equal.length === 0) return standing;
  throw new RecordRefused(
    "unifi.untouchable",
    record,
    "an equal record is there that is switched off or the console's own; it is left as it is",
  );
}

function done(record: StoredRecord): Done {
  return { kind: "done", record };
}

function isSame(a: Named, b: Named): boolean {
  return a.name === b.name && a.type === b.type && a.target === b.target;
}

/** A record without a TTL of its own takes the console's default, whatever that is shown as. */
function isSameTtl(stored: StoredRecord, { ttlSeconds }: DesiredRecord): boolean {
  return ttlSeconds === undefined || stored.ttlSeconds === ttlSeconds;
}

function changed(operation: string, { name, type }: Named, reason: string): UpstreamConflict {
  return new UpstreamConflict("unifi.changed", { upstream: "unifi", operation }, `${name} ${type}: ${reason}`);
}

function unseen(operation: string, { name, type }: Named): UpstreamPostponed {
  const where = { upstream: "unifi", operation };
  return new UpstreamPostponed("unifi.unseen", where, `${name} ${type}: the console took it but does not list it`);
}

const REASONS: Readonly<Record<Refusal["kind"], string>> = {
  "already-exists": "the console says that it exists, but does not list it",
  overlap: "the console refuses it beside what stands at this name",
  "local-overlap":
    "the name is a client's Local DNS record, or lies in the own domain of one of the console's networks; " +
    "change that on the console or use another name",
  "not-found": "the console does not find it",
  "no-method": "the console does not offer this operation",
  invalid: "the console refuses it",
  "server-error": "the console fails at this record while it takes others",
};

const STAR_HINT = "; a star inside a name is often refused: give external-dns --txt-wildcard-replacement";

function refused(record: Named, { kind, status, message }: Refusal): RecordRefused {
  const hint = record.type === "TXT" && kind === "invalid" && record.name.includes("*") ? STAR_HINT : "";
  return new RecordRefused(`unifi.${kind}`, record, `${REASONS[kind]} (${status}: ${message})${hint}`);
}
