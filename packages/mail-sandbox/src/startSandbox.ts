// SPDX-License-Identifier: Apache-2.0
import { randomBytes } from 'node:crypto';
import { mkdirSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { demoAccounts } from './accounts';
import { FaultBoard } from './faults';
import { createHttpApp } from './http/createHttpApp';
import { ImapServer } from './imap/ImapServer';
import { MailStore } from './imap/MailStore';
import { saslMechanisms, type SaslMechanism } from './imap/sasl';
import { ClientRegistry } from './oauth/ClientRegistry';
import { createProvider } from './oauth/createProvider';
import { createTokenCheck } from './oauth/createTokenCheck';
import { ModelStore } from './oauth/ModelStore';
import { loadProviderKeys } from './oauth/providerKeys';
import { silentLogger, type SandboxLogger } from './SandboxLogger';
import { Stats } from './Stats';

export interface SandboxOptions {
  /** 0 takes any free port. */
  readonly httpPort: number;
  /** 0 takes any free port. */
  readonly imapPort: number;
  /**
   * A folder of this sandbox alone; made if missing. A later start with it
   * finds applications, grants, tokens and mail as they were. Without it all
   * is forgotten at the end.
   */
  readonly stateDir?: string;
  /** Loopback is the only choice: accounts and passwords are public. */
  readonly host?: '127.0.0.1';
  /** Life of an access token; 3600 by default. */
  readonly accessTokenSeconds?: number;
  /**
   * What IMAP offers, all three by default. Clients that can do both prefer
   * OAUTHBEARER; leave it out to see them use XOAUTH2.
   */
  readonly imapMechanisms?: readonly SaslMechanism[];
  readonly logger?: SandboxLogger;
}

export interface Sandbox {
  readonly httpPort: number;
  readonly imapPort: number;
  /** `http://localhost:<httpPort>/oidc` */
  readonly issuer: string;
  /** Ends all connections, writes what is unwritten, frees the ports. */
  close(): Promise<void>;
}

/**
 * Starts the OAuth provider, the IMAP server and their control pages on
 * loopback.
 *
 * @throws if a port is taken (`code: 'EADDRINUSE'`) or the state folder holds
 * something else; nothing keeps running then.
 *
 * @remarks With a state folder, a SIGKILL at any moment loses no mail, and of
 * the OAuth state at most what changed in the last 200 ms; files are never
 * torn. Faults and counters are not kept.
 */
export async function startSandbox(options: SandboxOptions): Promise<Sandbox> {
  const { stateDir, host = '127.0.0.1', logger = silentLogger } = options;
  if (stateDir) mkdirSync(stateDir, { recursive: true, mode: 0o700 });
  const keys = loadProviderKeys(stateDir);
  const models = new ModelStore({ stateDir });
  const clients = new ClientRegistry(models);
  const mail = new MailStore(demoAccounts, stateDir);
  const faults = new FaultBoard();
  const stats = new Stats();
  const closing = new AbortController();

  // The issuer names the port, so the port is needed before the provider.
  const http = createServer();
  const httpPort = await listen(http, options.httpPort, host);
  const issuer = `http://localhost:${httpPort}/oidc`;
  const introspection = {
    clientId: 'mail-sandbox-imap',
    clientSecret: randomBytes(32).toString('base64url'),
  };
  const imap = new ImapServer({
    mail,
    faults,
    stats,
    logger,
    mechanisms: options.imapMechanisms ?? saslMechanisms,
    checkToken: createTokenCheck({
      endpoint: `http://${host}:${httpPort}/oidc/token/introspection`,
      credentials: introspection,
      opens: (clientId, account) => clients.opens(clientId, account),
    }),
  });
  const imapPort = await imap.listen(options.imapPort, host).catch(error => {
    http.close();
    throw error;
  });

  const provider = createProvider({
    issuer,
    store: models,
    keys,
    faults,
    stats,
    introspection,
    accessTokenSeconds: options.accessTokenSeconds ?? 3600,
  });
  provider.on('server_error', (_ctx, error) => {
    logger.warn('The OAuth provider failed', { error: String(error) });
  });
  http.on(
    'request',
    createHttpApp({
      issuer,
      imapPort,
      provider,
      models,
      mail,
      imap,
      faults,
      stats,
      logger,
      signal: closing.signal,
    }),
  );

  return {
    httpPort,
    imapPort,
    issuer,
    async close() {
      closing.abort();
      await imap.close();
      http.closeAllConnections();
      await new Promise(resolve => {
        http.close(resolve);
      });
      models.flush();
    },
  };
}

function listen(server: Server, port: number, host: string): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, host, () => {
      server.off('error', reject);
      resolve((server.address() as AddressInfo).port);
    });
  });
}
