// An explanation as lines for a person. Decides nothing: every fact stands in the explanation.

import type { Announcement, ClaimedValue, ExplainedAnswer, ExplainedClaim, Explanation } from "#src/ops/explanation.ts";

/** Blocks that have nothing to say are left out, but for what is answered. */
export function explanationLines(explanation: Explanation): readonly string[] {
  const { name, view, zone, serial, stored } = explanation;
  const where = zone === undefined ? "in no zone of ours" : `in zone ${zone}, serial ${serial ?? "unknown"}`;
  return [
    `${name}: ${where}${view === undefined ? "" : `, in view ${view}`}`,
    ...block("answered now", explanation.answers.flatMap(answerLines)),
    ...block("claimed by", [...Map.groupBy(explanation.claims, claimant)].flatMap(claimLines)),
    ...block(
      "left out or questioned",
      explanation.leftOut.flatMap(({ by, code, reason }) => [by, `  ${code}: ${reason}`]),
    ),
    ...block("announced on the network", (explanation.announcements ?? []).map(announcementLine)),
    ...(stored === undefined ? [] : block(`stored by provider ${stored.provider}`, storedLines(stored))),
    ...block(
      "to know",
      explanation.hints.map(({ text }) => text),
    ),
  ];
}

function block(title: string, lines: readonly string[]): readonly string[] {
  return lines.length === 0 ? [] : ["", `${title}:`, ...lines.map((line) => `  ${line}`)];
}

const RESULT_TEXTS: Readonly<Record<ExplainedAnswer["result"], string>> = {
  data: "",
  "no-data": "no data of this type",
  "name-error": "no such name",
  "not-ready": "not known yet",
  refused: "refused",
};

function answerLines({ type, result, rcode, records }: ExplainedAnswer): readonly string[] {
  const lines = records.map((record) => `${record.name} ${record.ttlSeconds} ${record.type} ${record.value}`);
  const denial = result === "data" ? [] : [`${RESULT_TEXTS[result]} (${rcode})`];
  return [...lines, ...denial].map((line, index) => `${(index === 0 ? type : "").padEnd(6)}${line}`);
}

/** One for all types that an object gives to one name. */
function claimant(claim: ExplainedClaim): string {
  const details = [
    ...(claim.className === undefined ? [] : [`class ${claim.className}`]),
    ...(claim.gateways ?? []).map((gateway) => `Gateway ${gateway}`),
    ...(claim.createdAtMs === undefined ? [] : [`created ${new Date(claim.createdAtMs).toISOString()}`]),
    ...(claim.ttlSeconds === undefined ? [] : [`ttl ${claim.ttlSeconds} s`]),
    ...(claim.isStale === true ? ["from the checkpoint"] : []),
  ];
  return `${[claim.by, ...details].join(", ")}: ${claim.name}`;
}

function claimLines([who, claims]: readonly [string, readonly ExplainedClaim[]]): readonly string[] {
  const values = claims.flatMap((claim) => claim.values.map(valueLine));
  return [who, ...(values.length === 0 ? ["no value yet"] : values).map((line) => `  ${line}`)];
}

function valueLine({ value, verdict, code, reason, lostTo }: ClaimedValue): string {
  if (verdict === "answered") return `${value}: answered`;
  const winner = lostTo === undefined ? "dropped" : `lost to ${lostTo}`;
  return `${value}: ${winner} (${code ?? "unknown"}), ${reason ?? "for no known reason"}`;
}

function announcementLine({ address, service, state, reason }: Announcement): string {
  return `${address} of ${service}: ${state === "announced" ? "" : `${state}, `}${reason}`;
}

function storedLines({ records, ownership, problem }: NonNullable<Explanation["stored"]>): readonly string[] {
  if (problem !== undefined) return [`not known: ${problem}`];
  if (records.length + ownership.length === 0) return ["nothing at this name"];
  return [
    ...records.map(({ type, value, ttlSeconds, enabled }) => {
      const ttl = ttlSeconds === undefined ? "" : `, ttl ${ttlSeconds} s`;
      return `${type} ${value}${ttl}${enabled ? "" : ", switched off"}`;
    }),
    ...ownership.map(({ name, text }) => `ownership ${name} TXT ${text}`),
  ];
}
