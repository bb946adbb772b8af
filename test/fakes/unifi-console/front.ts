// What stands before the APIs: credentials, CSRF, roles, login and logout, the root page. Facts: unifi.md 1.1.7, 1.3.

import type { Role, Session } from "./access.ts";
import { answerIntegration } from "./integration-handlers.ts";
import { answerClassic, answerV2 } from "./legacy-handlers.ts";
import type { Author, Site } from "./records.ts";
import {
  classicError,
  empty,
  html,
  integrationError,
  integrationErrorWith,
  json,
  legacyError,
  legacyErrorWith,
  loginPage,
  methodNotAllowedPage,
  notFoundPage,
  type Occasion,
  proxyError,
  type Reply,
} from "./replies.ts";
import type { Route } from "./routes.ts";
import type { ConsoleRequest, ConsoleState, ListDistortion } from "./state.ts";

export interface Call {
  readonly state: ConsoleState;
  readonly request: ConsoleRequest;
  readonly route: Route;
  readonly occasion: Occasion;
  readonly distortion: ListDistortion;
  /** Who is written into the history of the store. */
  readonly author: Author;
  /** The site that the path names, in whichever way. */
  readonly site: Site | undefined;
}

/** The whole console but for the network and its faults. */
export function answer(call: Call): Reply {
  const { route, state } = call;
  if (route.api === "front") return answerFront(call);
  if (route.api === "integration" && state.profile.integration === "none") return notFoundPage();
  if (route.operation === "version") return answerClassic(call);
  const caller = identify(call);
  if ("status" in caller) return caller;
  const isWrite = call.request.method !== "GET" && call.request.method !== "HEAD";
  if (!isWrite) return dispatch(call);
  const refusal = refuseWrite(call, caller);
  if (refusal !== undefined) return refusal;
  return withRotatedToken(call, caller.session, dispatch(call));
}

function dispatch(call: Call): Reply {
  switch (call.route.api) {
    case "integration":
      return answerIntegration(call);
    case "v2":
      return answerV2(call);
    default:
      return answerClassic(call);
  }
}

interface Caller {
  readonly role: Role;
  readonly session: Session | undefined;
}

function identify(call: Call): Caller | Reply {
  const { state, request, route } = call;
  const key = request.headers["x-api-key"];
  if (key !== undefined && (state.profile.apiKeys || state.switches.apiKeys === "yes")) {
    const role = state.access.keys.get(key);
    return role === undefined ? unauthorized(call) : { role, session: undefined };
  }
  if (route.api === "integration") return unauthorized(call);
  const session = state.access.findSession(sessionCookie(call));
  return session === undefined ? unauthorized(call) : { role: session.role, session };
}

function unauthorized({ state, request, route, occasion }: Call): Reply {
  if (route.api === "integration") {
    if (state.profile.front === "network") {
      return integrationErrorWith(
        { status: 403, code: "api.authentication.missing-credentials" },
        "Forbidden",
        occasion,
      );
    }
    if (state.switches.badKeyBody === "envelope") {
      const code = { status: 401, code: "api.authentication.missing-credentials" };
      return integrationErrorWith(code, "Missing or invalid credentials", occasion);
    }
    return proxyError(401, "Unauthorized");
  }
  if (state.profile.front !== "network") {
    const hadSession = request.headers["cookie"] !== undefined;
    return hadSession
      ? json(401, { code: "AUTHENTICATION_REQUIRED", message: "Authentication Required", level: "debug" })
      : proxyError(401, "Unauthorized");
  }
  if (route.api === "classic") return classicError(401, "api.err.LoginRequired");
  return legacyErrorWith(401, "api.err.LoginRequired", { message: "Login required" });
}

function refuseWrite({ state, request, route, occasion }: Call, { role, session }: Caller): Reply | undefined {
  if (session !== undefined && !state.access.acceptsCsrf(session, request.headers["x-csrf-token"])) {
    return proxyError(403, "Invalid CSRF token", { "x-updated-csrf-token": session.csrfToken });
  }
  if (role === "viewer") {
    const refusal = { kind: "no-permission", message: "No permission" } as const;
    return route.api === "integration" ? integrationError(refusal, occasion) : legacyError(refusal);
  }
  const hasBody = request.method === "POST" || request.method === "PUT";
  if (!hasBody || /^application\/json\b/i.test(request.headers["content-type"] ?? "")) return undefined;
  const message = "Content-Type must be application/json";
  if (route.api !== "integration") return html(415, "HTTP Status 415 – Unsupported Media Type");
  return integrationErrorWith({ status: 415, code: "api.request.error" }, message, occasion);
}

