// Finds parts that would fight for one port before the system does, so that the message names the settings.

import type { CrossProblem } from "./problems.ts";
import type { Listener, Settings } from "./settings.ts";

const WILDCARDS: ReadonlySet<string> = new Set(["0.0.0.0", "::"]);

/** DNS listens on TCP too, so it can collide with the HTTP listeners. */
export function listenerProblems(settings: Settings): readonly CrossProblem[] {
  const active = listenersOf(settings);
  return active.flatMap((one, index) =>
    active
      .slice(index + 1)
      .filter((other) => isConflict(one.listener, other.listener))
      .map((other) => conflict(one.path, other.path, one.listener.port)),
  );
}

function listenersOf(settings: Settings): readonly { readonly path: string; readonly listener: Listener }[] {
  const { mode, views } = settings;
  const parts = (["dns", "webhook", "ops"] as const).filter((part) => mode.parts.has(part));
  const ofViews = views.flatMap(({ name, listener }) =>
    listener === undefined || !mode.parts.has("dns") ? [] : [{ path: `views (${name})`, listener }],
  );
  return [...parts.map((part) => ({ path: `${part}.port`, listener: settings[part] })), ...ofViews];
}

function isConflict(one: Listener, other: Listener): boolean {
  if (one.port !== other.port || one.port === 0) return false;
  const isShared = (address: string): boolean =>
    other.addresses.some((candidate) => candidate === address || WILDCARDS.has(candidate));
  return one.addresses.some((address) => isShared(address) || WILDCARDS.has(address));
}

function conflict(one: string, other: string, port: number): CrossProblem {
  const paths = [one, other];
  return {
    concerns: paths,
    problem: {
      path: paths.join(" and "),
      problem: `both are ${port} on the same address`,
      hint: "Give one of them another port.",
    },
  };
}
