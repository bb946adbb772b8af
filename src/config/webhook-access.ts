// Who may reach the webhook, read from its address, user name and password together (docs/decisions.md 14).

import { isLoopbackAddress } from "#src/domain/address.ts";
import type { CrossProblem } from "./problems.ts";
import type { WrittenSettings } from "./schema.ts";
import type { Settings } from "./settings.ts";

export interface WebhookAccess {
  readonly webhook: Settings["webhook"];
  readonly problems: readonly CrossProblem[];
}

const CONCERNS = ["webhook.host", "webhook.username", "webhook.password"] as const;
const HOW_TO_SET =
  "Set WEBHOOK_USERNAME and WEBHOOK_PASSWORD (or WEBHOOK_PASSWORD_FILE), and give external-dns http://USERNAME:PASSWORD@HOST:PORT";

/** `setBy` tells where a setting's value comes from. */
export function readWebhookAccess(
  { host, port, username, password }: WrittenSettings["webhook"],
  setBy: (path: string) => string | undefined,
): WebhookAccess {
  const isExposed = !host.every(isLoopbackAddress);
  const credentials = username === undefined || password === undefined ? undefined : { username, password };
  const webhook = { addresses: host, port, credentials, isExposed };
  const problem = (path: string, text: string, hint: string): WebhookAccess => {
    const place = setBy(path);
    const located = place === undefined ? path : `${path} (${place})`;
    return { webhook, problems: [{ concerns: CONCERNS, problem: { path: located, problem: text, hint } }] };
  };
  if (credentials !== undefined) return { webhook, problems: [] };
  if (username !== undefined) return problem("webhook.username", "stands without a password", `${HOW_TO_SET}.`);
  if (password !== undefined) return problem("webhook.password", "stands without a user name", `${HOW_TO_SET}.`);
  if (!isExposed) return { webhook, problems: [] };
  const reach = `${host.join(", ")} can be reached from other machines, and anybody who reaches it changes records`;
  return problem("webhook.host", reach, `${HOW_TO_SET}; or write "localhost" and run external-dns beside it.`);
}
