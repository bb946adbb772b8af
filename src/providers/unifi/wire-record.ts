// A record of either API, read as leniently as safety allows: what is odd stays in the list, but nobody may change it. Pure.

import { type DomainName, parseName } from "#src/domain/name.ts";
import type { Parsed } from "#src/domain/parsed.ts";
import { isRecordType } from "#src/domain/record.ts";
import { canonicalTarget } from "#src/domain/target.ts";
import type { StoredRecord } from "#src/providers/provider.ts";
import { targetOfConsoleText } from "./text.ts";

export interface WireRecord extends Omit<StoredRecord, "id" | "enabled"> {
  /** As the console gave it: it may be empty, or shared by several records. */
  readonly wireId: string;
  /** False for a record that is switched off. */
  readonly isServed: boolean;
  /** False for what the console made itself and for what we do not fully understand. */
  readonly isOurs: boolean;
}

/** Fields of a record before they are checked. */
export interface RawRecord {
  readonly wireId: string;
  readonly type: string;
  readonly name: string;
  readonly target: string;
  /** 0 is the console's default. */
  readonly ttlSeconds: number;
  readonly isServed: boolean;
  readonly isOurs: boolean;
}

export function wireRecord(raw: RawRecord): WireRecord {
  const name = parseName(raw.name);
  const target = readTarget(raw.type, raw.target);
  return {
    wireId: raw.wireId,
    // An unreadable name still takes its place: as text that no readable name equals, but which the operator recognises.
    name: name.ok ? name.value : (raw.name.toLowerCase() as DomainName),
    type: raw.type,
    target: target.ok ? target.value : raw.target,
    ttlSeconds: raw.ttlSeconds > 0 ? raw.ttlSeconds : undefined,
    isServed: raw.isServed,
    isOurs: raw.isOurs && name.ok && target.ok && isRecordType(raw.type),
  };
}

/** An item of a list that has not even a type and a name. */
export function unreadableRecord(item: unknown): WireRecord {
  const shown = (JSON.stringify(item) ?? "undefined").slice(0, MAX_SHOWN_CHARACTERS);
  return wireRecord({
    wireId: "",
    type: "UNREADABLE",
    name: "",
    target: shown,
    ttlSeconds: 0,
    isServed: true,
    isOurs: false,
  });
}

/** Of an item that nobody understands. */
const MAX_SHOWN_CHARACTERS = 200;

function readTarget(type: string, text: string): Parsed<string> {
  if (type === "TXT") return targetOfConsoleText(text);
  return isRecordType(type) ? canonicalTarget(type, text) : { ok: true, value: text };
}

/** `10 mail.example.com` as its two fields. */
export function mailFields(target: string): { readonly priority: number; readonly host: string } {
  const [priority = "0", host = ""] = target.split(" ");
  return { priority: Number(priority), host };
}

/** `0 5 443 host.example.com` as its four fields. */
export function serviceFields(target: string): {
  readonly priority: number;
  readonly weight: number;
  readonly port: number;
  readonly host: string;
} {
  const [priority = "0", weight = "0", port = "0", host = ""] = target.split(" ");
  return { priority: Number(priority), weight: Number(weight), port: Number(port), host };
}
