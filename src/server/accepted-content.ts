// Everything that the DNS thread has said it serves, so that a thread started in its place serves the same.

import type { ZoneChange } from "#src/dns/zone-content.ts";
import type { DomainName } from "#src/domain/name.ts";
import type { ControlMessage } from "./protocol.ts";

type Publication = Extract<ControlMessage, { kind: "publish" }>;

interface AcceptedZone {
  readonly latest: ZoneChange;
  readonly names: Map<DomainName, ZoneChange["names"][number][1]>;
}

export class AcceptedContent {
  readonly #zones = new Map<DomainName, AcceptedZone>();
  #latest: Publication | undefined;

  /** Publications come in the order of their epochs. */
  add(publication: Publication): void {
    this.#latest = { ...publication, changes: [] };
    for (const change of publication.changes) this.#addChange(change);
  }

  /** All of it as one publication; `undefined` before anything was accepted. */
  publication(): Publication | undefined {
    if (this.#latest === undefined) return undefined;
    const changes = [...this.#zones.values()].map(
      ({ latest, names }): ZoneChange => ({ ...latest, extent: "all", names: [...names] }),
    );
    return { ...this.#latest, changes };
  }

  #addChange(change: ZoneChange): void {
    const kept = change.extent === "some" ? this.#zones.get(change.apex)?.names : undefined;
    const names: AcceptedZone["names"] = kept ?? new Map();
    for (const [name, sets] of change.names) {
      if (sets.length === 0) names.delete(name);
      else names.set(name, sets);
    }
    // What the latest change named is in `names`, and is not kept a second time.
    this.#zones.set(change.apex, { latest: { ...change, names: [] }, names });
  }
}
