// Where requests come in, by whatever means: what a console needs of its port, and what it gives it.

import type { ServerCertificate } from "./certificate.ts";
import type { RequestLog, SeenRequest } from "./request-log.ts";
import type { Respond } from "./responder.ts";
import type { ConsoleTime } from "./time.ts";

export type TransportMode = "https" | "http" | "handshake-hang";

export interface PortParts {
  readonly respond: Respond;
  readonly log: RequestLog;
  readonly time: ConsoleTime;
  readonly certificate: ServerCertificate;
  readonly mode: TransportMode;
  /** Called when a whole answer has left: its client has it or is about to read it. */
  readonly onAnswered: ((request: SeenRequest) => void) | undefined;
}

export interface ConsolePort {
  readonly port: number;
  readonly isListening: boolean;
  /** Takes connections, on the same number ever after the first time. */
  open(port?: number): Promise<void>;
  /** Refuses connections from now on and resets the open ones. */
  close(): Promise<void>;
  resetConnections(): void;
  /** New connections only; open ones are reset so that nobody goes on as before. */
  setMode(mode: TransportMode): void;
  /** As `setMode`. */
  setCertificate(certificate: ServerCertificate): void;
}
