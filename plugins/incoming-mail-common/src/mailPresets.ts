// SPDX-License-Identifier: Apache-2.0
import type { IntegrationChoice, MailHost, ProviderId } from './integrations';
import { oauthProviders } from './providers';

/** The mail services whose servers are known. @public */
export type MailPresetId =
  | 'google'
  | 'microsoft-365'
  | 'outlook'
  | 'yahoo'
  | 'aol'
  | 'fastmail'
  | 'zoho'
  | 'custom';

/**
 * What a mail service makes of passwords.
 *
 * - `ended`: refused, whatever is entered.
 * - `app-password`: the account's own is refused; one made for this purpose is
 *   taken, where the account may have one.
 * - `open`: nothing is known against it.
 *
 * @public
 */
export type PasswordPolicy = 'ended' | 'app-password' | 'open';

/**
 * A mail service as the form of a mailbox offers it. Pure data.
 *
 * @public
 */
export interface MailPreset {
  readonly id: MailPresetId;
  /** The name that people know. */
  readonly title: string;
  /** The provider of integrations for it; a custom one does for every service. */
  readonly provider?: ProviderId;
  /** Where it is read; none where a person types it. */
  readonly servers: readonly MailHost[];
  readonly password: PasswordPolicy;
}

const tls = (protocol: MailHost['protocol'], host: string): MailHost => ({
  protocol,
  host,
  port: protocol === 'imap' ? 993 : 995,
  security: 'tls',
});

/**
 * The mail services that come with the plugin.
 *
 * Sources: each service's own help on IMAP and POP3; Microsoft "Deprecation of
 * Basic authentication in Exchange Online"; Google "Transition from less
 * secure apps to OAuth".
 *
 * @public
 */
export const mailPresets: readonly MailPreset[] = [
  {
    id: 'google',
    title: 'Google',
    provider: 'google',
    servers: oauthProviders.google.mailHosts,
    password: 'app-password',
  },
  {
    id: 'microsoft-365',
    title: 'Microsoft 365',
    provider: 'microsoft',
    servers: oauthProviders.microsoft.mailHosts,
    password: 'ended',
  },
  {
    id: 'outlook',
    title: 'Outlook.com',
    provider: 'microsoft',
    servers: oauthProviders.microsoft.mailHosts,
    password: 'ended',
  },
  {
    id: 'yahoo',
    title: 'Yahoo',
    servers: [
      tls('imap', 'imap.mail.yahoo.com'),
      tls('pop3', 'pop.mail.yahoo.com'),
    ],
    password: 'open',
  },
  {
    id: 'aol',
    title: 'AOL',
    servers: [tls('imap', 'imap.aol.com'), tls('pop3', 'pop.aol.com')],
    password: 'open',
  },
  {
    id: 'fastmail',
    title: 'Fastmail',
    servers: [
      tls('imap', 'imap.fastmail.com'),
      tls('pop3', 'pop.fastmail.com'),
    ],
    password: 'open',
  },
  {
    id: 'zoho',
    title: 'Zoho',
    servers: [tls('imap', 'imap.zoho.com'), tls('pop3', 'pop.zoho.com')],
    password: 'open',
  },
  { id: 'custom', title: 'Custom', servers: [], password: 'open' },
];

/** The service that a server belongs to; `custom` where none is known. @public */
export function findMailPreset(server: Pick<MailHost, 'host'>): MailPreset {
  const host = server.host.trim().toLowerCase();
  const custom = mailPresets[mailPresets.length - 1];
  return (
    mailPresets.find(({ servers }) =>
      servers.some(known => known.host === host),
    ) ?? custom
  );
}

/** The port that a protocol usually has with a kind of encryption. @public */
export function usualPort(
  protocol: MailHost['protocol'],
  security: MailHost['security'],
): number {
  if (protocol === 'imap') {
    return security === 'tls' ? 993 : 143;
  }
  return security === 'tls' ? 995 : 110;
}

// `{{subject}}` is filled in; a page that translates them does the same.
const catalogue = {
  'integration-not-ready':
    'The integration {{subject}} has no client ID or client secret yet.',
  'other-provider':
    'The integration {{subject}} is of another provider than this mail service.',
  'host-not-of-integration':
    'The server is none of those that {{subject}} lists. An access token is shown to those only; an administrator can add the server to the integration.',
  'protocol-not-granted':
    'The scopes of {{subject}} give no access over this protocol.',
  'domain-not-allowed': 'The integration allows only accounts of {{subject}}.',
  'pop3-starttls': 'POP3 is read over TLS from the start only: use port 995.',
  'password-ended':
    '{{subject}} takes no passwords for IMAP and POP3 any more. Use an OAuth 2.0 integration.',
  'app-password':
    '{{subject}} refuses the account’s own password here. It takes an app password, which only accounts with 2-step verification can have, and not every organization allows.',
  'not-encrypted':
    'Without encryption a password can be read on its way. It is possible to this very machine only, in a development set-up.',
} as const;

