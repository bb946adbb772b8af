// The kinds of load, as arguments of dnsperf and in words.

export const CASE_NAMES = ["udp", "edns", "tcp"] as const;
export type CaseName = (typeof CASE_NAMES)[number];

export function isCaseName(text: string): text is CaseName {
  return (CASE_NAMES as readonly string[]).includes(text);
}

export interface LoadCase {
  readonly title: string;
  readonly arguments: readonly string[];
  /** "seconds": the question file over and over in one run. "passes": once through it a run, connections made anew for each. */
  readonly length: "seconds" | "passes";
}

const UDP_LOAD = ["-m", "udp", "-c", "8", "-q", "200"];

export const LOAD_CASES: Readonly<Record<CaseName, LoadCase>> = {
  udp: { title: "UDP", arguments: UDP_LOAD, length: "seconds" },
  edns: { title: "UDP with EDNS", arguments: [...UDP_LOAD, "-e"], length: "seconds" },
  // Zonegate closes a connection after 1,000 queries and takes 16 of one client: 12,500 questions over 14 connections fit.
  tcp: { title: "TCP", arguments: ["-m", "tcp", "-c", "14", "-q", "200"], length: "passes" },
};
