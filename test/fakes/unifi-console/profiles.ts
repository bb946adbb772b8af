// The console models and versions the emulator can be, and the switches for what public reports disagree about.
// Facts: unifi.md 1.3, 1.4, 4.1.

export type ProfileName =
  | "udm-8.2"
  | "udm-9.4"
  | "udm-10.0"
  | "udm-10.4"
  | "udm-10.6"
  | "udm-4.2.4-loose"
  | "selfhosted-10"
  | "os-server"
  | "usg"
  | "connector";

export interface Profile {
  /** Network application version. */
  readonly version: string;
  /** In front of every path of the Network application. */
  readonly prefix: string;
  /** UniFi OS stands in front (login, proxy errors); otherwise the bare Network application answers. */
  readonly front: "unifi-os" | "network" | "cloud";
  readonly root: "html" | "login" | "manage" | "none";
  readonly apiKeys: boolean;
  readonly staticDns: boolean;
  readonly integration: "none" | "info-and-sites" | "dns";
  readonly switches: Partial<Switches>;
}

export interface Switches {
  /** Whether keys count where the profile has none; reports on self-hosted applications conflict. */
  readonly apiKeys: "by-profile" | "yes";
  readonly v2Put: "ok" | "already-exists" | "404" | "405" | "500";
  /** What a page limit above 200 does. */
  readonly limitMode: "clamp" | "reject";
  readonly metadata: "present" | "absent";
  /** How the v2 API writes numbers; "empty" gives "" for zero. */
  readonly numbers: "int" | "string" | "empty";
  readonly deleteStatus: 200 | 204;
  readonly postStatus: 200 | 201;
  readonly loginBadStatus: 403 | 401;
  /** The answer to an unknown site in a v2 path. */
  readonly unknownSiteStatus: 400 | 404;
  /** Body of 401 on the Integration API. */
  readonly badKeyBody: "envelope" | "proxy";
  readonly listOrder: "insertion" | "shuffled";
  /** "loose" is the firmware of March 2025: no check of duplicates, CNAME overlap, label length or SRV ranges. */
  readonly conflictRules: "strict" | "loose";
  readonly wildcardTxt: "accepted" | "refused";
  readonly maxRecords: number | undefined;
  /** Writes after which a session's CSRF token is replaced; 0 never. */
  readonly csrfRotationWrites: number;
  /** Further requests for which the token before the last rotation is still taken. */
  readonly csrfGraceRequests: 0 | 1;
  readonly loginsPerWindow: number;
  readonly loginWindowMs: number;
  readonly sessionMs: number;
  /** All requests of one minute; beyond it 429 with Retry-After. None on a local console. */
  readonly requestsPerMinute: number | undefined;
}

export const DEFAULT_SWITCHES: Switches = {
  apiKeys: "by-profile",
  v2Put: "ok",
  limitMode: "reject",
  metadata: "present",
  numbers: "int",
  deleteStatus: 200,
  postStatus: 200,
  loginBadStatus: 403,
  unknownSiteStatus: 400,
  badKeyBody: "envelope",
  listOrder: "insertion",
  conflictRules: "strict",
  wildcardTxt: "accepted",
  maxRecords: undefined,
  csrfRotationWrites: 0,
  csrfGraceRequests: 0,
  loginsPerWindow: 5,
  loginWindowMs: 60_000,
  sessionMs: 2 * 60 * 60_000,
  requestsPerMinute: undefined,
};

const CONSOLE = {
  prefix: "/proxy/network",
  front: "unifi-os",
  root: "login",
  apiKeys: true,
  staticDns: true,
  integration: "dns",
  switches: {},
} as const satisfies Omit<Profile, "version">;

const CONNECTOR_CONSOLE_ID = "70A7419783ED0000000006797F060000000006C719490000000062F1C8E1:1234567890";

export const PROFILES: Readonly<Record<ProfileName, Profile>> = {
  "udm-8.2": { ...CONSOLE, version: "8.2.93", root: "html", apiKeys: false, integration: "none" },
  "udm-9.4": { ...CONSOLE, version: "9.4.19", root: "html", integration: "info-and-sites" },
  "udm-10.0": { ...CONSOLE, version: "10.0.162", integration: "info-and-sites" },
  "udm-10.4": { ...CONSOLE, version: "10.4.57" },
  "udm-10.6": { ...CONSOLE, version: "10.6.106", switches: { limitMode: "clamp" } },
  "udm-4.2.4-loose": {
    ...CONSOLE,
    version: "9.0.114",
    root: "html",
    apiKeys: false,
    integration: "none",
    switches: { conflictRules: "loose" },
  },
  "selfhosted-10": {
    ...CONSOLE,
    version: "10.4.57",
    prefix: "",
    front: "network",
    root: "manage",
    apiKeys: false,
  },
  "os-server": { ...CONSOLE, version: "10.6.106", switches: { limitMode: "clamp" } },
  usg: { ...CONSOLE, version: "9.0.114", root: "html", staticDns: false, integration: "info-and-sites" },
  connector: {
    ...CONSOLE,
    version: "10.4.57",
    prefix: `/v1/connector/consoles/${CONNECTOR_CONSOLE_ID}/proxy/network`,
    front: "cloud",
    root: "none",
    staticDns: false,
    switches: { requestsPerMinute: 10_000 },
  },
};
