// The logger of the process: pino for levels and JSON, redaction before it, a rate limit and the chosen line format round it.

import { pino } from "pino";
import type { Clock } from "#src/lib/clock.ts";
import type { Logger } from "#src/lib/log.ts";
import { LogLimit, type SuppressedEvent } from "./log-limit.ts";
import { LINE_FORMATS, type LogFormat } from "./log-lines.ts";
import { redact } from "./redact.ts";

export const LOG_LEVELS = ["debug", "info", "warn", "error"] as const;
export type LogLevel = (typeof LOG_LEVELS)[number];

/** Takes whole lines, each ending in a newline. `process.stdout` is one. */
interface LineSink {
  write(line: string): unknown;
}

export interface ProcessLoggerOptions {
  readonly level: LogLevel;
  readonly format: LogFormat;
  /** Default: standard output, written synchronously so that the last line before a crash is not lost. */
  readonly sink?: LineSink;
  readonly clock: Clock;
}

export interface ProcessLogger extends Logger {
  /** Changes the least severe level that is printed. */
  setLevel(level: LogLevel): void;
  /** Prints what the rate limit still holds; call it once before the process ends. */
  flush(): void;
}

/** Keys that pino writes itself: a field of that name would make a JSON object with one key twice. */
const OWN_KEYS: ReadonlySet<string> = new Set(["level", "time", "msg"]);

export function createLogger(options: ProcessLoggerOptions): ProcessLogger {
  const { clock } = options;
  const printer = createPrinter(options);
  const limit = new LogLimit(clock);

  function print(level: LogLevel, fields: object, event: string): void {
    if (!printer.isLevelEnabled(level)) return;
    tellSuppressed(limit.takeSuppressed());
    if (limit.admits(`${level} ${event}`, event)) printer[level](printable(fields), event);
  }

  function tellSuppressed(suppressed: readonly SuppressedEvent[]): void {
    for (const { event, lines } of suppressed) printer.warn({ event, lines }, "log lines suppressed");
  }

  return {
    debug: (fields, event) => print("debug", fields, event),
    info: (fields, event) => print("info", fields, event),
    warn: (fields, event) => print("warn", fields, event),
    error: (fields, event) => print("error", fields, event),
    setLevel: (level) => {
      printer.level = level;
    },
    flush: () => tellSuppressed(limit.takeAllSuppressed()),
  };
}

function createPrinter({
  level,
  format,
  clock,
  sink = pino.destination({ dest: 1, sync: true }),
}: ProcessLoggerOptions) {
  const formatLine = LINE_FORMATS[format];
  return pino(
    {
      level,
      base: null,
      messageKey: "msg",
      timestamp: () => `,"time":"${new Date(clock.nowMs()).toISOString()}"`,
      // pino would serialise "err" once more and lose what redact made of it.
      serializers: { err: (value: unknown) => value },
      formatters: { level: (label) => ({ level: label }) },
    },
    { write: (line) => void sink.write(formatLine(line)) },
  );
}

function printable(fields: object): object {
  const whole = fields instanceof Error ? { err: fields } : fields;
  const safe = redact(whole);
  if (typeof safe !== "object" || safe === null) return { fields: safe };
  return Object.fromEntries(Object.entries(safe).map(([key, value]) => [OWN_KEYS.has(key) ? `${key}_` : key, value]));
}
