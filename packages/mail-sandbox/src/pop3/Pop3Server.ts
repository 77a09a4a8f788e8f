// SPDX-License-Identifier: Apache-2.0
import {
  ConnectionServer,
  type Encryption,
} from '../connections/ConnectionServer';
import type { TlsIdentity } from '../tls/TlsIdentity';
import { Pop3Connection } from './Pop3Connection';
import type { Pop3Services } from './Pop3Session';

/**
 * The POP3 server (RFC 1939 with CAPA, RESP-CODES and SASL) on the INBOX of
 * each account.
 */
export class Pop3Server {
  readonly #server: ConnectionServer<Pop3Connection>;

  constructor(services: Pop3Services, tls: TlsIdentity) {
    const { faults, logger } = services;
    this.#server = new ConnectionServer({
      open: socket => new Pop3Connection(socket, services),
      isDown: () => faults.current.pop3Down,
      tls,
      faults,
      logger,
    });
  }

  get openConnections(): number {
    return this.#server.connections.size;
  }

  /**
   * @param port - 0 for any free one
   * @returns the port
   * @throws if the port is taken
   */
  listen(
    port: number,
    host: string,
    encryption: Exclude<Encryption, 'starttls'>,
  ): Promise<number> {
    return this.#server.listen(port, host, encryption);
  }

  /** Ends all connections and stops listening. */
  close(): Promise<void> {
    return this.#server.close();
  }
}
