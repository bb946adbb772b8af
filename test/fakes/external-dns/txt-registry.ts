// `--registry=txt` (registry/txt): ownership in TXT records beside the data records.

import {
  type Changes,
  type Endpoint,
  endpointKey,
  isOwnedBy,
  newTxtEndpoint,
  OWNED_RECORD_LABEL,
  OWNER_LABEL,
  property,
  setProperty,
} from "./endpoint.ts";
import { parseLabels, serializeLabels } from "./labels.ts";
import type { Provider, Registry } from "./registry.ts";
import { targetsAreSame } from "./targets.ts";
import { createTxtNameMapper, type TxtNameMapper, type TxtNameOptions } from "./txt-name-mapper.ts";

export interface TxtRegistryOptions extends TxtNameOptions {
  readonly ownerId: string;
  /** `--migrate-from-txt-owner`; "" when unset. */
  readonly oldOwnerId: string;
  readonly managedRecordTypes: readonly string[];
  readonly excludeRecordTypes: readonly string[];
  readonly aesKey?: Buffer;
  /** `--txt-cache-interval`; 0 = always ask the webhook. */
  readonly cacheIntervalMs: number;
  readonly nowMs: () => number;
}

const FORCE_UPDATE = "txt/force-update";

export function createTxtRegistry(provider: Provider, options: TxtRegistryOptions): Registry {
  if (options.ownerId === "") throw new Error("owner id cannot be empty");
  if (options.prefix !== "" && options.suffix !== "") throw new Error("txt-prefix and txt-suffix are mutual exclusive");
  return new TxtRegistry(provider, options);
}

class TxtRegistry implements Registry {
  readonly ownerId: string;
  readonly #provider: Provider;
  readonly #options: TxtRegistryOptions;
  readonly #mapper: TxtNameMapper;
  /** Registry TXT records seen by the last list: these are not created again. */
  #existing = new Set<string>();
  #cache: { readonly endpoints: Endpoint[]; readonly readAtMs: number } | undefined;

  constructor(provider: Provider, options: TxtRegistryOptions) {
    this.ownerId = options.ownerId;
    this.#provider = provider;
    this.#options = options;
    this.#mapper = createTxtNameMapper(options);
  }

