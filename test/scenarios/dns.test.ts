// Runs every scenario of test/scenarios/dns/*.yaml through respond(): zone records in, then queries and the replies that the cited
// RFC asks for. Replies are read by dns-packet. What a step does not mention must be absent.

import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { parse } from "yaml";
import { z } from "zod";
import { respond } from "#src/dns/respond.ts";
import type { Snapshot } from "#src/dns/snapshot.ts";
import { buildQuery, DEFAULT_EDNS, optOctets, readReply } from "#test/support/dns/packets.ts";
import { nameOf, snapshotOf, type TestZone } from "#test/support/dns/records.ts";

const FLAG_BITS: Readonly<Record<string, number>> = {
  qr: 0x8000,
  aa: 0x400,
  tc: 0x200,
  rd: 0x100,
  ra: 0x80,
  z: 0x40,
  ad: 0x20,
  cd: 0x10,
};

const lines = z.array(z.string()).default([]);
const words = z.string().transform((text) => text.split(" ").filter((word) => word !== ""));

const zoneSchema = z.strictObject({
  apex: z.string(),
  serial: z.number().default(7),
  defaultTtlSeconds: z.number().default(120),
  negativeTtlSeconds: z.number().default(60),
  nameservers: z.record(z.string(), z.array(z.string())),
  protectedLabels: lines,
  records: lines,
  staleRecords: lines,
});

const askSchema = z.strictObject({
  name: z.string(),
  type: z.string().default("A"),
  class: z.enum(["IN", "CH", "HS", "ANY"]).default("IN"),
  opcode: z.number().default(0),
  flags: words.default([]),
  edns: z
    .strictObject({
      size: z.number().default(DEFAULT_EDNS.size),
      version: z.number().default(0),
      do: z.boolean().default(false),
      /** Option octets in hexadecimal. */
      options: z.string().default(""),
      /** How many OPT records. */
      times: z.number().default(1),
    })
    .optional(),
});

const expectSchema = z.union([
  z.literal("silence"),
  z.strictObject({
    rcode: z.string(),
    flags: words.default(["qr", "aa"]),
    questions: z.number().default(1),
    answer: lines,
    authority: lines,
    additional: lines,
    opcode: z.number().default(0),
    edns: z
      .strictObject({
        do: z.boolean().default(false),
        extendedErrors: z.array(z.number()).default([]),
        /** `code:octets in hexadecimal`. */
        otherOptions: lines,
      })
      .optional(),
    octets: z.number().optional(),
  }),
]);

const stepSchema = z
  .strictObject({
    title: z.string(),
    cite: z.string().regex(/^(RFC \d+|draft-)/),
    protocol: z.enum(["udp", "tcp"]).default("udp"),
    ready: z.boolean().default(true),
    /** What the access list says of the client. */
    client: z.enum(["allowed", "refused"]).default("allowed"),
    /** The setting `dns.nsid`. */
    serverId: z.string().optional(),
    ask: askSchema.optional(),
    /** A whole message in hexadecimal instead of `ask`. */
    packet: z.string().optional(),
    expect: expectSchema,
  })
  .refine((step) => (step.ask === undefined) !== (step.packet === undefined), "a step has either ask or packet");

const scenarioSchema = z.strictObject({
  title: z.string(),
  /** Only a place for YAML anchors. */
  anchors: z.unknown().optional(),
  zones: z.array(zoneSchema).min(1),
  steps: z.array(stepSchema).min(1),
});

type Step = z.infer<typeof stepSchema>;

const folder = join(import.meta.dirname, "dns");
for (const file of readdirSync(folder).filter((entry) => entry.endsWith(".yaml"))) {
  const scenario = scenarioSchema.parse(parse(readFileSync(join(folder, file), "utf8")));
  const snapshot = snapshotOf(...scenario.zones.map(testZone));
  describe(`${file}: ${scenario.title}`, () => {
    test.each(scenario.steps.map((step): [string, Step] => [`${step.title} (${step.cite})`, step]))(
      "%s",
      (_title, step) => {
        expect(observe(step, snapshot)).toEqual(wanted(step));
      },
    );
  });
}

/** The reply in the shape of `wanted`, with what every reply must satisfy folded in. */
function observe(step: Step, snapshot: Snapshot): unknown {
  const query = queryOf(step);
  const { ready, protocol, client, serverId } = step;
  const outcome = respond(query, { snapshot, ready, protocol, client, serverId, tcpIdleTimeoutMs: 10_000 });
  if (outcome.kind === "drop") return "silence";
  const octets = outcome.message.length;
  const asked = step.expect !== "silence" && step.expect.octets !== undefined;
  return {
    ...readReply(outcome.message),
    questionIsVerbatim: hasSameQuestion(query, outcome.message),
    octets: asked ? octets : undefined,
  };
}

function wanted(step: Step): unknown {
  if (step.expect === "silence") return "silence";
  const [high = 0, low = 0] = queryOf(step);
  const { edns, opcode, ...rest } = step.expect;
  return {
    ...rest,
    id: (high << 8) | low,
    opcode: String(opcode),
    questionIsVerbatim: true,
    octets: step.expect.octets,
    edns: edns && { ...edns, size: 1232, version: 0 },
  };
}

/** Bit for bit, letter case included (draft-vixie-dnsext-dns0x20); a reply without a question has nothing to compare. */
function hasSameQuestion(query: Uint8Array, message: Uint8Array): boolean {
  if (message[5] === 0) return true;
  let end = 12;
  while (query[end] !== 0) end += 1 + (query[end] ?? 0);
  return Buffer.from(message.subarray(12, end + 5)).equals(query.subarray(12, end + 5));
}

function queryOf({ ask, packet }: Step): Uint8Array {
  if (packet !== undefined) return Uint8Array.from(Buffer.from(packet.replaceAll(/\s/g, ""), "hex"));
  if (ask === undefined) throw new Error("a step has either ask or packet");
  const { edns, flags, ...rest } = ask;
  const query = buildQuery({ ...rest, flags: flags.reduce((bits, flag) => bits | (FLAG_BITS[flag] ?? 0), 0) });
  const opt = edns === undefined ? [] : optOctets({ ...edns, options: [...Buffer.from(edns.options, "hex")] });
  const opts = Array.from({ length: edns?.times ?? 0 }, () => opt).flat();
  query[11] = edns?.times ?? 0;
  return Uint8Array.from([...query, ...opts]);
}

function testZone({ nameservers, ...zone }: z.infer<typeof zoneSchema>): TestZone {
  return {
    ...zone,
    nameservers: Object.entries(nameservers).map(([name, addresses]) => ({ name: nameOf(name), addresses })),
  };
}
