// What a person sees at the start: the mode and why, where it listens, and three commands to try.

import type { AppStatus } from "#src/app/app.ts";

/** Only what is really there: a command that would fail is worse than none. */
export function welcomeLines(status: AppStatus): readonly string[] {
  const dns = status.dns?.addresses.find(({ address }) => !address.includes(":")) ?? status.dns?.addresses[0];
  const webhooks = (status.webhook?.addresses ?? []).map(({ host, port }) => ({ address: host, port }));
  const opsPorts = status.ops.map(({ host, port }) => ({ address: host, port }));
  const [webhook] = webhooks;
  const [ops] = opsPorts;
  const lines = [
    "",
    `Zonegate ${status.version}, mode ${status.mode}: ${status.reason}`,
    ...listenLine("dns", status.dns?.addresses ?? [], (status.dns?.zones ?? []).map(({ apex }) => apex).join(", ")),
    ...listenLine("webhook", webhooks, `provider ${status.webhook?.provider ?? ""}`),
    ...listenLine("ops", opsPorts, "/livez /readyz /metrics /status"),
  ];
  const name = status.dns?.exampleName;
  const commands = [
    ...(dns === undefined || name === undefined ? [] : [`dig @${dns.address} -p ${dns.port} ${name}`]),
    ...(webhook === undefined ? [] : [`curl http://${hostPort(webhook)}/records`]),
    ...(ops === undefined ? [] : [`curl http://${hostPort(ops)}/status`]),
  ];
  return [...lines, "", "Try:", ...commands.map((command) => `  ${command}`), ""];
}

interface Address {
  readonly address: string;
  readonly port: number;
}

function listenLine(label: string, addresses: readonly Address[], what: string): readonly string[] {
  if (addresses.length === 0) return [];
  return [`  ${label.padEnd(9)}${addresses.map(hostPort).join(", ")}  (${what})`];
}

function hostPort({ address, port }: Address): string {
  return address.includes(":") ? `[${address}]:${port}` : `${address}:${port}`;
}
