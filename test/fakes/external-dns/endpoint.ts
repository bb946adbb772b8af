// external-dns' endpoint as its plan and registry hold it: mutable, because the original sorts targets and copies labels in
// place and those side effects reach the wire. Written from the Go source; must never import anything of src/.

export interface Endpoint {
  dnsName: string;
  targets: string[];
  recordType: string;
  setIdentifier: string;
  /** Seconds; 0 means "not configured". */
  recordTTL: number;
  labels: Record<string, string>;
  providerSpecific: ProviderProperty[];
}

export interface ProviderProperty {
  name: string;
  value: string;
}

/** One batch for ApplyChanges; `updateOld[i]` belongs to `updateNew[i]`. */
export interface Changes {
  create: Endpoint[];
  updateOld: Endpoint[];
  updateNew: Endpoint[];
  delete: Endpoint[];
}

export const OWNER_LABEL = "owner";
export const RESOURCE_LABEL = "resource";
export const OWNED_RECORD_LABEL = "ownedRecord";

/** RFC 1035 §2.3.4: `NewEndpoint` gives nothing back for a longer label. */
const MAX_LABEL_CHARACTERS = 63;

/** An endpoint as a DNSEndpoint object would carry it: nothing is trimmed or folded. */
export function endpoint(
  dnsName: string,
  recordType: string,
  targets: readonly string[],
  more: Partial<Omit<Endpoint, "dnsName" | "recordType" | "targets">> = {},
): Endpoint {
  return cloneEndpoint({
    dnsName,
    targets: [...targets],
    recordType,
    setIdentifier: "",
    recordTTL: 0,
    labels: {},
    providerSpecific: [],
    ...more,
  });
}

/** `endpoint.NewEndpoint` for a TXT record: the final dot goes, and a label over 63 characters gives `undefined`. */
export function newTxtEndpoint(dnsName: string, text: string): Endpoint | undefined {
  if (dnsName.split(".").some((label) => Buffer.byteLength(label) > MAX_LABEL_CHARACTERS)) return undefined;
  return endpoint(dnsName.replace(/\.$/, ""), "TXT", [text]);
}

export function cloneEndpoint(original: Endpoint): Endpoint {
  return structuredClone(original);
}

export function property(of: Endpoint, name: string): string | undefined {
  return of.providerSpecific.find((candidate) => candidate.name === name)?.value;
}

export function setProperty(of: Endpoint, name: string, value: string): void {
  const index = of.providerSpecific.findIndex((candidate) => candidate.name === name);
  if (index === -1) of.providerSpecific = [...of.providerSpecific, { name, value }];
  else of.providerSpecific[index] = { name, value };
}

export function isOwnedBy(candidate: Endpoint, ownerId: string): boolean {
  return candidate.labels[OWNER_LABEL] === ownerId;
}

/** The triple external-dns tells endpoints apart by. */
export function endpointKey(of: Pick<Endpoint, "dnsName" | "recordType" | "setIdentifier">): string {
  return JSON.stringify([of.dnsName, of.recordType, of.setIdentifier]);
}
