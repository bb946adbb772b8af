// `zonegate plan`: what the last desired set of external-dns would change in what is stored now, as the running process sees it.

import * as z from "zod";
import { loadSettings, type SettingsSources } from "#src/config/load.ts";
import { UnavailableError } from "#src/errors.ts";
import { askAdmin } from "./admin-client.ts";
import type { OutputFormat } from "./arguments.ts";
import { EXIT_CODES, type ExitCode } from "./exit-codes.ts";
import { reportError } from "./report-error.ts";

export interface PlanOptions {
  readonly sources: SettingsSources;
  readonly format: OutputFormat;
  readonly print: (line: string) => void;
  readonly complain: (line: string) => void;
}

const PLANS = z.object({
  plans: z.array(
    z.object({
      provider: z.string(),
      held: z.object({ planHash: z.string(), going: z.number(), owned: z.number() }).nullable(),
      plan: z
        .object({
          desiredAtMs: z.number(),
          desired: z.number(),
          changes: z.array(
            z.object({
              op: z.enum(["create", "update", "delete", "blocked"]),
              name: z.string(),
              type: z.string(),
              from: z.array(z.string()),
              to: z.array(z.string()),
              owners: z.array(z.string()),
              reason: z.string().optional(),
            }),
          ),
        })
        .nullable(),
    }),
  ),
});
type ProviderPlan = z.infer<typeof PLANS>["plans"][number];
type PlannedChange = NonNullable<ProviderPlan["plan"]>["changes"][number];

/** Resolves with 0 printed, 69 no process answers or its backend is away, 78 wrong settings. */
export async function plan({ sources, format, print, complain }: PlanOptions): Promise<ExitCode> {
  try {
    const { admin } = loadSettings(sources);
    const answer = await askAdmin(admin.socket, { method: "GET", path: "/plan" });
    if (answer.kind === "refused") throw new UnavailableError("plan.refused", answer.detail);
    const { data } = PLANS.safeParse(answer.body);
    if (data === undefined)
      throw new UnavailableError("plan.unreadable", "what answers there is no Zonegate of this release");
    if (format === "json") print(JSON.stringify(data, undefined, 2));
    else for (const line of data.plans.flatMap(planLines)) print(line);
    return EXIT_CODES.ok;
  } catch (error) {
    return reportError(error, complain);
  }
}

function planLines({ provider, held, plan: preview }: ProviderPlan): readonly string[] {
  const heldLines =
    held === null
      ? []
      : [
          `held     ${held.going} of ${held.owned} owned record sets would be deleted; release: zonegate approve ${held.planHash}`,
        ];
  if (preview === null) return [`${provider}: external-dns has not sent its wishes yet`, ...heldLines];
  const when = new Date(preview.desiredAtMs).toISOString();
  const head = `${provider}: ${preview.desired} endpoints wanted at ${when}, ${preview.changes.length} differ from what is stored`;
  return [head, ...preview.changes.map(changeLine), ...heldLines];
}

function changeLine({ op, name, type, from, to, owners, reason }: PlannedChange): string {
  const values =
    op === "delete"
      ? from.join(", ")
      : op === "create"
        ? to.join(", ")
        : `${from.join(", ") || "nothing"} -> ${to.join(", ")}`;
  const owner = owners.length === 0 ? "" : `  (owner ${owners.join(", ")})`;
  return `  ${op.padEnd(8)}${name} ${type} ${values}${owner}${reason === undefined ? "" : `  (${reason})`}`;
}
