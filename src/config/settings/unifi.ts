// Settings of the provider `unifi`: which console, and how it proves itself. The first names are those of
// kashalls/home-operations external-dns-unifi-webhook, the second ones lexfrei's: both start with their environment.

import { apiKey, consoleUrl, fingerprints } from "#src/config/console-kinds.ts";
import { oneOf, secretText, text, yesOrNo } from "#src/config/kinds.ts";
import { section, setting } from "#src/config/setting.ts";

/** `auto` asks the console what it has. */
const UNIFI_APIS = ["auto", "policies", "static-dns"] as const;

export const UNIFI_SECTION = section({
  host: setting(consoleUrl().optional(), {
    env: ["UNIFI_HOST", "WEBHOOK_UNIFI_HOST"],
    flag: "unifi-host",
    description:
      "Address of the UniFi console, `https://192.168.1.1`. Only https; the key or password is never sent anywhere else. Setting it chooses provider `unifi` and mode `webhook`, unless those are set.",
    defaultText: "none",
  }),
  apiKey: setting(apiKey().optional(), {
    env: ["UNIFI_API_KEY", "WEBHOOK_UNIFI_API_KEY"],
    secret: true,
    description:
      "API key of the console (Network 9.0 or newer; Settings, Control Plane, Integrations). Its file is read again when it changes, within 20 seconds.",
    defaultText: "none",
  }),
  username: setting(text("Write the name of an account on the console.").optional(), {
    env: ["UNIFI_USER"],
    flag: "unifi-user",
    description:
      "User name of a local account on the console, with `unifi.password`: for consoles without API keys (Network before 9.0, self-hosted). Writes through the older API. Not used beside a key.",
    defaultText: "none",
  }),
  password: setting(secretText().optional(), {
    env: ["UNIFI_PASS"],
    secret: true,
    description:
      "Password of that account. Its file is read again when it changes, within 20 seconds. An account with a second factor cannot log in.",
    defaultText: "none",
  }),
  site: setting(text("Write the site's name, its short name or its UUID.").prefault("default"), {
    env: ["UNIFI_SITE", "WEBHOOK_UNIFI_SITE"],
    flag: "unifi-site",
    description: "Site by short name, name or UUID; with a login by short name or name.",
  }),
  api: setting(oneOf(UNIFI_APIS).prefault("auto"), {
    env: ["UNIFI_API"],
    flag: "unifi-api",
    description:
      "Which API writes: `policies` (official, Network 10.1), `static-dns` (older), or `auto`: the official one where the console has it.",
  }),
  externalController: setting(yesOrNo().prefault(false), {
    env: ["UNIFI_EXTERNAL_CONTROLLER"],
    flag: "unifi-external-controller",
    isSwitch: true,
    description:
      "The Network application runs by itself, without UniFi OS: its paths lack the prefix of a console. A login finds that out by itself.",
  }),
  tls: section({
    skipVerify: setting(yesOrNo().prefault(false), {
      env: ["UNIFI_SKIP_TLS_VERIFY", "WEBHOOK_UNIFI_SKIP_TLS_VERIFY"],
      flag: "unifi-skip-tls-verify",
      isSwitch: true,
      description:
        "Trust whoever answers; anybody in the network can then take the key or password. **Other webhooks skip by default, Zonegate does not**: name a pin or a CA instead, or write `true` here and know it.",
    }),
    caFile: setting(text("Write the path of a PEM file.").optional(), {
      env: ["UNIFI_CA_FILE", "UNIFI_CA_CERT"],
      flag: "unifi-ca-file",
      description: "PEM file of the authority that signed the console's certificate.",
      defaultText: "the authorities that Node.js knows",
    }),
    pins: setting(fingerprints().prefault([]), {
      env: ["UNIFI_TLS_PIN"],
      flag: "unifi-tls-pin",
      description:
        "SHA-256 fingerprints of the console's certificate, as `zonegate pin HOST` prints them: exactly these are trusted, whatever name and dates they have. Two while one replaces the other.",
    }),
  }),
});
