// SPDX-License-Identifier: Apache-2.0
import express, { type Express } from 'express';
import type { AccountRegistry } from '../AccountRegistry';
import type { FaultBoard } from '../faults/FaultBoard';
import type { ImapServer } from '../imap/ImapServer';
import type { MailStore } from '../imap/MailStore';
import type { MailPorts } from '../MailPorts';
import type { Pop3Server } from '../pop3/Pop3Server';
import type { ClientRegistry } from '../oauth/ClientRegistry';
import { interactionRoutes } from '../oauth/interactionRoutes';
import type { ModelStore } from '../oauth/ModelStore';
import type { Provider } from '../oauth/oidcProvider';
import { signedOutAuthorization } from '../oauth/signedOutAuthorization';
import { tokenEndpointFaults } from '../oauth/tokenEndpointFaults';
import type { SandboxLogger } from '../SandboxLogger';
import type { Stats } from '../Stats';
import { answerErrors } from './answerErrors';
import { clientApi } from './clientApi';
import { controlApi } from './controlApi';
import { loopbackOnly } from './loopbackOnly';
import { mailApi } from './mailApi';
import { pageHeaders } from './pageHeaders';
import { pageRoutes } from './pageRoutes';

/** What the HTTP side of the sandbox works on. */
export interface HttpAppOptions {
  readonly issuer: string;
  readonly ports: MailPorts;
  /** The certificate of the authority, PEM. */
  readonly ca: string;
  readonly accounts: AccountRegistry;
  readonly provider: Provider;
  readonly models: ModelStore;
  readonly clients: ClientRegistry;
  readonly mail: MailStore;
  readonly imap: ImapServer;
  readonly pop3: Pop3Server;
  readonly faults: FaultBoard;
  readonly stats: Stats;
  readonly logger: SandboxLogger;
  /** Ends waits when the sandbox closes. */
  readonly signal: AbortSignal;
}

/** Mounts API, provider and pages; the guard against other sites is first. */
export function createHttpApp(options: HttpAppOptions): Express {
  const { provider, clients, faults, stats } = options;
  const app = express();
  app.disable('x-powered-by');
  app.use(loopbackOnly);
  app.use('/api', clientApi(clients), mailApi(options), controlApi(options));
  app.use(pageHeaders(faults));
  app.use(
    '/oidc',
    tokenEndpointFaults({ faults, stats, signal: options.signal }),
    signedOutAuthorization,
    provider.callback(),
  );
  app.use(pageRoutes(options));
  app.use(interactionRoutes(options));
  app.use(answerErrors(options.logger));
  return app;
}
