// SPDX-License-Identifier: Apache-2.0
import {
  ConnectionServer,
  type Encryption,
} from '../connections/ConnectionServer';
import type { TlsIdentity } from '../tls/TlsIdentity';
import { ImapConnection } from './ImapConnection';
import type { ImapServices } from './ImapSession';

/** The IMAP server: listens, and knows its connections. */
export class ImapServer {
  readonly #server: ConnectionServer<ImapConnection>;

  constructor(services: ImapServices, tls: TlsIdentity) {
    const { faults, logger } = services;
    this.#server = new ConnectionServer({
      open: (socket, encryption) =>
        new ImapConnection(
          socket,
          services,
          encryption === 'starttls' ? plain => tls.encrypt(plain) : undefined,
        ),
      isDown: () => faults.current.imapDown,
      tls,
      faults,
      logger,
    });
  }

  get openConnections(): number {
    return this.#server.connections.size;
  }

  get idleSessions(): number {
    return [...this.#server.connections].filter(({ isIdle }) => isIdle).length;
  }

  /**
   * @param port - 0 for any free one
   * @returns the port
   * @throws if the port is taken
   */
  listen(port: number, host: string, encryption: Encryption): Promise<number> {
    return this.#server.listen(port, host, encryption);
  }

  /** Ends all connections and stops listening. */
  close(): Promise<void> {
    return this.#server.close();
  }
}
