// One line of a watch as bytes, right or bent by a fault.

import { type JsonRecord, toJson } from "./objects.ts";

export interface WatchEvent {
  readonly type: string;
  readonly object: JsonRecord;
}

export function watchLine(event: WatchEvent, lineEnd = "\n"): Uint8Array {
  return Buffer.from(`${toJson(event)}${lineEnd}`);
}

/** A field beside type and object, which readers ignore, carries what would otherwise change the object. */
function withNote(event: WatchEvent, note: string): string {
  return `{"type":${toJson(event.type)},"note":"${note}","object":${toJson(event.object)}}\n`;
}

export function lineWithSeparator(event: WatchEvent): Uint8Array {
  return Buffer.from(withNote(event, "one\u2028two\u2029three\u0085four"));
}

export function longLine(event: WatchEvent, bytes: number): Uint8Array {
  return Buffer.from(withNote(event, "x".repeat(bytes)));
}

/** Two parts of one line; the cut lies inside a character of three bytes. */
export function splitLine(event: WatchEvent): readonly [Uint8Array, Uint8Array] {
  const line = Buffer.from(withNote(event, "zwölf €"));
  const cut = line.indexOf(Buffer.from("€")) + 1;
  return [line.subarray(0, cut), line.subarray(cut)];
}

export function withoutMetadata({ type, object }: WatchEvent): WatchEvent {
  const { metadata: _gone, ...rest } = object;
  return { type, object: rest };
}

export const NOT_JSON = Buffer.from('{"type":"MODIFIED","object":{"kind":\n');