/** The stable word for why a way to read a mailbox cannot work. @public */
export type MailSetupProblemCode = keyof typeof catalogue;

/** Every sentence of a {@link MailSetupProblem} by its code. @public */
export const mailSetupProblemTexts: typeof catalogue = catalogue;

/**
 * Why a way to read a mailbox cannot work, or may not.
 *
 * @public
 */
export interface MailSetupProblem {
  readonly code: MailSetupProblemCode;
  /** What a form shows the sentence at. */
  readonly field: 'integration' | 'server' | 'address' | 'password';
  readonly message: string;
  /** What the sentence is about, such as a name. */
  readonly subject?: string;
  /** Whether it cannot work, rather than perhaps not. */
  readonly impossible: boolean;
}

/** What {@link findMailSetupProblems} judges; absent is what is not known yet. @public */
export interface MailSetup {
  readonly preset?: MailPreset;
  readonly server?: MailHost;
  readonly address?: string;
  /** Absent: by password. */
  readonly integration?: Pick<
    IntegrationChoice,
    'name' | 'provider' | 'mailHosts' | 'protocols' | 'allowedDomains' | 'ready'
  >;
}

/**
 * What stands against reading a mailbox in a certain way, so that a form can
 * grey a choice out and say why. None found is no promise that it works.
 *
 * @public
 */
export function findMailSetupProblems(setup: MailSetup): MailSetupProblem[] {
  const { server, integration } = setup;
  const problems = integration
    ? findIntegrationProblems({ ...setup, integration })
    : findPasswordProblems(setup);
  return server?.protocol === 'pop3' && server.security === 'starttls'
    ? [...problems, problem('pop3-starttls', 'server')]
    : problems;
}

function findIntegrationProblems(
  setup: MailSetup & Required<Pick<MailSetup, 'integration'>>,
): MailSetupProblem[] {
  const { preset, server, address, integration } = setup;
  const { name, provider, allowedDomains } = integration;
  const problems: MailSetupProblem[] = [];
  if (!integration.ready) {
    problems.push(problem('integration-not-ready', 'integration', name));
  }
  if (preset?.provider && provider !== 'custom') {
    if (provider !== preset.provider) {
      problems.push(problem('other-provider', 'integration', name));
    }
  }
  if (server && !integration.mailHosts.some(host => isSame(host, server))) {
    problems.push(problem('host-not-of-integration', 'server', name));
  }
  if (server && !integration.protocols.includes(server.protocol)) {
    problems.push(problem('protocol-not-granted', 'server', name));
  }
  if (address && !isOf(address, allowedDomains)) {
    problems.push(
      problem('domain-not-allowed', 'address', allowedDomains.join(', ')),
    );
  }
  return problems;
}

function findPasswordProblems(setup: MailSetup): MailSetupProblem[] {
  const { server } = setup;
  const preset = setup.preset ?? (server && findMailPreset(server));
  const problems: MailSetupProblem[] = [];
  if (preset?.password === 'ended') {
    problems.push(problem('password-ended', 'password', preset.title));
  }
  if (preset?.password === 'app-password') {
    problems.push({
      ...problem('app-password', 'password', preset.title),
      impossible: false,
    });
  }
  if (server?.security === 'none') {
    problems.push({ ...problem('not-encrypted', 'server'), impossible: false });
  }
  return problems;
}

function problem(
  code: MailSetupProblemCode,
  field: MailSetupProblem['field'],
  subject?: string,
): MailSetupProblem {
  return {
    code,
    field,
    message: catalogue[code].replace('{{subject}}', () => subject ?? ''),
    ...(subject !== undefined && { subject }),
    impossible: true,
  };
}

function isSame(a: MailHost, b: MailHost): boolean {
  return (
    a.protocol === b.protocol &&
    a.host === b.host &&
    a.port === b.port &&
    a.security === b.security
  );
}

function isOf(address: string, domains: readonly string[]): boolean {
  const domain = address
    .slice(address.lastIndexOf('@') + 1)
    .trim()
    .toLowerCase();
  return domains.length === 0 || domains.includes(domain);
}
