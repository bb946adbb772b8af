// What the settings of views amount to: where each is seen, its zones made whole, and what cannot be.

import type { CrossProblem } from "./problems.ts";
import type { WrittenSettings } from "./schema.ts";
import type { Listener, ViewSettings, ZoneSettings } from "./settings.ts";

type WrittenView = WrittenSettings["views"][number];
type WrittenZone = WrittenSettings["zones"][number];

export interface ViewsRead {
  readonly settings: readonly ViewSettings[];
  readonly problems: readonly CrossProblem[];
}

export function readViews(
  { views, dns }: WrittenSettings,
  completeZone: (zone: WrittenZone) => ZoneSettings,
): ViewsRead {
  const settings = views.map(
    (view): ViewSettings => ({
      name: view.name,
      listener: listenerOf(view, dns),
      clients: view.clients,
      zones: view.zones.map(completeZone),
    }),
  );
  const names = settings.map(({ name }) => name);
  const repeated = new Set(names.filter((name, index) => names.indexOf(name) !== index));
  const problems = [
    ...[...repeated].map((name) => problem(`there are two called ${name}`, "Give each a name of its own.")),
    ...settings.flatMap(problemsOf),
  ];
  return { settings, problems };
}

function listenerOf({ listen, port }: WrittenView, dns: WrittenSettings["dns"]): Listener | undefined {
  if (listen === undefined && port === undefined) return undefined;
  return { addresses: listen ?? dns.listen, port: port ?? dns.port };
}

function problemsOf({ name, listener, clients, zones }: ViewSettings): readonly CrossProblem[] {
  const apexes = zones.map(({ apex }) => apex);
  const repeated = apexes.find((apex, index) => apexes.indexOf(apex) !== index);
  return [
    ...(listener === undefined && clients.length === 0
      ? [problem(`${name} is seen by nobody`, "Give it a port, addresses to listen on, or networks of clients.")]
      : []),
    ...(zones.length === 0 ? [problem(`${name} has no zones`, "Name its zones, or take it out.")] : []),
    ...(repeated === undefined ? [] : [problem(`${name} has ${repeated} twice`, "Keep one of them.")]),
  ];
}

function problem(text: string, hint: string): CrossProblem {
  return { concerns: ["views"], problem: { path: "views", problem: text, hint } };
}
