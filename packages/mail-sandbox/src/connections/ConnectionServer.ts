// SPDX-License-Identifier: Apache-2.0
import {
  createServer,
  type AddressInfo,
  type Server,
  type Socket,
} from 'node:net';
import type { FaultBoard } from '../faults/FaultBoard';
import type { SandboxLogger } from '../SandboxLogger';
import type { TlsIdentity } from '../tls/TlsIdentity';

/** What serves one client. */
export interface Connection {
  /** Serves the client until one side ends it; never rejects. */
  run(): Promise<void>;

  /** Ends the connection at once. */
  destroy(): void;
}

/** How clients of a port encrypt: not at all, from the start, or on demand. */
export type Encryption = 'none' | 'tls' | 'starttls';

export interface ConnectionServerOptions<C extends Connection> {
  readonly open: (socket: Socket, encryption: Encryption) => C;
  /** While it says true, connections end and nobody is greeted. */
  readonly isDown: () => boolean;
  readonly tls: TlsIdentity;
  readonly faults: FaultBoard;
  readonly logger: SandboxLogger;
}

const MAX_CONNECTIONS = 2_000;

/** A client that is never answered is let go after this time. */
const SILENT_TIMEOUT_MS = 120_000;

/** Listens on any number of ports, and knows the connections of all of them. */
export class ConnectionServer<C extends Connection> {
  readonly #options: ConnectionServerOptions<C>;
  readonly #servers: Server[] = [];
  readonly #sockets = new Set<Socket>();
  readonly #connections = new Set<C>();
  readonly #unsubscribe: () => void;

  constructor(options: ConnectionServerOptions<C>) {
    this.#options = options;
    this.#unsubscribe = options.faults.subscribe(() => {
      if (options.isDown()) this.#endAll();
    });
  }

  get connections(): ReadonlySet<C> {
    return this.#connections;
  }

  /**
   * @param port - 0 for any free one
   * @returns the port
   * @throws if the port is taken
   */
  listen(port: number, host: string, encryption: Encryption): Promise<number> {
    const server = createServer(socket => this.#accept(socket, encryption));
    server.maxConnections = MAX_CONNECTIONS;
    return new Promise((resolve, reject) => {
      server.once('error', reject);
      server.listen(port, host, () => {
        server.off('error', reject);
        this.#servers.push(server);
        resolve((server.address() as AddressInfo).port);
      });
    });
  }

  /** Ends all connections and stops listening. */
  async close(): Promise<void> {
    this.#unsubscribe();
    this.#endAll();
    await Promise.all(
      this.#servers.map(
        server =>
          new Promise(resolve => {
            server.close(resolve);
          }),
      ),
    );
  }

  #accept(raw: Socket, encryption: Encryption): void {
    const { open, isDown, tls, faults, logger } = this.#options;
    // A reset is the end of the connection and not news to anybody.
    raw.on('error', () => undefined);
    if (isDown()) {
      raw.destroy();
      return;
    }
    this.#sockets.add(raw);
    raw.once('close', () => this.#sockets.delete(raw));
    if (encryption === 'tls' && faults.current.tlsSilent) {
      raw.setTimeout(SILENT_TIMEOUT_MS, () => raw.destroy());
      return;
    }
    const socket = encryption === 'tls' ? tls.encrypt(raw) : raw;
    const connection = open(socket, encryption);
    this.#connections.add(connection);
    raw.once('close', () => this.#connections.delete(connection));
    connection.run().catch(error => {
      logger.warn('A connection failed', { error: String(error) });
      raw.destroy();
    });
  }

  #endAll(): void {
    for (const socket of this.#sockets) socket.destroy();
  }
}
