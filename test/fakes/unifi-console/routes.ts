// Which operation of which API a method and a path mean on a given console. Facts: unifi.md 1.1.1, 1.2.1, 1.2.2.

import type { Profile } from "./profiles.ts";

export type Operation =
  | "root"
  | "login"
  | "logout"
  | "info"
  | "sites"
  | "list"
  | "read"
  | "create"
  | "update"
  | "delete"
  | "devices"
  | "version"
  | "classic"
  | "none";

/** Who answers: decides how errors look. */
export type Api = "front" | "classic" | "v2" | "integration";

export interface Route {
  readonly api: Api;
  /** "none": the path or the method is unknown. */
  readonly operation: Operation;
  readonly site: string;
  readonly id: string;
  /** Methods the path has, empty when the path is unknown. */
  readonly allow: readonly string[];
  /** Classic endpoints tell themselves apart by this. */
  readonly resource: string;
}

export function findRoute(profile: Profile, method: string, path: string): Route {
  for (const pattern of frontPatterns(profile)) {
    if (pattern.path.test(path)) return toRoute(pattern, method, {});
  }
  if (!path.startsWith(`${profile.prefix}/`)) return { ...UNKNOWN, api: "front" };
  const rest = path.slice(profile.prefix.length);
  for (const pattern of NETWORK_PATTERNS) {
    const match = pattern.path.exec(rest);
    if (match !== null) return toRoute(pattern, method, match.groups ?? {});
  }
  return { ...UNKNOWN, api: apiOf(rest) };
}

interface Pattern {
  readonly path: RegExp;
  readonly api: Api;
  readonly methods: Readonly<Partial<Record<string, Operation>>>;
}

const UNKNOWN = { operation: "none", site: "", id: "", allow: [], resource: "" } as const;

const COLLECTION = { GET: "list", POST: "create" } as const;

const NETWORK_PATTERNS: readonly Pattern[] = [
  { path: /^\/integration\/v1\/info$/, api: "integration", methods: { GET: "info" } },
  { path: /^\/integration\/v1\/sites$/, api: "integration", methods: { GET: "sites" } },
  {
    path: /^\/integration\/v1\/sites\/(?<site>[^/]+)\/dns\/policies\/?$/,
    api: "integration",
    methods: COLLECTION,
  },
  {
    path: /^\/integration\/v1\/sites\/(?<site>[^/]+)\/dns\/policies\/(?<id>[^/]+)$/,
    api: "integration",
    methods: { GET: "read", PUT: "update", DELETE: "delete" },
  },
  { path: /^\/v2\/api\/site\/(?<site>[^/]+)\/static-dns\/?$/, api: "v2", methods: COLLECTION },
  { path: /^\/v2\/api\/site\/(?<site>[^/]+)\/static-dns\/devices$/, api: "v2", methods: { GET: "devices" } },
  {
    path: /^\/v2\/api\/site\/(?<site>[^/]+)\/static-dns\/(?<id>[^/]+)$/,
    api: "v2",
    methods: { PUT: "update", DELETE: "delete" },
  },
  { path: /^\/status$/, api: "classic", methods: { GET: "version" } },
  { path: /^\/api\/self\/(?<resource>sites)$/, api: "classic", methods: { GET: "classic" } },
  {
    path: /^\/api\/s\/(?<site>[^/]+)\/(?<resource>stat\/sysinfo|rest\/user|rest\/networkconf)$/,
    api: "classic",
    methods: { GET: "classic" },
  },
];

const ROOT: Pattern = { path: /^\/$/, api: "front", methods: { GET: "root", HEAD: "root" } };

function frontPatterns({ front }: Profile): readonly Pattern[] {
  if (front === "cloud") return [];
  const base = front === "unifi-os" ? "/api/auth" : "/api";
  const login: Pattern = { path: new RegExp(`^${base}/login$`), api: "front", methods: { POST: "login" } };
  const logout: Pattern = { path: new RegExp(`^${base}/logout$`), api: "front", methods: { POST: "logout" } };
  return [ROOT, login, logout];
}

function toRoute(pattern: Pattern, method: string, groups: Readonly<Record<string, string>>): Route {
  return {
    api: pattern.api,
    operation: pattern.methods[method] ?? "none",
    site: decode(groups["site"]),
    id: decode(groups["id"]),
    allow: Object.keys(pattern.methods),
    resource: groups["resource"] ?? "",
  };
}

function apiOf(rest: string): Api {
  if (rest.startsWith("/integration/")) return "integration";
  if (rest.startsWith("/v2/")) return "v2";
  return rest.startsWith("/api/s/") ? "classic" : "front";
}

function decode(segment: string | undefined): string {
  try {
    return decodeURIComponent(segment ?? "");
  } catch {
    return segment ?? "";
  }
}
