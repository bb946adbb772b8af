// Turns a fault and a request into what the client will see: which reply, and how it goes over the wire.

import type { FaultAction, HandEdit } from "./faults.ts";
import type { Call } from "./front.ts";
import { answer, loginLimitReached } from "./front.ts";
import type { FakeRecord, Oddity, Site } from "./records.ts";
import {
  empty,
  html,
  integrationError,
  integrationErrorWith,
  json,
  legacyError,
  legacyErrorWith,
  loginPage,
  proxyError,
  type Reply,
} from "./replies.ts";
import type { ListDistortion } from "./state.ts";

type Delivery =
  | { readonly kind: "whole" }
  | { readonly kind: "close-idle" }
  | { readonly kind: "reset" }
  | { readonly kind: "silence" }
  | { readonly kind: "delay"; readonly delayMs: number }
  | { readonly kind: "truncate"; readonly keepBytes: number }
  | { readonly kind: "drip"; readonly bytesPerSecond: number }
  | { readonly kind: "bomb"; readonly bytes: number };

export interface Outcome {
  readonly reply: Reply;
  readonly delivery: Delivery;
}

/** What a fault may do to the console beyond one reply. */
export interface Controls {
  handEdit(site: Site, edit: HandEdit, target: FakeRecord | undefined): void;
  reboot(downMs: number | undefined): void;
  upgrade(profile: Extract<FaultAction, { kind: "upgrade" }>["profile"]): void;
  showList(site: Site, records: readonly FakeRecord[], forMs: number): void;
}

/** The request so far undistorted; `target` is the record that it names by id. */
export interface FaultedCall {
  readonly call: Call;
  readonly controls: Controls;
  readonly target: FakeRecord | undefined;
}

export function decideOutcome(action: FaultAction | undefined, faulted: FaultedCall): Outcome {
  const { call, controls } = faulted;
  if (action === undefined) return whole(answer(call));
  switch (action.kind) {
    case "answer":
      if (action.commit === "first") answer(call);
      return whole(fixedAnswer(action, call));
    case "refuse":
      if (action.commit === "first") answer(call);
      return whole(refusal(action, call));
    case "reset":
    case "silence":
      return { reply: action.commit === "first" ? answer(call) : NOTHING, delivery: { kind: action.kind } };
    case "late-write":
      call.state.time.after(action.delayMs, () => void answer({ ...call, author: "late" }));
      return action.reply === "504"
        ? whole(html(504, "504 Gateway Time-out"))
        : { reply: NOTHING, delivery: { kind: action.reply } };
    case "delay":
    case "drip":
    case "truncate":
    case "bomb":
    case "close-idle":
      return { reply: answer(call), delivery: action };
    case "login-page":
      return whole(loginPage());
    case "stale-lists": {
      if (call.site !== undefined) controls.showList(call.site, call.site.records, action.forMs);
      const reply = answer(call);
      return whole(action.answer === "empty" ? empty(reply.status) : reply);
    }
    case "page":
    case "half-list":
    case "empty-list":
    case "odd-item":
      return whole(answer({ ...call, distortion: distortionOf(action) }));
    default:
      return decideEvent(action, faulted);
  }
}

type ListFault = Extract<FaultAction, { kind: "page" | "half-list" | "empty-list" | "odd-item" }>;
type EventFault = Extract<
  FaultAction,
  {
    kind:
      | "hand-edit"
      | "session-lost"
      | "csrf-stale"
      | "keys-revoked"
      | "login-without-session"
      | "login-limit"
      | "reboot"
      | "upgrade";
  }
>;

function decideEvent(action: EventFault, { call, controls, target }: FaultedCall): Outcome {
  const { access } = call.state;
  switch (action.kind) {
    case "hand-edit": {
      const { edit, when } = action;
      if (when === "before" && call.site !== undefined) controls.handEdit(call.site, edit, target);
      const reply = answer(call);
      if (when === "after" && call.site !== undefined) controls.handEdit(call.site, edit, target);
      return whole(reply);
    }
    case "session-lost":
      access.expireSessions();
      return whole(answer(call));
    case "csrf-stale":
      access.rotateCsrf();
      return whole(answer(call));
    case "keys-revoked":
      access.keys.clear();
      return whole(answer(call));
    case "login-without-session":
      return whole(json(200, {}));
    case "login-limit":
      return whole(loginLimitReached());
    case "reboot": {
      const reply = action.commit === "first" ? answer(call) : NOTHING;
      controls.reboot(action.downMs);
      return { reply, delivery: { kind: "reset" } };
    }
    default:
      controls.upgrade(action.profile);
      return { reply: NOTHING, delivery: { kind: "reset" } };
  }
}

const NOTHING: Reply = { status: 0, headers: {}, body: "" };

function whole(reply: Reply): Outcome {
  return { reply, delivery: { kind: "whole" } };
}

function fixedAnswer(action: Extract<FaultAction, { kind: "answer" }>, call: Call): Reply {
  const reply = fixedBody(action, call);
  return { ...reply, headers: { ...reply.headers, ...action.headers } };
}

function fixedBody({ status, body }: Extract<FaultAction, { kind: "answer" }>, { route, occasion }: Call): Reply {
  const message = `Emulated failure ${status}`;
  if (typeof body === "object") return { status, headers: { "content-type": body.contentType }, body: body.text };
  if (body === "html") return html(status, message);
  if (body !== "api") return empty(status);
  if (route.api === "integration")
    return integrationErrorWith({ status, code: "api.request.error" }, message, occasion);
  return route.api === "front" ? proxyError(status, message) : legacyErrorWith(status, "api.err.Emulated", { message });
}

function refusal(action: Extract<FaultAction, { kind: "refuse" }>, { route, occasion }: Call): Reply {
  const said = { kind: action.refusal, message: action.message ?? `Emulated refusal: ${action.refusal}` };
  return route.api === "integration" ? integrationError(said, occasion) : legacyError(said);
}

function distortionOf(action: ListFault): ListDistortion {
  switch (action.kind) {
    case "page":
      return { page: action.effect };
    case "half-list":
      return { records: (records) => records.filter((_record, index) => index % 2 === 0) };
    case "empty-list":
      return { records: () => [] };
    default:
      return { records: (records) => [...records, oddRecord(action.oddity)] };
  }
}

function oddRecord(oddity: Oddity): FakeRecord {
  return {
    uuid: "0ddba110-0000-4000-a000-000000000000",
    objectId: "0ddba1100000000000000000",
    type: "TXT",
    name: "odd-item.example",
    data: "an item some builds list",
    ttlSeconds: 0,
    enabled: true,
    origin: "SYSTEM_DEFINED",
    priority: 0,
    weight: 0,
    port: 0,
    oddity,
  };
}
