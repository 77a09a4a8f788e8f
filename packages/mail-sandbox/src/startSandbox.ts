// SPDX-License-Identifier: Apache-2.0
import { randomBytes } from 'node:crypto';
import { mkdirSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import {
  AccountRegistry,
  newAccountSchema,
  type NewAccount,
} from './AccountRegistry';
import { FaultBoard } from './faults/FaultBoard';
import { createHttpApp } from './http/createHttpApp';
import { ImapServer } from './imap/ImapServer';
import { MailStore } from './imap/MailStore';
import { saslMechanisms, type SaslMechanism } from './login/sasl';
import type { MailPorts } from './MailPorts';
import { ClientRegistry } from './oauth/ClientRegistry';
import { createProvider } from './oauth/createProvider';
import { createTokenCheck } from './oauth/createTokenCheck';
import { ModelStore } from './oauth/ModelStore';
import { loadProviderKeys } from './oauth/providerKeys';
import { Maildrops } from './pop3/Maildrops';
import { Pop3Server } from './pop3/Pop3Server';
import { silentLogger, type SandboxLogger } from './SandboxLogger';
import { Stats } from './Stats';
import { CertificateAuthority } from './tls/CertificateAuthority';
import { TlsIdentity } from './tls/TlsIdentity';

export interface SandboxOptions {
  /** 0 takes any free port. */
  readonly httpPort: number;
  /** IMAP without TLS; 0 takes any free port. */
  readonly imapPort: number;
  /** IMAP with TLS; any free port by default. */
  readonly imapsPort?: number;
  /** IMAP with STARTTLS on offer; any free port by default. */
  readonly imapStartTlsPort?: number;
  /** POP3 without TLS; any free port by default. */
  readonly pop3Port?: number;
  /** POP3 with TLS; any free port by default. */
  readonly pop3sPort?: number;
  /**
   * A folder of this sandbox alone; made if missing. A later start with it
   * finds accounts, applications, grants, tokens, mail and the certificate
   * authority as they were. Without it all is forgotten at the end.
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
  /** What POP3 offers, all three by default. */
  readonly pop3Mechanisms?: readonly SaslMechanism[];
  /** Names for which the certificate is, besides those of loopback. */
  readonly tlsNames?: readonly string[];
  readonly logger?: SandboxLogger;
}

export interface Sandbox {
  readonly httpPort: number;
  readonly imapPort: number;
  readonly imapsPort: number;
  readonly imapStartTlsPort: number;
  readonly pop3Port: number;
  readonly pop3sPort: number;
  /** `http://localhost:<httpPort>/oidc` */
  readonly issuer: string;
  /**
   * The certificate (PEM) of the authority that TLS clients are to trust. A
   * state folder has it as `ca.pem`, and it is served as `/ca.pem`.
   */
  readonly ca: string;

  /**
   * Adds an account with empty mailboxes, for passwords if it is given one and
   * for tokens in any case.
   *
   * @throws if the address is none, or is taken.
   */
  addAccount(account: NewAccount): void;

  /** Ends all connections, writes what is unwritten, frees the ports. */
  close(): Promise<void>;
}

/**
 * Starts the OAuth provider, the IMAP and POP3 servers and their control pages
 * on loopback.
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
  const accounts = new AccountRegistry(stateDir);
  const mail = new MailStore(accounts, stateDir);
  const authority = CertificateAuthority.load(stateDir);
  const faults = new FaultBoard();
  const clients = new ClientRegistry(models, faults);
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
  const services = {
    ...{ accounts, mail, faults, stats, logger },
    checkToken: createTokenCheck({
      endpoint: `http://${host}:${httpPort}/oidc/token/introspection`,
      credentials: introspection,
      opens: (clientId, account) => clients.opens(clientId, account),
    }),
  };
  const tls = new TlsIdentity({ authority, names: options.tlsNames, faults });
  const imap = new ImapServer(
    { ...services, mechanisms: options.imapMechanisms ?? saslMechanisms },
    tls,
  );
  const pop3 = new Pop3Server(
    {
      ...services,
      maildrops: new Maildrops(faults),
      mechanisms: options.pop3Mechanisms ?? saslMechanisms,
    },
    tls,
  );
  const endMail = () => Promise.all([imap.close(), pop3.close()]);
  const ports = await listenForMail({ imap, pop3, host, options }).catch(
    async error => {
      await endMail();
      http.close();
      throw error;
    },
  );

  const provider = createProvider({
    issuer,
    store: models,
    clients,
    accounts,
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
      ...{
        issuer,
        ports,
        provider,
        models,
        clients,
        accounts,
        mail,
        imap,
        pop3,
      },
      ...{ faults, stats, logger },
      ca: authority.certificate,
      signal: closing.signal,
    }),
  );

  return {
    httpPort,
    imapPort: ports.imap,
    imapsPort: ports.imaps,
    imapStartTlsPort: ports.imapStartTls,
    pop3Port: ports.pop3,
    pop3sPort: ports.pop3s,
    issuer,
    ca: authority.certificate,
    addAccount(request) {
      if (!accounts.add(newAccountSchema.parse(request))) {
        throw new Error(`There is no room for another ${request.address}`);
      }
    },
    async close() {
      closing.abort();
      await endMail();
      http.closeAllConnections();
      await new Promise(resolve => {
        http.close(resolve);
      });
      models.flush();
    },
  };
}

/** One after the other, so that the first taken port is the one that is named. */
async function listenForMail(options: {
  readonly imap: ImapServer;
  readonly pop3: Pop3Server;
  readonly host: string;
  readonly options: SandboxOptions;
}): Promise<MailPorts> {
  const { imap, pop3, host } = options;
  const {
    imapPort,
    imapsPort = 0,
    imapStartTlsPort = 0,
    pop3Port = 0,
    pop3sPort = 0,
  } = options.options;
  return {
    imap: await imap.listen(imapPort, host, 'none'),
    imaps: await imap.listen(imapsPort, host, 'tls'),
    imapStartTls: await imap.listen(imapStartTlsPort, host, 'starttls'),
    pop3: await pop3.listen(pop3Port, host, 'none'),
    pop3s: await pop3.listen(pop3sPort, host, 'tls'),
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
