// Every state that a console went through: what it held after each commit, and what its dnsmasq was given at each reload.

import type { DomainName } from "#src/domain/name.ts";
import type { StateRecord } from "#src/providers/provider.ts";
import { refuseState } from "#src/providers/unifi/state-rules.ts";
import { isServed } from "#test/fakes/unifi-console/dnsmasq-model.ts";
import type { Commit, FakeRecord } from "#test/fakes/unifi-console/records.ts";
import type { UnifiConsole } from "#test/fakes/unifi-console/unifi-console.ts";
import type { HeldRecord, HeldState } from "./world.ts";

interface Known {
  readonly held: HeldRecord;
  readonly state: StateRecord;
}

export class UnifiStates {
  readonly #console: UnifiConsole;
  readonly #known = new WeakMap<FakeRecord, Known>();
  /** What the console held after the last commit that was looked at, by id. */
  readonly #records = new Map<string, Known>();
  #commits = 0;
  #reloads = 0;

  constructor(console: UnifiConsole) {
    this.#console = console;
  }

  held(record: FakeRecord): HeldRecord {
    return this.#know(record).held;
  }

  /** Those since the last call; first all commits, then all reloads. */
  next(): readonly HeldState[] {
    const commits = this.#console.commits().slice(this.#commits);
    const reloads = this.#console.reloads().slice(this.#reloads);
    this.#commits += commits.length;
    this.#reloads += reloads.length;
    const loaded = reloads.map(
      ({ number, records, starts, reasons }): HeldState => ({
        kind: "loaded",
        moment: `reload ${number}`,
        records: records.filter(isServed).map((record) => this.held(record)),
        refusal: starts ? undefined : reasons.join(", "),
      }),
    );
    return [...commits.map((commit) => this.#after(commit)), ...loaded];
  }

  #after({ before, after, number }: Commit): HeldState {
    if (before !== undefined) this.#records.delete(before.objectId);
    if (after !== undefined) this.#records.set(after.objectId, this.#know(after));
    const known = [...this.#records.values()];
    const refusal = refuseState(known.map(({ state }) => state))?.reason;
    return { kind: "stored", moment: `commit ${number}`, records: known.map(({ held }) => held), refusal };
  }

  #know(record: FakeRecord): Known {
    const known = this.#known.get(record);
    if (known !== undefined) return known;
    const { objectId: id, name, type, data: target, ttlSeconds } = record;
    const made = { held: { id, name, type, target, ttlSeconds, itself: record }, state: toStateRecord(record) };
    this.#known.set(record, made);
    return made;
  }
}

/** No life makes MX or SRV, whose target is more than their `data`. */
function toStateRecord({ name, type, data, enabled, oddity }: FakeRecord): StateRecord {
  const shown = type === "NS" ? "FORWARD_DOMAIN" : type;
  // The emulator keeps names as text; ours are canonical already.
  return { name: name as DomainName, type: shown, target: data, enabled: enabled && oddity === undefined };
}
