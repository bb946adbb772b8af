// Two ways to print one event: a JSON line as pino made it, or a line for people. Knows nothing of levels or sinks.

import { escapeUnsafe } from "#src/lib/unsafe-text.ts";

export type LogFormat = "json" | "text";

/** A value that needs no quotes to be told from the next one. */
const PLAIN = /^[\w!#$%&'()*+,\-./:;<>?@[\]^`{|}~]+$/;
const LEVEL_WIDTH = 5;

/** Turns one JSON line of pino into what is written; both end in a newline and hold no other control character. */
export const LINE_FORMATS: Readonly<Record<LogFormat, (line: string) => string>> = {
  json: escapeUnsafe,
  text: formatText,
};

/** `2026-11-23T13:00:00.000Z info  changes applied provider=local applied=3` */
function formatText(line: string): string {
  const event: unknown = JSON.parse(line);
  if (typeof event !== "object" || event === null) return escapeUnsafe(line);
  const { time, level, msg, ...fields }: Readonly<Record<string, unknown>> = { ...event };
  const head = `${String(time)} ${String(level).padEnd(LEVEL_WIDTH)} ${escapeControls(String(msg))}`;
  const pairs = Object.entries(fields).map(([key, value]) => `${plainOrJson(key)}=${plainOrJson(value)}`);
  return `${escapeUnsafe([head, ...pairs].join(" "))}\n`;
}

function plainOrJson(value: unknown): string {
  return typeof value === "string" && PLAIN.test(value) ? value : JSON.stringify(value);
}

/** The event name stands without quotes; a control character in it is shown as JSON would. */
function escapeControls(text: string): string {
  return JSON.stringify(text).slice(1, -1).replaceAll('\\"', '"');
}
