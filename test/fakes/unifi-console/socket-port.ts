// The console's port on the network.

import type { ServerCertificate } from "./certificate.ts";
import type { ConsolePort, PortParts, TransportMode } from "./port.ts";
import { createRequestHandler } from "./request-handler.ts";
import { Transport } from "./transport.ts";

export class SocketPort implements ConsolePort {
  readonly #transport: Transport;

  constructor({ certificate, mode, ...parts }: PortParts) {
    const resetConnection = (remotePort: number | undefined): void => this.#transport.resetConnection(remotePort);
    this.#transport = new Transport(createRequestHandler({ ...parts, resetConnection }), certificate, mode);
  }

  get port(): number {
    return this.#transport.port;
  }

  get isListening(): boolean {
    return this.#transport.isListening;
  }

  open(port?: number): Promise<void> {
    return this.#transport.open(port);
  }

  close(): Promise<void> {
    return this.#transport.close();
  }

  resetConnections(): void {
    this.#transport.resetConnections();
  }

  setMode(mode: TransportMode): void {
    this.#transport.setMode(mode);
  }

  setCertificate(certificate: ServerCertificate): void {
    this.#transport.setCertificate(certificate);
  }
}
