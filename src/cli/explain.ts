// `zonegate explain NAME`: asks the process that runs, through its ops port, and prints what it says. Knows of a name only
// what that process answers.

import * as z from "zod";
import { loadSettings, type SettingsSources } from "#src/config/load.ts";
import type { Listener } from "#src/config/settings.ts";
import { UnavailableError } from "#src/errors.ts";
import { EXPLANATION, type Explanation } from "#src/ops/explanation.ts";
import type { OutputFormat } from "./arguments.ts";
import { EXIT_CODES, type ExitCode } from "./exit-codes.ts";
import { explanationLines } from "./explanation-text.ts";
import { reportError } from "./report-error.ts";

export interface ExplainOptions {
  readonly sources: SettingsSources;
  /** As written on the command line: `NAME`, or `NAME@VIEW`. */
  readonly name: string;
  readonly format: OutputFormat;
  /** Writes one line to standard output. */
  readonly print: (line: string) => void;
  /** Writes one line to standard error. */
  readonly complain: (line: string) => void;
}

/** A process that works answers within milliseconds. */
const ANSWER_TIMEOUT_MS = 10_000;

/** Resolves with 0 explained, 64 no name, 69 no process answers, 78 wrong settings. */
export async function explain({ sources, name, format, print, complain }: ExplainOptions): Promise<ExitCode> {
  try {
    const answered = await ask(opsUrl(loadSettings(sources).ops), name);
    if (answered.kind === "refused") {
      complain(`zonegate: ${answered.detail}`);
      return EXIT_CODES.usage;
    }
    if (format === "json") print(JSON.stringify(answered.explanation, undefined, 2));
    else for (const line of explanationLines(answered.explanation)) print(line);
    return EXIT_CODES.ok;
  } catch (error) {
    return reportError(error, complain);
  }
}

type Answered =
  | { readonly kind: "explained"; readonly explanation: Explanation }
  /** The process knows no such name. */
  | { readonly kind: "refused"; readonly detail: string };

const REFUSAL = z.object({ detail: z.string() });

/** Throws UnavailableError when no Zonegate that knows the question answers at `url`. */
async function ask(url: string, name: string): Promise<Answered> {
  const response = await fetchFrom(url, `/explain?${queryFor(name)}`);
  if (response.status === 400) {
    const { data } = REFUSAL.safeParse(response.body);
    if (data !== undefined) return { kind: "refused", detail: data.detail };
  }
  const { data } = EXPLANATION.safeParse(response.body);
  if (response.status === 200 && data !== undefined) return { kind: "explained", explanation: data };
  throw unavailable(`what answers at ${url} (status ${response.status}) is no Zonegate of this release`);
}

/** No host name holds an `@`. */
function queryFor(written: string): string {
  const [name = "", view] = written.split("@", 2);
  return new URLSearchParams({ name, ...(view === undefined ? {} : { view }) }).toString();
}

async function fetchFrom(url: string, path: string): Promise<{ readonly status: number; readonly body: unknown }> {
  try {
    const response = await fetch(url + path, { signal: AbortSignal.timeout(ANSWER_TIMEOUT_MS), redirect: "manual" });
    const text = await response.text();
    return { status: response.status, body: parseJson(text) };
  } catch (error) {
    throw unavailable(
      `no Zonegate answers at ${url}; is it running? Name another place by --ops-host and --ops-port`,
      error,
    );
  }
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    // Whatever it is, it is no explanation.
    return undefined;
  }
}

/** Where a process with these settings is reached from this machine. */
function opsUrl({ addresses, port }: Listener): string {
  if (port === 0) {
    throw unavailable("the ops port is set to 0, any free one; name the port that the start has printed by --ops-port");
  }
  const [address = "0.0.0.0"] = addresses;
  const reachable = LOOPBACK_OF_WILDCARD.get(address) ?? address;
  return `http://${reachable.includes(":") ? `[${reachable}]` : reachable}:${port}`;
}

const LOOPBACK_OF_WILDCARD: ReadonlyMap<string, string> = new Map([
  ["0.0.0.0", "127.0.0.1"],
  ["::", "::1"],
]);

function unavailable(sentence: string, cause?: unknown): UnavailableError {
  return new UnavailableError("explain.unavailable", sentence, { cause });
}
