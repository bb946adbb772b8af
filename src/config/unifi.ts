// What the settings of the console amount to together: where it is, how we are let in, and whom we trust to be it.

import { X509Certificate } from "node:crypto";
import type { Secret } from "#src/lib/secret.ts";
import { reasonOf } from "./layers.ts";
import type { CrossProblem } from "./problems.ts";
import type { SetBy } from "./provider-choice.ts";
import type { WrittenSettings } from "./schema.ts";

/** A console that can be spoken to. */
export interface UnifiSettings {
  /** Without a final slash; always https. */
  readonly url: string;
  readonly credentials: UnifiCredentials;
  readonly site: string;
  readonly api: WrittenSettings["unifi"]["api"];
  readonly controller: "console" | "self-hosted";
  readonly trust: UnifiTrust;
}

/** `file` is where the secret is read again; `undefined` when it stands in the environment or in the file of settings. */
export type UnifiCredentials =
  | { readonly kind: "key"; readonly apiKey: Secret; readonly file: string | undefined }
  | {
      readonly kind: "login";
      readonly username: string;
      readonly password: Secret;
      readonly file: string | undefined;
    };

/** How the console proves itself (docs/decisions.md 12, 13). */
type UnifiTrust =
  /** A certificate that the authorities of Node.js vouch for. */
  | { readonly kind: "system" }
  | { readonly kind: "ca"; readonly pem: string }
  /** SHA-256 of the certificate, 64 hex digits in lower case each. */
  | { readonly kind: "pins"; readonly sha256: readonly string[] }
  | { readonly kind: "skip" };

export interface UnifiContext {
  readonly setBy: SetBy;
  /** Text of a file; throws the system's error. */
  readonly readFile: (path: string) => string;
  /** The file that a secret was read from, when that is a file of its own. */
  readonly secretFile: (path: readonly string[]) => string | undefined;
}

export interface UnifiRead {
  /** `undefined` when something is missing or wrong. */
  readonly unifi: UnifiSettings | undefined;
  readonly problems: readonly CrossProblem[];
  readonly warnings: readonly string[];
}

const HOW_TO_CREATE_A_KEY =
  "Create a key on the console (Network 9.0 or newer: Settings, Control Plane, Integrations) and set UNIFI_API_KEY, or UNIFI_API_KEY_FILE to a file that holds it";

/** Only for the provider `unifi`. */
export function readUnifi(written: WrittenSettings["unifi"], context: UnifiContext): UnifiRead {
  const { host, site, api, externalController } = written;
  const trust = readTrust(written.tls, context);
  const access = readCredentials(written, context);
  const { warnings } = access;
  const problems = [...missingHost(host), ...access.problems, ...trust.problems];
  if (host === undefined || access.credentials === undefined || problems.length > 0) {
    return { unifi: undefined, problems, warnings };
  }
  const controller = externalController ? "self-hosted" : "console";
  const { credentials } = access;
  return { unifi: { url: host, credentials, site, api, controller, trust: trust.trust }, problems, warnings };
}

function missingHost(host: string | undefined): readonly CrossProblem[] {
  if (host !== undefined) return [];
  const hint = "Set UNIFI_HOST to the console's address, such as https://192.168.1.1.";
  return [problem("unifi.host", "is missing", hint)];
}

interface CredentialsRead {
  readonly credentials: UnifiCredentials | undefined;
  readonly problems: readonly CrossProblem[];
  readonly warnings: readonly string[];
}

/**
 * A key wins over a login, as it did for those who come with both from kashalls' webhook: their environment goes on working
 * (docs/decisions.md 12).
 */
