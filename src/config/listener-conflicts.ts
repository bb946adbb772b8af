// Finds parts that would fight for one port before the system does, so that the message names the settings.

import type { Part } from "./mode.ts";
import type { CrossProblem } from "./problems.ts";
import type { Listener, Settings } from "./settings.ts";

const WILDCARDS: ReadonlySet<string> = new Set(["0.0.0.0", "::"]);

/** DNS listens on TCP too, so it can collide with the HTTP listeners. */
export function listenerProblems(settings: Settings): readonly CrossProblem[] {
  const active = (["dns", "webhook", "ops"] as const).filter((part) => settings.mode.parts.has(part));
  return active.flatMap((part, index) =>
    active
      .slice(index + 1)
      .filter((other) => isConflict(settings[part], settings[other]))
      .map((other) => conflict(part, other, settings[part].port)),
  );
}

function isConflict(one: Listener, other: Listener): boolean {
  if (one.port !== other.port || one.port === 0) return false;
  const isShared = (address: string): boolean =>
    other.addresses.some((candidate) => candidate === address || WILDCARDS.has(candidate));
  return one.addresses.some((address) => isShared(address) || WILDCARDS.has(address));
}

function conflict(part: Part, other: Part, port: number): CrossProblem {
  const paths = [`${part}.port`, `${other}.port`];
  return {
    concerns: paths,
    problem: {
      path: paths.join(" and "),
      problem: `both are ${port} on the same address`,
      hint: "Give one of them another port.",
    },
  };
}
