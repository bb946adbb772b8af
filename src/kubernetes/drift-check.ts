// Whether events brought everything that a list shows: objects which a list lacks must be told as deleted by the events up to it.

import { isNewer } from "./resource-version.ts";

export interface DriftCheck {
  /** Events up to the list are evidence only: the list has their outcome already. */
  isEvidence(resourceVersion: string): boolean;
  sawDeleted(uid: string): void;
  /** Vanished objects whose end no event told, once the stream, at `position` now, has passed the list; `undefined` before. */
  drift(position: string): number | undefined;
}

/** `vanished` are the uids that the list at `listVersion` lacks. */
export function createDriftCheck(listVersion: string, vanished: readonly string[]): DriftCheck {
  const untold = new Set(vanished);
  return {
    isEvidence: (resourceVersion) => isNewer(resourceVersion, listVersion) === false,
    sawDeleted: (uid) => {
      untold.delete(uid);
    },
    drift: (position) =>
      position === listVersion || isNewer(position, listVersion) === true ? untold.size : undefined,
  };
}