function readCredentials(
  { apiKey, username, password, api }: WrittenSettings["unifi"],
  { secretFile, setBy }: UnifiContext,
): CredentialsRead {
  if (apiKey !== undefined) {
    const unused = ["unifi.username", "unifi.password"].flatMap((path) => setBy(path) ?? []);
    const warning = `${unused.join(", ")}: not used, because ${located("unifi.apiKey", setBy)} is set; remove one or the other`;
    const credentials = { kind: "key", apiKey, file: secretFile(["unifi", "apiKey"]) } as const;
    return { credentials, problems: [], warnings: unused.length === 0 ? [] : [warning] };
  }
  const refuse = (path: string, text: string, hint: string): CredentialsRead => ({
    credentials: undefined,
    problems: [problem(path, text, hint)],
    warnings: [],
  });
  if (username === undefined && password === undefined) {
    const hint = `${HOW_TO_CREATE_A_KEY}. A console without keys takes UNIFI_USER and UNIFI_PASS of a local account.`;
    return refuse("unifi.apiKey", "is missing", hint);
  }
  if (password === undefined) {
    return refuse(
      "unifi.password",
      "is missing beside the user name",
      "Set UNIFI_PASS, or UNIFI_PASS_FILE to a file that holds it.",
    );
  }
  if (username === undefined) {
    return refuse("unifi.username", "is missing beside the password", "Set UNIFI_USER to the name of that account.");
  }
  if (api === "policies") {
    const hint = "Write auto or static-dns, or set UNIFI_API_KEY in the place of the login.";
    return refuse("unifi.api", "policies takes an API key, and there is only a login", hint);
  }
  const file = secretFile(["unifi", "password"]);
  return { credentials: { kind: "login", username, password, file }, problems: [], warnings: [] };
}

/** At most one way of trust: with two, nobody could say which of them was meant to hold. */
function readTrust(
  { skipVerify, caFile, pins }: WrittenSettings["unifi"]["tls"],
  { setBy, readFile }: UnifiContext,
): { readonly trust: UnifiTrust; readonly problems: readonly CrossProblem[] } {
  const ways = [
    ...(skipVerify ? ["unifi.tls.skipVerify"] : []),
    ...(caFile === undefined ? [] : ["unifi.tls.caFile"]),
    ...(pins.length === 0 ? [] : ["unifi.tls.pins"]),
  ];
  if (ways.length > 1) {
    const places = ways.map((path) => located(path, setBy)).join(" and ");
    const sentence = "contradict each other";
    return {
      trust: { kind: "system" },
      problems: [
        { concerns: ways, problem: { path: places, problem: sentence, hint: "Keep one; a pin is the strictest." } },
      ],
    };
  }
  if (skipVerify) return { trust: { kind: "skip" }, problems: [] };
  if (pins.length > 0) return { trust: { kind: "pins", sha256: [...new Set(pins)] }, problems: [] };
  if (caFile === undefined) return { trust: { kind: "system" }, problems: [] };
  const authority = readAuthority(caFile, readFile);
  if (authority.problem === undefined) return { trust: { kind: "ca", pem: authority.pem }, problems: [] };
  const hint = "Name a PEM file with the certificate of the authority, or pin the console's own: zonegate pin HOST.";
  return {
    trust: { kind: "system" },
    problems: [problem(located("unifi.tls.caFile", setBy), `${caFile} ${authority.problem}`, hint)],
  };
}

type Authority = { readonly pem: string; readonly problem?: undefined } | { readonly problem: string };

function readAuthority(path: string, readFile: UnifiContext["readFile"]): Authority {
  let pem: string;
  try {
    pem = readFile(path);
  } catch (error) {
    return { problem: `cannot be read: ${reasonOf(error)}` };
  }
  try {
    // A console's own self-signed certificate may stand here too, so it need not be marked as an authority.
    void new X509Certificate(pem);
    return { pem };
  } catch {
    return { problem: "holds no certificate in PEM form" };
  }
}

function problem(path: string, text: string, hint: string): CrossProblem {
  return { concerns: [path.split(" ")[0] ?? path, "provider"], problem: { path, problem: text, hint } };
}

function located(path: string, setBy: SetBy): string {
  const place = setBy(path);
  return place === undefined ? path : `${path} (${place})`;
}
