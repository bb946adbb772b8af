// `zonegate serve`: runs until a signal asks for the end. The only file that speaks to the process: signals, output, exit code.

import { type App, createApp } from "#src/app/app.ts";
import { loadSettings, type SettingsSources } from "#src/config/load.ts";
import type { Settings } from "#src/config/settings.ts";
import { ConfigError, ZonegateError } from "#src/errors.ts";
import { SYSTEM_CLOCK } from "#src/lib/clock.ts";
import { createLogger, type LogLevel, type ProcessLogger } from "#src/ops/log.ts";
import { watchForBugs } from "./bug-watch.ts";
import { problemLines } from "./check.ts";
import { EXIT_CODES, type ExitCode, exitCodeFor } from "./exit-codes.ts";
import { welcomeLines } from "./welcome.ts";

/** A stop that takes longer than this has hung; the process ends all the same. */
const STOP_TIMEOUT_MS = 20_000;

export interface ServeOptions {
  readonly sources: SettingsSources;
  /** Writes one line for a person to standard output. */
  readonly print: (line: string) => void;
  /** Writes one line for a person to standard error. */
  readonly complain: (line: string) => void;
  readonly isTerminal: boolean;
}

/** Resolves with the exit code when everything has stopped. */
export async function serve(options: ServeOptions): Promise<ExitCode> {
  let log: ProcessLogger | undefined;
  try {
    const settings = loadSettings(options.sources);
    const format = settings.log.format ?? (options.isTerminal ? "text" : "json");
    const logger = createLogger({ level: settings.log.level, format, clock: SYSTEM_CLOCK });
    log = logger;
    for (const warning of settings.warnings) logger.warn({ warning }, "setting questioned");
    const setLogLevel = (level: LogLevel): void => logger.setLevel(level);
    const app = await createApp({ settings, clock: SYSTEM_CLOCK, log, setLogLevel });
    const signals = watchSignals(logger);
    watchForBugs({ log: logger, bugCaught: () => app.bugCaught(), end: () => endByBug(logger) });
    // A folder on a dead mount can hold the start up for ever; whoever waits for it must be able to end it.
    const isStarted = await Promise.race([app.start().then(() => true), signals.first.then(() => false)]);
    if (isStarted) welcome(app, settings, { log, print: format === "text" ? options.print : undefined });
    return await stopWhenAsked(app, { log, signals, lameDuckMs: isStarted ? settings.shutdown.lameDuckMs : 0 });
  } catch (error) {
    explain(error, options, log);
    return exitCodeFor(error);
  } finally {
    log?.flush();
  }
}

function endByBug(log: ProcessLogger): never {
  log.flush();
  return process.exit(EXIT_CODES.internal);
}

function welcome(
  app: App,
  settings: Settings,
  output: { readonly log: ProcessLogger; readonly print: ((line: string) => void) | undefined },
): void {
  const status = app.status();
  const { version, mode, reason } = status;
  const listening = {
    dns: status.dns?.addresses ?? [],
    webhook: status.webhook?.addresses ?? [],
    ops: status.ops,
  };
  output.log.info({ version, mode, reason, configFile: settings.configFile, ...listening }, "started");
  if (output.print === undefined) return;
  for (const line of welcomeLines(status)) output.print(line);
}

/** A service manager signals every process of the group and a launcher hands the same signal on: that is one request. */
const ECHO_WINDOW_MS = 500;

type Signal = "SIGINT" | "SIGTERM";

interface Signals {
  /** The first signal. */
  readonly first: Promise<Signal>;
  /** Aborts when another one follows later. */
  readonly impatience: AbortSignal;
}

/** From here on the first signal asks for an orderly end, the second one for an immediate end. */
function watchSignals(log: ProcessLogger): Signals {
  const first = Promise.withResolvers<Signal>();
  const impatience = new AbortController();
  let firstAtMs: number | undefined;
  for (const name of ["SIGINT", "SIGTERM"] as const) {
    process.on(name, () => {
      const nowMs = SYSTEM_CLOCK.monotonicMs();
      firstAtMs ??= nowMs;
      if (nowMs === firstAtMs) log.info({ signal: name }, "signal received");
      first.resolve(name);
      if (nowMs - firstAtMs > ECHO_WINDOW_MS) impatience.abort(new Error("a second signal was received"));
    });
  }
  return { first: first.promise, impatience: impatience.signal };
}

async function stopWhenAsked(
  app: App,
  { log, signals, lameDuckMs }: { readonly log: ProcessLogger; readonly signals: Signals; readonly lameDuckMs: number },
): Promise<ExitCode> {
  const signal = await signals.first;
  app.drain();
  // Ctrl-C is a person who waits; SIGTERM is an orchestrator that needs time to move our clients away.
  if (signal === "SIGTERM" && lameDuckMs > 0)
    await SYSTEM_CLOCK.sleep(lameDuckMs, signals.impatience).catch(() => undefined);
  const timeout = AbortSignal.any([AbortSignal.timeout(STOP_TIMEOUT_MS), signals.impatience]);
  const isStopped = await Promise.race([
    app.stop().then(() => true),
    new Promise<false>((resolve) => {
      timeout.addEventListener("abort", () => resolve(false), { once: true });
      if (timeout.aborted) resolve(false);
    }),
  ]);
  if (isStopped) log.info({}, "stopped");
  else log.warn({}, "stopped without waiting for everything");
  return EXIT_CODES.ok;
}

/** A sentence for what was foreseen, the whole stack for a bug. */
function explain(error: unknown, options: ServeOptions, log: ProcessLogger | undefined): void {
  if (error instanceof ConfigError) {
    for (const line of problemLines(error.problems)) options.complain(line);
  } else if (error instanceof ZonegateError) {
    options.complain(`zonegate: ${error.message}`);
  } else {
    log?.error({ err: error }, "ended by a bug");
    options.complain(
      `zonegate: this is a bug: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`,
    );
  }
}
