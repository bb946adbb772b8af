// The JSON that the ops listener answers, as schemas: the types of what the app gives, the document openapi/service.json and
// the reader in `zonegate explain` all follow from here. Fields may be added within a release; none changes its meaning.

import * as z from "zod";
import { EXPLANATION } from "./explanation.ts";
import { list, unixMs } from "./response-kinds.ts";

const LISTENER = z.object({
  host: z.string().meta({ description: "IP address." }),
  port: z.int(),
});

const ORIGIN = z
  .object({
    kind: z.string().meta({ description: "`static`, `local`, or the kind of a cluster object: `Ingress`." }),
    namespace: z.string().optional(),
    name: z.string().meta({ description: "Name of the object, or the setting's path: `records[3]`." }),
    uid: z.string().optional(),
    className: z.string().optional().meta({
      description: "Class that let the object in: of an Ingress, or of its Gateway where there is one.",
    }),
    gateways: list(z.string())
      .optional()
      .meta({ description: "Gateways that a route is reached by: `network/internal`." }),
    createdAtMs: unixMs().optional(),
    cluster: z.string().optional().meta({ description: "Which of several clusters the object lives in." }),
    clusterOrder: z.int().optional().meta({ description: "Its place among them; 0 has the best right to a name." }),
  })
  .meta({ id: "Origin", description: "Which part of Zonegate, or which object, says a record." });

const CONFLICT = z
  .object({
    code: z.string().meta({ description: "Stable: `merge.rank`, `merge.age`, `merge.alias`, `merge.limit`." }),
    name: z.string(),
    winner: ORIGIN,
    loser: ORIGIN,
    lost: list(z.string()).meta({ description: "What of the loser is not answered: `A 192.0.2.1`." }),
    reason: z.string(),
  })
  .meta({
    id: "Conflict",
    description: "A claim to a name that is not answered because another has the better right.",
  });

const ZONE_PROBLEM = z
  .object({
    code: z.string(),
    name: z.string(),
    type: z.string(),
    problem: z.string(),
    origin: ORIGIN.optional().meta({ description: "Absent when the zone's own settings are the cause." }),
  })
  .meta({ id: "ZoneProblem", description: "What was left out of a zone, or will hurt whoever uses it." });

const OBJECT_PROBLEM = z
  .object({
    code: z.string().meta({ description: "Stable: `host.outside`, `class.unwatched`, …" }),
    object: z.object({
      group: z.string(),
      kind: z.string(),
      namespace: z.string(),
      name: z.string(),
      cluster: z.string().optional(),
    }),
    hostname: z.string().optional().meta({ description: "Absent when the whole object is concerned." }),
    reason: z.string(),
  })
  .meta({ id: "ObjectProblem", description: "Why a name of an object is absent, or not answered as the object says." });

const KIND = z
  .object({
    group: z.string(),
    kind: z.string(),
    state: z.enum(["listing", "watching", "parked", "forbidden", "failing"]).meta({
      description: "`parked`: the server has no such kind; it is asked again each minute.",
    }),
    sinceMs: unixMs(),
    apiVersion: z.string().optional().meta({ description: "`networking.k8s.io/v1`; absent until it was found." }),
    objects: z.int().nonnegative(),
    lastProofAtMs: unixMs().optional().meta({
      description: "When it was last proven that everything is known: a list, an event or a bookmark.",
    }),
    relists: z.int().nonnegative(),
    drift: z.int().nonnegative().meta({ description: "Differences no event had told; above 0 is worth a report." }),
    dropped: z.object({
      duplicate: z.int(),
      stale: z.int(),
      disorder: z.int(),
      malformed: z.int(),
      unknown: z.int(),
      unreadable: z.int(),
    }),
    isHeld: z.boolean().meta({ description: "A list that lacks most objects is read again before it is believed." }),
    isGone: z.boolean().meta({ description: "Absent in three answers, a minute apart: its names have been given up." }),
    failure: z.object({ code: z.string(), message: z.string() }).optional(),
  })
  .meta({ id: "WatchedKind", description: "How far what is known of one kind can be believed." });

