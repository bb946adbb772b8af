// Asks a server one question and reads the reply with a codec that is not ours.

import { parseIp } from "#test/fakes/external-dns/ip-address.ts";
import { answerTcp, answerUdp, type ServerAddress } from "./clients.ts";
import { buildQuery, type ReadReply, readReply } from "./packets.ts";

export async function lookup(server: ServerAddress, name: string, type = "A"): Promise<ReadReply> {
  return readReply(await answerUdp(server, buildQuery({ name, type })));
}

export async function lookupTcp(server: ServerAddress, name: string, type = "A"): Promise<ReadReply> {
  return readReply(await answerTcp(server, buildQuery({ name, type })));
}

/** `TYPE rdata` of each record in the answer section, sorted. */
export function valuesOf({ answer }: ReadReply): readonly string[] {
  return answer.map(valueOf).sort();
}

/** dns-packet writes IPv6 addresses in a spelling of its own; here they are as in RFC 5952. */
function valueOf(record: string): string {
  const [type = "", ...data] = record.split(" ").slice(2);
  const text = data.join(" ");
  return `${type} ${type === "AAAA" ? (parseIp(text)?.text ?? text) : text}`;
}
