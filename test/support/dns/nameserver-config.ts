// Settings of the nameservers that we are compared with: loopback only, everything they write inside one folder, one worker.

export interface NameserverPlace {
  readonly folder: string;
  readonly port: number;
}

export interface ZoneSource {
  readonly apex: string;
  /** Master file, inside the folder. */
  readonly file: string;
}

/** nsd.conf for NSD 4. */
export function nsdConfig({ folder, port }: NameserverPlace, zones: readonly ZoneSource[]): string {
  return `
server:
  ip-address: 127.0.0.1@${port}
  server-count: 1
  username: ""
  zonesdir: "${folder}"
  database: ""
  pidfile: "${folder}/nsd.pid"
  xfrdfile: "${folder}/xfrd.state"
  zonelistfile: "${folder}/zone.list"
  minimal-responses: yes
  rrl-ratelimit: 0
remote-control:
  control-enable: no
${zones.map(({ apex, file }) => `zone:\n  name: "${apex}"\n  zonefile: "${file}"`).join("\n")}
`;
}

/** knot.conf for Knot 3. */
export function knotConfig({ folder, port }: NameserverPlace, zones: readonly ZoneSource[]): string {
  return `
server:
  rundir: "${folder}"
  listen: 127.0.0.1@${port}
  udp-workers: 1
  tcp-workers: 1
  background-workers: 1
database:
  storage: "${folder}"
log:
  - target: stderr
    any: warning
template:
  - id: default
    storage: "${folder}"
    zonefile-sync: -1
    journal-content: none
zone:
${zones.map(({ apex, file }) => `  - domain: "${apex}"\n    file: "${file}"`).join("\n")}
`;
}
