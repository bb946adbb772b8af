// Everything known about registry TXT records: which text is one, and which data record it belongs to inside one batch.
// A list alone cannot pair them, because no prefix is known (docs/decisions.md 5); the label inside a batch can.

import { type Endpoint, OWNED_RECORD_LABEL, OWNER_LABEL } from "#src/domain/endpoint.ts";
import { type DomainName, parseName } from "#src/domain/name.ts";

/** Text that external-dns' TXT registry writes: `"heritage=external-dns,external-dns/owner=…"`, quoted or not. */
export function isHeritageText(target: string): boolean {
  return /^"?heritage=external-dns(,|"?$)/.test(target);
}

/** The owner id in a registry's text; "" when it names none. */
export function ownerOfHeritage(target: string): string {
  return /[,"]external-dns\/owner=([^,"]*)/.exec(target)?.[1] ?? "";
}

/** Text that may be an encrypted registry record: one long base64 string (nonce and AES-GCM of the gzipped labels). */
export function mayBeEncryptedHeritage(target: string): boolean {
  return /^"?[A-Za-z0-9+/]{40,}={0,2}"?$/.test(target);
}

/** The data record's name a registry TXT endpoint says it belongs to; `undefined` for any other endpoint. */
export function ownedNameOf(endpoint: Endpoint): DomainName | undefined {
  const label = endpoint.recordType.toUpperCase() === "TXT" ? endpoint.labels.get(OWNED_RECORD_LABEL) : undefined;
  if (label === undefined || label === "") return undefined;
  const name = parseName(label);
  return name.ok ? name.value : undefined;
}

/**
 * True when the caller proves that the record is its own: a registry put its owner id on it, or it is a registry's own TXT.
 * Without that a delete or an update may hit somebody else's record (docs/decisions.md 1).
 */
export function isProvenOwned(endpoint: Endpoint): boolean {
  if ((endpoint.labels.get(OWNER_LABEL) ?? "") !== "") return true;
  if (endpoint.recordType.toUpperCase() !== "TXT") return false;
  return ownedNameOf(endpoint) !== undefined || endpoint.targets.some(isHeritageText);
}

/**
 * Of the types present at the owned name, those a registry TXT called `txtName` stands for. The registry writes the type as a
 * word into the TXT's name (`a-www…`, `k8s.cname.www…`); when no word fits, the text stands for all of them.
 */
export function typesOwnedBy<T extends string>(
  txtName: DomainName,
  ownedName: DomainName,
  types: readonly T[],
): readonly T[] {
  if (types.length <= 1) return types;
  const words = wordsOf(txtName);
  for (const word of wordsOf(ownedName)) {
    const position = words.indexOf(word);
    if (position !== -1) words.splice(position, 1);
  }
  const named = types.filter((type) => words.includes(type.toLowerCase()));
  return named.length > 0 ? named : types;
}

function wordsOf(name: DomainName): string[] {
  return name.split(/[.\-_]/);
}
