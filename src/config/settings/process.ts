// Settings of the process itself: what it says, where it keeps data, how it writes and how it ends.

import { oneOf, seconds, text, yesOrNo } from "#src/config/kinds.ts";
import { section, setting } from "#src/config/setting.ts";

/** A request of external-dns lasts 15 s by default; a minute is the longest anybody should configure there. */
const APPLY_BUDGET_LIMITS_SECONDS = { min: 1, max: 60 };
/** Kubernetes kills after 30 s unless the pod says otherwise; five minutes is beyond any endpoint propagation. */
const LAME_DUCK_LIMITS_SECONDS = { min: 0, max: 300 };

export const LOG_SECTION = section({
  level: setting(oneOf(["debug", "info", "warn", "error"]).prefault("info"), {
    env: ["LOG_LEVEL"],
    flag: "log-level",
    description: "The least severe event that is logged: `debug`, `info`, `warn` or `error`.",
  }),
  format: setting(oneOf(["text", "json"]).optional(), {
    env: ["LOG_FORMAT"],
    flag: "log-format",
    description: "`text` for people, `json` for machines: one event a line.",
    defaultText: "`text` on a terminal, else `json`",
  }),
});

export const DATA_SECTION = section({
  dir: setting(text("Write the path of a folder.").prefault("./data"), {
    env: ["DATA_DIR"],
    flag: "data-dir",
    description: "Folder of everything that must outlive the process: the records of the `local` provider.",
  }),
});

export const SYNC_SECTION = section({
  applyBudgetSeconds: setting(seconds(APPLY_BUDGET_LIMITS_SECONDS).prefault(12), {
    env: ["APPLY_BUDGET"],
    flag: "apply-budget",
    unit: "seconds",
    description:
      "Longest time for one batch of changes, from its arrival. Keep it below the timeouts of external-dns (15 s by default).",
  }),
  unownedChanges: setting(oneOf(["refuse", "allow"]).prefault("refuse"), {
    env: ["UNOWNED_CHANGES"],
    flag: "unowned-changes",
    description:
      "What happens to a change or a deletion that carries no owner: `refuse`, or `allow` for external-dns with `--registry=noop`.",
  }),
  dryRun: setting(yesOrNo().prefault(false), {
    env: ["DRY_RUN"],
    flag: "dry-run",
    isSwitch: true,
    description: "Plan and log changes, write none.",
  }),
});

export const SHUTDOWN_SECTION = section({
  lameDuckSeconds: setting(seconds(LAME_DUCK_LIMITS_SECONDS).prefault(10), {
    env: ["LAME_DUCK"],
    flag: "lame-duck",
    unit: "seconds",
    description:
      "How long queries are still answered after SIGTERM, while clients learn that we leave. SIGINT (Ctrl-C) skips it.",
  }),
});
