// Everything that the DNS thread has said it serves, so that a thread started in its place serves the same.

import type { ZoneChange } from "#src/dns/zone-content.ts";
import type { DomainName } from "#src/domain/name.ts";
import type { ControlMessage } from "./protocol.ts";

type Publication = Extract<ControlMessage, { kind: "publish" }>;

interface AcceptedZone {
  readonly latest: ZoneChange;
  readonly names: Map<DomainName, ZoneChange["names"][number][1]>;
}

interface AcceptedView {
  latest: Publication;
  readonly zones: Map<DomainName, AcceptedZone>;
}

export class AcceptedContent {
  readonly #views = new Map<string, AcceptedView>();

  /** Publications come in the order of their epochs. */
  add(publication: Publication): void {
    // What a publication names is kept by name, and not a second time.
    const latest = { ...publication, changes: [] };
    const view = this.#views.get(publication.view) ?? { latest, zones: new Map<DomainName, AcceptedZone>() };
    view.latest = latest;
    for (const change of publication.changes) addChange(view, change);
    this.#views.set(publication.view, view);
  }

  /** All of it, one publication for each view. */
  publications(): readonly Publication[] {
    return [...this.#views.values()].map(({ latest, zones }) => ({
      ...latest,
      changes: [...zones.values()].map(
        (zone): ZoneChange => ({ ...zone.latest, extent: "all", names: [...zone.names] }),
      ),
    }));
  }
}

function addChange({ zones }: AcceptedView, change: ZoneChange): void {
  const kept = change.extent === "some" ? zones.get(change.apex)?.names : undefined;
  const names: AcceptedZone["names"] = kept ?? new Map();
  for (const [name, sets] of change.names) {
    if (sets.length === 0) names.delete(name);
    else names.set(name, sets);
  }
  zones.set(change.apex, { latest: { ...change, names: [] }, names });
}