const KUBERNETES = z.object({
  synced: z.boolean().meta({ description: "Each kind was read, is absent or forbidden, or was waited for a minute." }),
  handlerFailures: z.int().nonnegative(),
  sockets: z.int().nonnegative().meta({ description: "Open connections to all clusters." }),
  clusters: list(
    z.object({
      name: z.string().meta({ description: "Context of the kubeconfig, or `in-cluster`." }),
      identity: z.object({
        state: z.enum(["unknown", "verified", "unreadable", "other"]).meta({
          description: "`other`: another cluster answers at this address, and what was known is served.",
        }),
        uid: z.string().optional().meta({ description: "Of the namespace kube-system." }),
      }),
      kinds: list(KIND),
    }),
  ),
});

const ZONE_STATUS = z.object({
  apex: z.string(),
  serial: z.int(),
  names: z.int().nonnegative(),
  recordSets: z.int().nonnegative(),
});

const DNS_STATUS = z.object({
  ready: z.boolean().meta({ description: "Every source has been read: names may be denied." }),
  waitingFor: list(z.string()),
  zones: list(ZONE_STATUS),
  conflicts: list(CONFLICT),
  problems: list(ZONE_PROBLEM),
  objectProblems: list(OBJECT_PROBLEM),
  exampleName: z.string().optional().meta({ description: "Some name with an address, to try." }),
  addresses: list(z.object({ address: z.string(), port: z.int() })),
  manifests: z
    .object({
      folder: z.string(),
      files: z.int().nonnegative(),
      objects: z.int().nonnegative(),
      problems: list(z.object({ path: z.string(), problem: z.string(), keepsLastGood: z.boolean() })),
    })
    .optional()
    .meta({ description: "Absent when no folder of manifests is read." }),
  kubernetes: KUBERNETES.optional().meta({ description: "Absent when no cluster is read." }),
  checkpoint: z
    .object({
      staleRecordSets: z.int().nonnegative().meta({
        description: "Answered from the checkpoint, since what they come from has not been read again yet.",
      }),
      staleSinceMs: unixMs().optional().meta({
        description: "When the oldest of these was last known to be true; absent when there are none.",
      }),
      savedAtMs: unixMs()
        .optional()
        .meta({ description: "Of the last good state on disk; absent when there is none." }),
      failedWrites: z.int().nonnegative().meta({ description: "Writes that the disk refused since the start." }),
    })
    .optional()
    .meta({ description: "Absent when no cluster is read." }),
  views: list(z.object({ name: z.string(), zones: list(ZONE_STATUS), conflicts: list(CONFLICT) })).meta({
    description: "Beside the view of everybody, which the rest is about.",
  }),
});

const CONSOLE = z.object({
  url: z.string(),
  api: z.enum(["policies", "static-dns"]).optional().meta({ description: "Absent until the console was reached." }),
  version: z.string().optional().meta({ description: "Of the Network application." }),
  site: z.string().optional(),
  access: z.enum(["key", "login"]).meta({ description: "By API key, or by user name and password." }),
  logins: z.int().nonnegative().meta({ description: "Logins that were sent since the start; 0 with a key." }),
  trust: z.enum(["system", "ca", "pins", "skip"]).meta({
    description: "How the console proves itself; `skip`: not at all, whoever answers gets the key or the password.",
  }),
  certificateSha256: z.string().optional().meta({ description: "Of the certificate that was accepted last." }),
  records: z.int().nonnegative(),
  typesWithoutUpdate: list(z.string()).meta({ description: "Record types that this console cannot update in place." }),
  lastSuccessAtMs: unixMs().optional(),
  failure: z
    .object({ code: z.string(), message: z.string(), atMs: unixMs() })
    .optional()
    .meta({ description: "What the last request failed with; absent when it went well." }),
});

