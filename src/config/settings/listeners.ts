// Settings of everything that listens.

import { kind, quote, readText, secretText, wholeSeconds } from "#src/config/kinds.ts";
import { host, listenAddresses, port, subnetList } from "#src/config/network-kinds.ts";
import { section, setting } from "#src/config/setting.ts";
import { type Parsed, parsed, unparsable } from "#src/domain/parsed.ts";

/** A day: what is kept longer in caches cannot be mended within one. */
export const TTL_LIMITS_SECONDS = { min: 0, max: 86_400 };

export const WEBHOOK_SECTION = section({
  host: setting(host().prefault("localhost"), {
    env: ["SERVER_HOST", "WEBHOOK_SERVER_HOST"],
    flag: "webhook-host",
    description:
      "Address of the external-dns webhook. `localhost` is both loopbacks, 127.0.0.1 and ::1. An address that other machines reach needs a user name and a password.",
  }),
  port: setting(port().prefault(8888), {
    env: ["SERVER_PORT", "WEBHOOK_SERVER_PORT"],
    flag: "webhook-port",
    description: "Port of the external-dns webhook.",
  }),
  username: setting(kind(readUsername, "Write a name without a colon.").optional(), {
    env: ["WEBHOOK_USERNAME"],
    defaultText: "none: nobody is asked",
    description:
      "User name that the webhook asks for, together with `webhook.password`; external-dns sends both when its URL holds them: `http://USERNAME:PASSWORD@HOST:8888`.",
  }),
  password: setting(secretText().optional(), {
    env: ["WEBHOOK_PASSWORD"],
    defaultText: "none",
    secret: true,
    description: "Password that the webhook asks for, on loopback too once it is set.",
  }),
});

export const OPS_SECTION = section({
  host: setting(host().prefault("0.0.0.0"), {
    env: ["METRICS_HOST", "HEALTHZ_HOST", "WEBHOOK_HEALTH_HOST"],
    flag: "ops-host",
    description: "Address of health, metrics and the read-only status.",
  }),
  port: setting(port().prefault(8080), {
    env: ["METRICS_PORT", "HEALTH_PORT", "HEALTHZ_PORT", "HEALTH_CHECK_PORT", "WEBHOOK_HEALTH_PORT"],
    flag: "ops-port",
    description: "Port of health, metrics and the read-only status.",
  }),
});

export const DNS_SECTION = section({
  listen: setting(listenAddresses().prefault(["0.0.0.0", "::"]), {
    env: ["DNS_LISTEN"],
    flag: "dns-listen",
    description: "Addresses that answer queries, over UDP and TCP.",
  }),
  port: setting(port().prefault(1053), {
    env: ["DNS_PORT"],
    flag: "dns-port",
    description:
      "Port that answers queries. Below 1024 the process needs a privilege; in Kubernetes let the Service map 53.",
  }),
  allow: setting(subnetList().prefault([]), {
    env: ["DNS_ALLOW"],
    flag: "dns-allow",
    description:
      "Subnets that may ask besides private ranges, loopback and the networks this machine is on. Others get REFUSED.",
  }),
  subnets: setting(subnetList().prefault([]), {
    env: ["DNS_SUBNETS"],
    flag: "dns-subnets",
    description:
      "Networks that clients live in, beside those this machine is on: of several addresses of a name those in the client's own network come first.",
  }),
  nsid: setting(serverId().optional(), {
    env: ["DNS_NSID"],
    flag: "dns-nsid",
    description:
      "Name of this server, told to clients that ask for it by NSID (RFC 5001) or `id.server` (RFC 4892): which of several answered. Which version runs is never told.",
    defaultText: "none",
  }),
  // One minute: an address that moved stands wrong in caches no longer, and answering again costs next to nothing.
  ttlSeconds: setting(wholeSeconds(TTL_LIMITS_SECONDS).prefault(60), {
    env: ["DNS_TTL"],
    flag: "dns-ttl",
    unit: "seconds",
    description: "How long resolvers keep an answer, where neither the record nor its zone says.",
  }),
  // Half a minute: somebody who asked just before the name came need not wait long.
  negativeTtlSeconds: setting(wholeSeconds(TTL_LIMITS_SECONDS).prefault(30), {
    env: ["DNS_NEGATIVE_TTL"],
    flag: "dns-negative-ttl",
    unit: "seconds",
    description: "How long resolvers keep the answer that a name does not exist, where the zone does not say.",
  }),
});

function serverId() {
  return kind(readServerId, "Write 1 to 63 letters, digits, dots, hyphens or underscores.");
}

/** As long as a label at most: it must fit into any reply beside the longest question. */
function readServerId(input: unknown): Parsed<string> {
  const text = typeof input === "string" ? input.trim() : "";
  return /^[A-Za-z0-9._-]{1,63}$/.test(text) ? parsed(text) : unparsable(`${quote(input)} is no name for a server`);
}

/** A colon would end it inside the header (RFC 7617 §2). */
function readUsername(input: unknown): Parsed<string> {
  const username = readText(input);
  return username.ok && username.value.includes(":") ? unparsable("holds a colon") : username;
}
