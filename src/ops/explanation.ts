// What /explain answers for one name: what is served, who claims it, what was left out and why, what is stored, what to do.

import * as z from "zod";
import { list, unixMs } from "./response-kinds.ts";

const RECORD = z
  .object({
    name: z.string(),
    type: z.string(),
    ttlSeconds: z.int().nonnegative(),
    value: z.string().meta({ description: "As a zone file has it: `192.0.2.1`, `10 mail.example.com`." }),
  })
  .meta({ id: "AnsweredRecord" });

const ANSWER = z
  .object({
    type: z.string().meta({ description: "Type that is asked for." }),
    result: z
      .enum(["data", "no-data", "name-error", "not-ready", "refused"])
      .meta({ description: "`not-ready`: SERVFAIL until every source has been read." }),
    rcode: z.string().meta({ description: "`NOERROR`, `NXDOMAIN`, `SERVFAIL`, `REFUSED`." }),
    records: list(RECORD).meta({ description: "The answer section: aliases in order, then the data." }),
  })
  .meta({ id: "ExplainedAnswer" });

const VALUE = z
  .object({
    value: z.string().meta({ description: "Type and value: `A 192.0.2.1`." }),
    verdict: z.enum(["answered", "dropped"]),
    code: z.string().optional().meta({ description: "Why it was dropped: `merge.rank`, `cname-at-apex`, …" }),
    reason: z.string().optional(),
    lostTo: z.string().optional().meta({ description: "Who has the better right: `Ingress media/plex`." }),
  })
  .meta({ id: "ClaimedValue" });

const CLAIM = z
  .object({
    by: z.string().meta({ description: "`Ingress media/jellyfin`, `static records[0]`, `local`." }),
    name: z.string().meta({ description: "The name, or the wildcard that stands for it." }),
    type: z.string(),
    className: z.string().optional().meta({ description: "Of the Ingress, or of the Gateway that leads there." }),
    gateways: list(z.string())
      .optional()
      .meta({ description: "Gateways that a route is reached by: `network/internal`." }),
    isStale: z.literal(true).optional().meta({ description: "From the checkpoint: not read again since the start." }),
    createdAtMs: unixMs().optional(),
    ttlSeconds: z.number().optional().meta({ description: "Absent: the zone's default." }),
    values: list(VALUE).meta({ description: "Empty: the name is claimed but has no value yet." }),
  })
  .meta({ id: "Claim" });

const LEFT_OUT = z
  .object({
    code: z.string().meta({ description: "Stable: `class.unwatched`, `host.outside`, `address.none`, …" }),
    by: z.string().meta({ description: "The object, or the setting of the zone." }),
    reason: z.string(),
  })
  .meta({ id: "LeftOut" });

const STORED = z
  .object({
    provider: z.string(),
    records: list(
      z.object({
        type: z.string(),
        value: z.string(),
        ttlSeconds: z.number().optional(),
        enabled: z.boolean().meta({ description: "False: the backend keeps it but does not answer it." }),
      }),
    ),
    ownership: list(z.object({ name: z.string(), text: z.string() })).meta({
      description: "Texts of external-dns' registry that by their name may belong to this name.",
    }),
    problem: z.string().optional().meta({ description: "Why what is stored could not be listed." }),
  })
  .meta({ id: "StoredHere" });

const ANNOUNCEMENT = z
  .object({
    address: z.string(),
    service: z.string().meta({ description: "That has the address: `Service network/traefik`." }),
    state: z.enum(["announced", "expired", "none", "unknown"]).meta({
      description:
        "`expired`: the node does not renew its Lease; `none`: no node announces it; `unknown`: nobody could say.",
    }),
    node: z.string().optional(),
    renewedAtMs: unixMs().optional(),
    reason: z.string(),
  })
  .meta({ id: "Announcement", description: "Which node answers for an address on the network, by Cilium's Leases." });

export const EXPLANATION = z
  .object({
    name: z.string().meta({ description: "In canonical form." }),
    view: z.string().optional().meta({ description: "Absent for the view of everybody." }),
    zone: z.string().optional().meta({ description: "Absent when the name lies in none of our zones." }),
    serial: z.int().optional(),
    answers: list(ANSWER).meta({ description: "A and AAAA always, other types where they have data." }),
    claims: list(CLAIM),
    leftOut: list(LEFT_OUT),
    announcements: list(ANNOUNCEMENT).optional().meta({ description: "Absent unless `sources.cilium.leases` is set." }),
    stored: STORED.optional().meta({ description: "Absent when this process keeps no records." }),
    hints: list(z.object({ code: z.string(), text: z.string() })),
  })
  .meta({ id: "Explanation" });

export type Explanation = z.infer<typeof EXPLANATION>;
export type Announcement = z.infer<typeof ANNOUNCEMENT>;
export type ExplainedAnswer = z.infer<typeof ANSWER>;
export type ExplainedClaim = z.infer<typeof CLAIM>;
export type ClaimedValue = z.infer<typeof VALUE>;
export type LeftOut = z.infer<typeof LEFT_OUT>;
export type StoredHere = z.infer<typeof STORED>;