const WEBHOOK_STATUS = z.object({
  addresses: list(LISTENER),
  provider: z.string(),
  engine: z.object({
    provider: z.string(),
    held: z
      .object({ planHash: z.string(), going: z.int(), owned: z.int() })
      .optional()
      .meta({ description: "Deletions that wait for `zonegate approve`." }),
    quarantined: z.int().meta({ description: "Records that the backend refused for good within the last hour." }),
    contested: z.int().meta({
      description: "Record sets left alone for ten minutes, because somebody else kept changing them back.",
    }),
    journal: z.enum(["atomic", "durable", "memory"]).meta({
      description: "Whether unfinished ownership survives a crash; `atomic` backends leave none.",
    }),
  }),
  store: z
    .object({
      generation: z.int().nonnegative(),
      records: z.int().nonnegative(),
      savedAtMs: unixMs().meta({ description: "Unix milliseconds of the last write; 0 when there was none." }),
      fallback: z.string().optional().meta({ description: "Why the newest stored generation could not be used." }),
    })
    .optional()
    .meta({ description: "Of the provider `local`." }),
  console: CONSOLE.optional().meta({ description: "Of the provider `unifi`." }),
  lastList: z
    .object({ records: z.int().nonnegative(), atMs: unixMs() })
    .optional()
    .meta({ description: "The last complete list of the backend, foreign records included." }),
  lastApply: z
    .object({
      outcome: z.enum(["reached", "refused", "retry"]),
      applied: z.int().nonnegative(),
      remaining: z.int().nonnegative(),
      failures: list(
        z.object({ name: z.string(), type: z.string(), code: z.string(), reason: z.string(), retryable: z.boolean() }),
      ),
      interruption: z.object({ code: z.string(), reason: z.string() }).optional(),
      atMs: unixMs(),
    })
    .optional()
    .meta({ description: "Absent until external-dns has sent changes." }),
});

const STATUS = z
  .object({
    version: z.string(),
    mode: z.string(),
    reason: z.string().meta({ description: "Why this mode." }),
    startedAtMs: unixMs(),
    ready: z.boolean(),
    notReady: list(z.string()),
    ops: list(LISTENER),
    dns: DNS_STATUS.optional().meta({ description: "Absent when the mode answers no DNS." }),
    webhook: WEBHOOK_STATUS.optional().meta({ description: "Absent when the mode takes no changes." }),
  })
  .meta({ id: "Status", description: "Each list shows at most its first 100 entries; /metrics counts all of them." });
export type StatusResponse = z.infer<typeof STATUS>;

const LIVENESS = z
  .object({
    status: z.enum(["ok", "failing"]),
    checks: z.object({ eventLoop: z.literal("ok"), dataPlane: z.enum(["ok", "silent"]) }),
  })
  .meta({ id: "Liveness" });
export type LivenessResponse = z.infer<typeof LIVENESS>;

const READINESS = z
  .object({
    status: z.enum(["ready", "not ready"]),
    reasons: list(z.string()).meta({ description: "Why not; empty when ready." }),
  })
  .meta({ id: "Readiness" });
export type ReadinessResponse = z.infer<typeof READINESS>;

const PROBLEM = z
  .object({
    type: z.literal("about:blank"),
    title: z.string(),
    status: z.int().min(400).max(599),
    detail: z.string().meta({ description: "One sentence for people." }),
    code: z.string().meta({ description: "Stable, for scripts: `request.no_such_path`." }),
  })
  .meta({ id: "Problem", description: "RFC 9457 problem details." });

/** Every JSON answer by the name it has in openapi/service.json. */
export const RESPONSES = {
  Liveness: LIVENESS,
  Readiness: READINESS,
  Status: STATUS,
  Explanation: EXPLANATION,
  Problem: PROBLEM,
} as const;
