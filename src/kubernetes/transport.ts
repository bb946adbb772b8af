// One request to an API server and its answer as it comes in. Knows no Kubernetes object.

export interface ApiRequest {
  readonly method: "GET";
  /** With its query: `/api/v1/pods?limit=500`. */
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
}

export interface ApiResponse {
  readonly status: number;
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string>>;
  /** Chunks as they arrive; ends when the server ends the answer, throws when the connection breaks or the signal aborts. */
  readonly body: AsyncIterable<Uint8Array>;
}

/** Resolves when the head of the answer has arrived; rejects when there is none, or the signal aborts first. */
export type ApiTransport = (request: ApiRequest, signal: AbortSignal) => Promise<ApiResponse>;
