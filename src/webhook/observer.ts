// What the webhook tells whoever counts. ops/ fulfils it; webhook/ must not know ops/.

/** Bounded, so that it can be a metric label. `other`: no route of the protocol. */
export type WebhookRoute = "negotiate" | "records" | "adjustendpoints" | "apply" | "other";

export interface WebhookObserver {
  /** After the last byte of an answer; 499 when the connection ended before it. */
  requestHandled(route: WebhookRoute, statusCode: number, durationMs: number): void;
  /** An error that no code foresaw; DNS goes on serving. */
  bugCaught(): void;
}
