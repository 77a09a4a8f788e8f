// SPDX-License-Identifier: Apache-2.0
import {
  demoPassword,
  Dovecot,
  DovecotOptions,
  findDovecot,
  Sandbox,
  SandboxApplication,
  SandboxOptions,
  startDovecot,
  startSandbox,
} from '@postroom/mail-sandbox';
import { MailHost } from '@postroom/plugin-incoming-mail-common';
import { createHostPolicy } from '../egress';
import { Secret } from '../secrets';
import { createOpenSession, OpenSessionOptions } from '../transport';

/** An account of the sandbox. */
export const SUPPORT = 'support@corp.test';

const program = findDovecot();

/** Suites on Dovecot; skipped where there is none. */
export const onDovecot = program ? describe : describe.skip;

/** A sandbox that gives tokens, and a Dovecot that asks it what they are worth. */
export interface DovecotWorld {
  readonly sandbox: Sandbox;
  readonly application: SandboxApplication;
  readonly dovecot: Dovecot;
  close(): Promise<void>;
}

export async function startDovecotWorld(
  mechanisms?: DovecotOptions['mechanisms'],
  options: Partial<SandboxOptions> = {},
  dovecotOptions: Pick<DovecotOptions, 'connectionsPerAccount'> = {},
): Promise<DovecotWorld> {
  const sandbox = await startSandbox({ httpPort: 0, imapPort: 0, ...options });
  const application = await SandboxApplication.register(sandbox);
  const { introspection } = application;
  const dovecot = await startDovecot({
    program: program!,
    introspection,
    mechanisms,
    ...dovecotOptions,
  });
  const close = async () => {
    await dovecot.close();
    await sandbox.close();
  };
  return { sandbox, application, dovecot, close };
}

/** Where Dovecot is, by protocol and security. */
export function dovecotHost(
  { dovecot }: DovecotWorld,
  protocol: MailHost['protocol'],
  security: MailHost['security'],
): MailHost {
  const { imapPort, imapsPort, pop3Port, pop3sPort } = dovecot;
  const [plain, secure] =
    protocol === 'imap' ? [imapPort, imapsPort] : [pop3Port, pop3sPort];
  const port = security === 'tls' ? secure : plain;
  return { protocol, host: 'localhost', port, security };
}

/** Opens sessions on this machine that trust Dovecot's certificate. */
export const openSessionAt = (
  { dovecot }: Pick<DovecotWorld, 'dovecot'>,
  options: Partial<OpenSessionOptions> = {},
) =>
  createOpenSession({
    policy: createHostPolicy({ allowPrivate: ['127.0.0.1'] }),
    lookup: async () => [{ address: '127.0.0.1' }],
    ca: [dovecot.ca],
    allowPlaintextLoopback: true,
    ...options,
  });

/** Signs in with a token that the sandbox's provider gave. */
export const byToken = (accessToken: string, user = SUPPORT) =>
  ({ method: 'oauth', user, accessToken: new Secret(accessToken) } as const);

/** Signs in with the password that all accounts of the sandbox have. */
export const byPassword = {
  method: 'password',
  user: SUPPORT,
  password: new Secret(demoPassword),
} as const;