  async records(): Promise<Endpoint[]> {
    this.#existing = new Set();
    const cached = this.#cache;
    if (cached !== undefined && this.#options.nowMs() - cached.readAtMs < this.#options.cacheIntervalMs) {
      return cached.endpoints;
    }
    const endpoints = this.#labelled(await this.#provider.records());
    if (this.#options.cacheIntervalMs > 0) this.#cache = { endpoints, readAtMs: this.#options.nowMs() };
    return endpoints;
  }

  adjustEndpoints(endpoints: readonly Endpoint[]): Promise<Endpoint[]> {
    return this.#provider.adjustEndpoints(endpoints);
  }

  /** The cache is changed before the webhook is asked and not put back when it fails, as in the original. */
  async applyChanges(changes: Changes): Promise<void> {
    const owned = (list: readonly Endpoint[]): Endpoint[] => list.filter((item) => isOwnedBy(item, this.ownerId));
    for (const item of changes.create) item.labels[OWNER_LABEL] = this.ownerId;
    const create = changes.create.flatMap((item) => this.#registryTxt(item)).filter((txt) => !this.#exists(txt));
    const own = {
      updateOld: owned(changes.updateOld),
      updateNew: owned(changes.updateNew),
      delete: owned(changes.delete),
    };
    const withTxt = (list: readonly Endpoint[]): Endpoint[] => [
      ...list,
      ...list.flatMap((item) => this.#registryTxt(item)),
    ];
    const complete = {
      create: [...changes.create, ...create],
      delete: withTxt(own.delete),
      updateOld: withTxt(own.updateOld),
      updateNew: withTxt(own.updateNew),
    };
    this.#changeCache([...own.delete, ...own.updateOld], [...changes.create, ...own.updateNew]);
    await this.#provider.applyChanges(complete);
  }

  #labelled(records: readonly Endpoint[]): Endpoint[] {
    const labelsOf = new Map<string, Record<string, string>>();
    const txtNames = new Set<string>();
    const data: Endpoint[] = [];
    for (const record of records) {
      const [text] = record.targets;
      if (record.recordType === "TXT" && text === undefined) continue;
      const labels = record.recordType === "TXT" ? parseLabels(text ?? "", this.#options.aesKey) : undefined;
      if (labels === undefined) {
        data.push(record);
        continue;
      }
      const parent = this.#mapper.toEndpointName(record.dnsName);
      labelsOf.set(endpointKey({ ...parent, setIdentifier: record.setIdentifier }), labels);
      txtNames.add(record.dnsName);
      this.#existing.add(txtKey(record));
    }
    for (const item of data) {
      Object.assign(item.labels, this.#labelsFor(item, labelsOf));
      this.#migrateOwner(item);
      this.#markMissingTxt(item, txtNames);
    }
    return data;
  }

  /** The TXT of the exact type is preferred; one without a type (format before 0.12) serves all but AAAA. */
  #labelsFor(
    item: Endpoint,
    labelsOf: ReadonlyMap<string, Record<string, string>>,
  ): Record<string, string> | undefined {
    const { wildcardReplacement } = this.#options;
    const labels = item.dnsName.split(".");
    if (wildcardReplacement !== "" && labels[0] === "*") labels[0] = wildcardReplacement;
    const key = { dnsName: labels.join("."), recordType: ownershipType(item), setIdentifier: item.setIdentifier };
    const typed = labelsOf.get(endpointKey(key));
    if (typed !== undefined || item.recordType === "AAAA") return typed;
    return labelsOf.get(endpointKey({ ...key, recordType: "" }));
  }

  /** An own record whose TXT is gone gets a property no webhook sends: the plan then updates it and writes the TXT. */
  #markMissingTxt(item: Endpoint, txtNames: ReadonlySet<string>): void {
    const { managedRecordTypes, excludeRecordTypes } = this.#options;
    if (txtNames.size === 0 || !isOwnedBy(item, this.ownerId)) return;
    if (!managedRecordTypes.includes(item.recordType) || excludeRecordTypes.includes(item.recordType)) return;
    if (this.#registryTxt(item).some((txt) => !txtNames.has(txt.dnsName))) setProperty(item, FORCE_UPDATE, "true");
  }

  #registryTxt(of: Endpoint): Endpoint[] {
    this.#migrateOwner(of);
    const name = this.#mapper.toTxtName(of.dnsName, ownershipType(of));
    const txt = newTxtEndpoint(name, serializeLabels(of.labels, this.#options.aesKey));
    if (txt === undefined) return [];
    const labels = { [OWNED_RECORD_LABEL]: of.dnsName };
    return [{ ...txt, setIdentifier: of.setIdentifier, labels, providerSpecific: of.providerSpecific }];
  }

  #migrateOwner(item: Endpoint): void {
    const { oldOwnerId } = this.#options;
    if (oldOwnerId !== "" && isOwnedBy(item, oldOwnerId)) item.labels[OWNER_LABEL] = this.ownerId;
  }

  #exists(txt: Endpoint): boolean {
    return this.#existing.has(txtKey(txt));
  }

  #changeCache(gone: readonly Endpoint[], added: readonly Endpoint[]): void {
    const cached = this.#cache?.endpoints;
    if (cached === undefined) return;
    for (const item of gone) {
      const index = cached.findIndex(
        (known) => endpointKey(known) === endpointKey(item) && targetsAreSame(known.targets, item.targets),
      );
      if (index !== -1) cached.splice(index, 1);
    }
    cached.push(...added);
  }
}

/** An A record with the property alias=true is registered as CNAME. */
function ownershipType(of: Endpoint): string {
  return of.recordType === "A" && property(of, "alias") === "true" ? "CNAME" : of.recordType;
}

function txtKey(of: Endpoint): string {
  return JSON.stringify([of.dnsName, of.setIdentifier]);
}
