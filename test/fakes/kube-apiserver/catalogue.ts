// Which kinds are served now: the built-in ones and those of the CustomResourceDefinitions in the store.

import { isRecord, listOf, recordOf, type StoredObject, stringsOf } from "./objects.ts";
import { BUILT_IN_RESOURCES, CUSTOM_RESOURCE_DEFINITIONS, type ResourceKind, storeKey } from "./resources.ts";
import type { ObjectStore } from "./store.ts";

export class Catalogue {
  readonly #store: ObjectStore;
  #customAt = -1;
  #custom: readonly ResourceKind[] = [];

  constructor(store: ObjectStore) {
    this.#store = store;
  }

  all(): readonly ResourceKind[] {
    return [...BUILT_IN_RESOURCES, ...this.#customResources()];
  }

  find(group: string, version: string, plural: string): ResourceKind | undefined {
    return this.all().find(
      (resource) => resource.group === group && resource.plural === plural && resource.versions.includes(version),
    );
  }

  /** By what an object says of itself. */
  findKind(group: string, version: string, kind: string): ResourceKind | undefined {
    return this.all().find(
      (resource) => resource.group === group && resource.kind === kind && resource.versions.includes(version),
    );
  }

  #customResources(): readonly ResourceKind[] {
    if (this.#customAt !== this.#store.revision) {
      this.#custom = this.#store.all(storeKey(CUSTOM_RESOURCE_DEFINITIONS)).flatMap((crd) => describeCrd(crd) ?? []);
      this.#customAt = this.#store.revision;
    }
    return this.#custom;
  }
}

/** The kind that a CustomResourceDefinition defines; `undefined` when it serves no version or is on its way out. */
export function describeCrd(crd: StoredObject): ResourceKind | undefined {
  const spec = recordOf(crd["spec"]);
  const names = recordOf(spec["names"]);
  const versions = listOf(spec["versions"]).filter(isRecord);
  const served = versions.filter((version) => version["served"] === true);
  if (served.length === 0 || crd.metadata["deletionTimestamp"] !== undefined) return undefined;
  return {
    group: String(spec["group"]),
    versions: served.map((version) => String(version["name"])).toSorted(byVersionPriority),
    kind: String(names["kind"]),
    plural: String(names["plural"]),
    singular: typeof names["singular"] === "string" ? names["singular"] : String(names["kind"]).toLowerCase(),
    isNamespaced: spec["scope"] === "Namespaced",
    hasStatus: served.some((version) => recordOf(version["subresources"])["status"] !== undefined),
    shortNames: stringsOf(names["shortNames"]),
    categories: stringsOf(names["categories"]),
    isCustom: true,
  };
}

/** GA before beta before alpha, then the higher number: the order in which discovery names versions. */
export function byVersionPriority(left: string, right: string): number {
  return versionRank(right) - versionRank(left) || left.localeCompare(right);
}

const STAGE_WEIGHT = 1_000_000;
const MAJOR_WEIGHT = 1000;

function versionRank(version: string): number {
  const [, major, stage, minor] = /^v(\d+)(?:(alpha|beta)(\d+))?$/.exec(version) ?? [];
  if (major === undefined) return -1;
  const stageRank = stage === undefined ? 2 : stage === "beta" ? 1 : 0;
  return stageRank * STAGE_WEIGHT + Number(major) * MAJOR_WEIGHT + Number(minor ?? 0);
}

/** What the controllers fill in once a definition is accepted. */
export function establishedStatus(crd: StoredObject, at: string): object {
  const spec = recordOf(crd["spec"]);
  const versions = listOf(spec["versions"]).filter(isRecord);
  const condition = (type: string, reason: string, message: string): object => ({
    type,
    status: "True",
    lastTransitionTime: at,
    reason,
    message,
  });
  return {
    acceptedNames: spec["names"],
    conditions: [
      condition("NamesAccepted", "NoConflicts", "no conflicts found"),
      condition("Established", "InitialNamesAccepted", "the initial names have been accepted"),
    ],
    storedVersions: versions.filter(({ storage }) => storage === true).map(({ name }) => name),
  };
}