function withRotatedToken({ state }: Call, session: Session | undefined, reply: Reply): Reply {
  if (session === undefined || !state.access.countWrite(session)) return reply;
  return { ...reply, headers: { ...reply.headers, "x-updated-csrf-token": session.csrfToken } };
}

function answerFront(call: Call): Reply {
  const { route, state } = call;
  if (route.operation === "root") return answerRoot(state);
  if (route.operation === "login") return answerLogin(call);
  if (route.operation === "logout") return answerLogout(call);
  if (route.allow.length > 0) return methodNotAllowedPage(route.allow.join(", "));
  return state.profile.front === "unifi-os" ? proxyError(404, "Not Found") : notFoundPage();
}

function answerRoot({ profile }: ConsoleState): Reply {
  if (profile.root === "html") return loginPage();
  return empty(302, { location: profile.root === "manage" ? "/manage" : "/login?redirect=%2F" });
}

function answerLogin(call: Call): Reply {
  const { state, request } = call;
  const isSelfHosted = state.profile.front === "network";
  const credentials = readCredentials(request.body);
  const outcome = state.access.login(credentials["username"], credentials["password"]);
  switch (outcome.kind) {
    case "limit":
      return loginLimitReached();
    case "wrong":
      if (isSelfHosted) return classicError(400, "api.err.Invalid");
      return json(state.switches.loginBadStatus, {
        code: "AUTHENTICATION_FAILED_INVALID_CREDENTIALS",
        message: "Invalid username or password",
        level: "debug",
      });
    case "second-factor":
      return json(499, {
        code: "MFA_AUTH_REQUIRED",
        message: "MFA required",
        data: { required: "2fa", mfaCookie: "UBIC_2FA=emulated", authenticators: [{ id: "1", type: "totp" }] },
      });
    default:
      return isSelfHosted ? networkSession(outcome.session) : osSession(outcome.session, credentials["username"]);
  }
}

export function loginLimitReached(): Reply {
  return json(429, {
    code: "AUTHENTICATION_FAILED_LIMIT_REACHED",
    message: "You've reached the login attempt limit",
    level: "debug",
  });
}

function osSession(session: Session, username: unknown): Reply {
  return json(
    200,
    { username, isOwner: false, local_account_exist: true },
    {
      "set-cookie": [`TOKEN=${session.token}; Path=/; SameSite=None; Secure; HttpOnly`],
      "x-csrf-token": session.csrfToken,
      "x-token-expire-time": String(session.endsAtMs),
    },
  );
}

function networkSession(session: Session): Reply {
  return json(
    200,
    { meta: { rc: "ok" }, data: [] },
    {
      "set-cookie": [
        `unifises=${session.token}; Path=/; Secure; HttpOnly`,
        `csrf_token=${session.csrfToken}; Path=/; Secure`,
      ],
    },
  );
}

function answerLogout(call: Call): Reply {
  const session = call.state.access.findSession(sessionCookie(call));
  if (session === undefined) return proxyError(401, "Unauthorized");
  const refusal = refuseWrite({ ...call, request: { ...call.request, method: "DELETE" } }, { role: "admin", session });
  if (refusal !== undefined) return refusal;
  call.state.access.logout(session);
  return json(200, {});
}

function readCredentials(body: string): Readonly<Record<string, unknown>> {
  try {
    const parsed: unknown = JSON.parse(body);
    return typeof parsed === "object" && parsed !== null ? (parsed as Record<string, unknown>) : {};
  } catch {
    return {};
  }
}

function sessionCookie({ state, request }: Call): string | undefined {
  const wanted = state.profile.front === "network" ? "unifises" : "TOKEN";
  const pairs = (request.headers["cookie"] ?? "").split(";").map((pair) => pair.trim().split("="));
  return pairs.find(([name]) => name === wanted)?.[1];
}
