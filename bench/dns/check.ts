// Whether a server answers right: each question once, read by dns-packet; and whether a load's figures can be true.

import dnsPacket from "dns-packet";
import { queryUdp } from "#test/support/dns/exchange.ts";
import { buildQuery } from "#test/support/dns/packets.ts";
import type { Question } from "../workload.ts";
import type { LoadReport } from "./dnsperf.ts";

/** Asks every question; throws at the first wrong answer, with what is wrong. */
export async function checkAnswers(port: number, questions: readonly Question[]): Promise<void> {
  const queries = questions.map(({ name }, id) => buildQuery({ id, name }));
  const replies = await queryUdp(port, queries);
  for (const [index, question] of questions.entries()) checkReply(replies[index], question);
}

/** How long a server that is starting may take over one question; then it is asked again. */
const START_QUERY_TIMEOUT_MS = 200;

/** Whether the server answers one question by now: right, or with anything at all. */
export async function isAnswering(port: number, question: Question, needed: "right" | "anything"): Promise<boolean> {
  try {
    const [reply] = await queryUdp(port, [buildQuery({ id: 0, name: question.name })], START_QUERY_TIMEOUT_MS);
    if (needed === "right") checkReply(reply, question);
    return true;
  } catch {
    return false;
  }
}

/** One reply: the address alone, or NXDOMAIN and no address. */
export function checkReply(reply: Uint8Array | undefined, { name, address }: Question): void {
  const decoded = dnsPacket.decode(Buffer.from(reply ?? []));
  // The types of dns-packet leave rcode out; it is there in every decoded reply.
  const { rcode } = decoded as unknown as { readonly rcode: string };
  const addresses = (decoded.answers ?? []).map((record) => (record.type === "A" ? record.data : record.type));
  const got = `${rcode} ${addresses.join(" ")}`.trim();
  const expected = address === undefined ? "NXDOMAIN" : `NOERROR ${address}`;
  if (got !== expected) throw new Error(`${name}: answered "${got}" instead of "${expected}"`);
}

/**
 * The rcodes that dnsperf counted must be those of the questions it sent, which it takes from the file in order, over and over;
 * each lost query excuses one.
 */
export function checkLoad(report: LoadReport, questions: readonly Question[]): void {
  const hits = questions.filter(({ address }) => address !== undefined).length;
  const begun = questions.slice(0, report.sent % questions.length);
  const expected =
    Math.floor(report.sent / questions.length) * hits + begun.filter(({ address }) => address !== undefined).length;
  const expectedNameErrors = report.sent - expected;
  const isRight =
    report.completed > 0 &&
    report.noError <= expected &&
    report.nameError <= expectedNameErrors &&
    report.noError + report.nameError === report.completed &&
    report.completed + report.lost === report.sent;
  if (!isRight) {
    throw new Error(`expected NOERROR ${expected}, NXDOMAIN ${expectedNameErrors}; dnsperf: ${JSON.stringify(report)}`);
  }
}
