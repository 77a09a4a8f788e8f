// SPDX-License-Identifier: Apache-2.0
import {
  createServer,
  type AddressInfo,
  type Server,
  type Socket,
} from 'node:net';
import { ImapConnection } from './ImapConnection';
import type { ImapServices } from './ImapSession';

const MAX_CONNECTIONS = 2_000;

/** The IMAP server: listens, and knows its connections. */
export class ImapServer {
  readonly #services: ImapServices;
  readonly #server: Server;
  readonly #connections = new Set<ImapConnection>();
  readonly #unsubscribe: () => void;

  constructor(services: ImapServices) {
    this.#services = services;
    this.#server = createServer(socket => this.#accept(socket));
    this.#server.maxConnections = MAX_CONNECTIONS;
    this.#unsubscribe = services.faults.subscribe(({ imapDown }) => {
      if (imapDown) this.#endAll();
    });
  }

  get openConnections(): number {
    return this.#connections.size;
  }

  get idleSessions(): number {
    return [...this.#connections].filter(({ isIdle }) => isIdle).length;
  }

  /**
   * @param port - 0 for any free one
   * @returns the port
   * @throws if the port is taken
   */
  listen(port: number, host: string): Promise<number> {
    return new Promise((resolve, reject) => {
      this.#server.once('error', reject);
      this.#server.listen(port, host, () => {
        this.#server.off('error', reject);
        resolve((this.#server.address() as AddressInfo).port);
      });
    });
  }

  /** Ends all connections and stops listening. */
  async close(): Promise<void> {
    this.#unsubscribe();
    this.#endAll();
    await new Promise(resolve => {
      this.#server.close(resolve);
    });
  }

  #accept(socket: Socket): void {
    const { faults, logger } = this.#services;
    if (faults.current.imapDown) {
      socket.destroy();
      return;
    }
    const connection = new ImapConnection(socket, this.#services);
    this.#connections.add(connection);
    socket.once('close', () => this.#connections.delete(connection));
    connection.run().catch(error => {
      logger.warn('An IMAP connection failed', { error: String(error) });
      socket.destroy();
    });
  }

  #endAll(): void {
    for (const connection of this.#connections) connection.destroy();
  }
}
