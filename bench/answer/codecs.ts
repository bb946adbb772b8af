// Three ways from a query's octets to its reply's octets over the same names: ours, and two codecs of others with a Map.

import dnsPacket, { type Answer } from "dns-packet";
import { Packet } from "dns2";
import { respond } from "#src/dns/respond.ts";
import { createSnapshot } from "#src/dns/snapshot.ts";
import { compileZone } from "#test/support/dns/compile.ts";
import { APEX, NEGATIVE_TTL_SECONDS, TTL_SECONDS, type Workload } from "../workload.ts";
import { recordSets, SERIAL, ZONE } from "./zone.ts";

type Dns2Record = Packet["answers"][number];

export interface Codec {
  readonly name: string;
  reply(query: Uint8Array): Uint8Array;
}

/** Ours first. */
export function codecs(workload: Workload): readonly Codec[] {
  const addresses = new Map(workload.hosts.map(({ name, address }) => [name, address]));
  return [ours(workload), withDns2(addresses), withDnsPacket(addresses)];
}

function ours(workload: Workload): Codec {
  const snapshot = createSnapshot([compileZone(ZONE, recordSets(workload.hosts), SERIAL).content]);
  const context = { snapshot, ready: true, protocol: "udp", client: "allowed" } as const;
  return {
    name: "respond()",
    reply: (query) => {
      const outcome = respond(query, context);
      if (outcome.kind !== "reply") throw new Error("a query without a reply");
      return outcome.message;
    },
  };
}

const SOA = {
  primary: ZONE.nameservers[0]?.name ?? APEX,
  admin: ZONE.hostmaster,
  serial: SERIAL,
  refresh: ZONE.refreshSeconds,
  retry: ZONE.retrySeconds,
  expiration: ZONE.expireSeconds,
  minimum: NEGATIVE_TTL_SECONDS,
};
const NXDOMAIN = 3;

function withDns2(addresses: ReadonlyMap<string, string>): Codec {
  return {
    name: "dns2 3.1.1",
    reply: (query) => {
      const request = Packet.parse(Buffer.from(query.buffer, query.byteOffset, query.length));
      const response = Packet.createResponseFromRequest(request);
      response.header.aa = 1;
      const name = request.questions[0]?.name ?? "";
      const address = addresses.get(name);
      const common = { class: Packet.CLASS.IN };
      if (address === undefined) {
        response.header.rcode = NXDOMAIN;
        response.authorities.push(
          dns2Record({ ...common, ...SOA, name: APEX, type: Packet.TYPE.SOA, ttl: NEGATIVE_TTL_SECONDS }),
        );
      } else {
        response.answers.push(dns2Record({ ...common, name, type: Packet.TYPE.A, ttl: TTL_SECONDS, address }));
      }
      return response.toBuffer();
    },
  };
}

/** Plain objects are what its encoder reads and its README pushes; its types ask for a class that adds a method nobody calls. */
function dns2Record(fields: object): Dns2Record {
  return fields as Dns2Record;
}

function withDnsPacket(addresses: ReadonlyMap<string, string>): Codec {
  const { primary, admin, expiration, ...numbers } = SOA;
  const soa: Answer = {
    name: APEX,
    type: "SOA",
    ttl: NEGATIVE_TTL_SECONDS,
    data: { ...numbers, mname: primary, rname: admin, expire: expiration },
  };
  return {
    name: "dns-packet 5.6.1",
    reply: (query) => {
      const request = dnsPacket.decode(Buffer.from(query.buffer, query.byteOffset, query.length));
      const name = request.questions?.[0]?.name ?? "";
      const address = addresses.get(name);
      return dnsPacket.encode({
        type: "response",
        id: request.id ?? 0,
        flags: dnsPacket.AUTHORITATIVE_ANSWER | (address === undefined ? NXDOMAIN : 0),
        questions: request.questions ?? [],
        answers: address === undefined ? [] : [{ name, type: "A", ttl: TTL_SECONDS, data: address }],
        authorities: address === undefined ? [soa] : [],
      });
    },
  };
}
