// One session at the console: its cookies and its CSRF token, and what later answers change of them. Knows no request.
// Facts: unifi.md 1.1.7.

import * as z from "zod";
import type { Exchanged } from "./transport.ts";

export type Answer = Extract<Exchanged, { readonly kind: "answer" }>;

/** Of UniFi OS, and of the Network application by itself. */
const SESSION_COOKIES = ["TOKEN", "unifises"] as const;
const CSRF_COOKIE = "csrf_token";
/** What may stand in a header as it is, as long as a server takes one. */
const TOKEN = /^[\x21-\x2b\x2d-\x3a\x3c-\x7e]{1,4096}$/;
/** RFC 6265 §4.1.1; a longer one than any console's is none. */
const COOKIE =
  /^\s*([!#$%&'*+.^_`|~0-9A-Za-z-]{1,256})="?([\x21\x23-\x2b\x2d-\x3a\x3c-\x5b\x5d-\x7e]{1,8192})"?\s*(?:;|$)/;

export class Session {
  readonly #cookies: Map<string, string>;
  /** Every value that was ever part of it. */
  readonly #secrets: Set<string>;
  #csrfToken: string;
  #isProven = false;

  constructor(cookies: ReadonlyMap<string, string>, csrfToken: string) {
    this.#cookies = new Map(cookies);
    this.#csrfToken = csrfToken;
    this.#secrets = new Set([...cookies.values(), csrfToken]);
  }

  get csrfToken(): string {
    return this.#csrfToken;
  }

  get cookieHeader(): string {
    return [...this.#cookies].map(([name, value]) => `${name}=${value}`).join("; ");
  }

  /** True once the console has answered a request with it. */
  get isProven(): boolean {
    return this.#isProven;
  }

  get secrets(): readonly string[] {
    return [...this.#secrets];
  }

  prove(): void {
    this.#isProven = true;
  }

  /** Takes in a new token and renewed cookies; a cookie that the console takes away goes with the 401 that follows. */
  take(answer: Answer): void {
    const cookies = readCookies(answer.setCookies);
    for (const [name, value] of cookies) if (this.#cookies.has(name)) this.#cookies.set(name, value);
    const token = tokenOf(answer.csrfToken) ?? tokenOf(cookies.get(CSRF_COOKIE));
    if (token !== undefined) this.#csrfToken = token;
    for (const secret of [...this.#cookies.values(), this.#csrfToken]) this.#secrets.add(secret);
  }
}

/** `undefined` when a cookie or a token is missing: consoles that have had too many logins answer like that. */
export function openSession(answer: Answer): Session | undefined {
  const cookies = readCookies(answer.setCookies);
  const named = SESSION_COOKIES.find((name) => cookies.has(name));
  if (named === undefined) return undefined;
  const token = tokenOf(answer.csrfToken) ?? tokenOf(cookies.get(CSRF_COOKIE)) ?? claimedToken(cookies.get(named));
  return token === undefined ? undefined : new Session(cookies, token);
}

function readCookies(lines: readonly string[]): ReadonlyMap<string, string> {
  return new Map(
    lines.flatMap((line) => {
      const [, name, value] = COOKIE.exec(line) ?? [];
      return name === undefined || value === undefined ? [] : [[name, value] as const];
    }),
  );
}

function tokenOf(text: string | undefined): string | undefined {
  return text !== undefined && TOKEN.test(text) ? text : undefined;
}

const claims = z.object({ csrfToken: z.string() });

/** UniFi OS' cookie is a JWT that names the token too. */
function claimedToken(cookie = ""): string | undefined {
  try {
    const payload = Buffer.from(cookie.split(".")[1] ?? "", "base64url").toString("utf8");
    return tokenOf(claims.safeParse(JSON.parse(payload)).data?.csrfToken);
  } catch {
    // Not a JWT.
    return undefined;
  }
}
