// Who may use the webhook: HTTP Basic (RFC 7617), which is all that external-dns can send, from the user-info of its URL.
// Knows nothing of routes.

import { createHash, timingSafeEqual } from "node:crypto";
import { RequestError } from "#src/errors.ts";
import type { Secret } from "#src/lib/secret.ts";

export interface WebhookCredentials {
  /** Without a colon: it ends at the first one (RFC 7617 §2). */
  readonly username: string;
  readonly password: Secret;
}

/** Value of WWW-Authenticate beside every 401 (RFC 9110 §11.6.1). */
export const CHALLENGE = 'Basic realm="zonegate webhook", charset="UTF-8"';

/** Not spelled as a URL: the log masks what looks like a password in one. */
const REFUSAL =
  "The user name or the password is missing or wrong; external-dns takes both from --webhook-provider-url, where USERNAME:PASSWORD@ stands before the host, and ends its process at this answer.";

/** Makes a check of the Authorization header that throws RequestError 401. How long it takes tells nothing of the secret. */
export function createCredentialCheck({
  username,
  password,
}: WebhookCredentials): (authorization: string | undefined) => void {
  const expected = digest(`${username}:${password.reveal()}`);
  return (authorization) => {
    // Digests have one length whatever was sent, and a missing header is compared like a wrong one.
    if (timingSafeEqual(digest(userPass(authorization ?? "")), expected)) return;
    throw new RequestError(401, "request.unauthenticated", REFUSAL);
  };
}

/** `username:password` as bytes; no bytes for another scheme. */
function userPass(authorization: string): Buffer {
  const token = /^basic +([\w+/=-]+) *$/i.exec(authorization)?.[1] ?? "";
  return Buffer.from(token, "base64");
}

function digest(content: string | Buffer): Buffer {
  return createHash("sha256").update(content).digest();
}
