// Names between canonical text and uncompressed wire form (RFC 1035 §3.1), for rdata that we made ourselves.
// Queries are read by query.ts under a work budget; compression is the writer's.

import { type DomainName, labelBytes, nameFromLabels } from "#src/domain/name.ts";
import { type Parsed, parsed, unparsable } from "#src/domain/parsed.ts";

/** Length octet and label bytes of each label, then the root label. */
export function encodeName(name: DomainName): Uint8Array {
  return Uint8Array.from([...labelBytes(name).flatMap((label) => [label.length, ...label]), 0]);
}

/** Reads one uncompressed name at `offset`; `end` is the offset after its root label. */
export function decodeName(
  octets: Uint8Array,
  offset: number,
): Parsed<{ readonly name: DomainName; readonly end: number }> {
  const labels: Uint8Array[] = [];
  let position = offset;
  for (let length = octets[position]; length !== 0; length = octets[position]) {
    if (length === undefined || position + 1 + length > octets.length) return unparsable("the name is cut off");
    labels.push(octets.subarray(position + 1, position + 1 + length));
    position += 1 + length;
  }
  const name = nameFromLabels(labels);
  return name.ok ? parsed({ name: name.value, end: position + 1 }) : name;
}
