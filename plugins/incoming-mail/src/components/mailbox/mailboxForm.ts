// SPDX-License-Identifier: Apache-2.0
import {
  AfterStoring,
  Authentication,
  Channel,
  findMailPreset,
  findMailSetupProblems,
  IntegrationChoice,
  MailHost,
  MailPreset,
  MailPresetId,
  mailPresets,
  MailSetupProblem,
  StoredAuthentication,
} from '@postroom/plugin-incoming-mail-common';
import type { FieldErrors } from '../../api/fieldErrors';
import {
  fromServerRow,
  serverKey,
  ServerRow,
  toServerRow,
  withServerChange,
} from './serverRow';

/** The choice of a password among the ways to sign in. */
export const PASSWORD = 'password';

/** What is in the fields that every mailbox has, word for word. */
export interface MailboxFormValues {
  readonly address: string;
  /** The id of an integration, {@link PASSWORD}, or empty while none is chosen. */
  readonly signIn: string;
  /** Empty stands for the address. */
  readonly userName: string;
  /** What was typed; a stored one never comes back. */
  readonly password: string;
  readonly preset: MailPresetId;
  readonly server: ServerRow;
  readonly folder: string;
  /** One per line. */
  readonly aliases: string;
  readonly afterStoring: AfterStoring['action'];
  /** The folder that mails are moved to. */
  readonly moveTo: string;
}

/** What the forms take of a mailbox that exists, be it a channel or a mail server. */
export type StoredMailbox = Pick<
  Channel,
  | 'address'
  | 'server'
  | 'folder'
  | 'authentication'
  | 'aliases'
  | 'afterStoring'
>;

/** The fields of a mailbox that does not exist yet. */
export function newMailboxForm(): MailboxFormValues {
  return {
    address: '',
    signIn: '',
    userName: '',
    password: '',
    preset: 'custom',
    server: { protocol: 'imap', host: '', port: '993', security: 'tls' },
    folder: 'INBOX',
    aliases: '',
    afterStoring: 'mark-read',
    moveTo: '',
  };
}

/** The fields of a mailbox that exists. */
export function fromMailbox(mailbox: StoredMailbox): MailboxFormValues {
  const { authentication, afterStoring } = mailbox;
  return {
    address: mailbox.address,
    ...signInOf(authentication),
    password: '',
    preset: findMailPreset(mailbox.server).id,
    server: toServerRow(mailbox.server),
    folder: mailbox.folder,
    aliases: mailbox.aliases.join('\n'),
    afterStoring: afterStoring.action,
    moveTo: afterStoring.action === 'move' ? afterStoring.folder : '',
  };
}

function signInOf(authentication: StoredAuthentication) {
  return authentication.method === 'oauth'
    ? { signIn: authentication.integrationId, userName: '' }
    : { signIn: PASSWORD, userName: authentication.userName ?? '' };
}

/** The mail service that the form stands at. */
export function presetOf(values: MailboxFormValues): MailPreset {
  return (
    mailPresets.find(({ id }) => id === values.preset) ??
    findMailPreset(values.server)
  );
}

/**
 * The form after another mail service was chosen: its server is filled in. A
 * way to sign in that the service does not have is not chosen any more.
 */
export function withPreset(
  values: MailboxFormValues,
  id: MailPresetId,
  choices: readonly IntegrationChoice[],
): MailboxFormValues {
  const next = { ...values, preset: id };
  const choice = choiceOf(next, choices);
  const signIn = unusableBecause(next, choice) ? '' : next.signIn;
  const server = serverFor(presetOf(next).servers, values.server.protocol);
  const filled = server ? { ...next, server: toServerRow(server) } : next;
  return withSignIn(filled, signIn, choices);
}

/**
 * What makes a way to sign in useless for the mail service that is chosen,
 * whichever of its servers is read; by password where no integration is given.
 */
export function unusableBecause(
  values: MailboxFormValues,
  integration?: IntegrationChoice,
): MailSetupProblem | undefined {
  const preset = presetOf(values);
  const against = (server?: MailHost) =>
    findMailSetupProblems({ preset, server, integration }).find(
      ({ impossible }) => impossible,
    );
  const everyServer = preset.servers.map(against);
  return (
    against() ??
    (everyServer.every(problem => problem !== undefined)
      ? everyServer[0]
      : undefined)
  );
}

/**
 * The form after something of the server was changed. Another protocol leads
 * to the mail service's server for it; a host that was typed may be one of
 * another service.
 */
export function withServer(
  values: MailboxFormValues,
  change: Partial<ServerRow>,
): MailboxFormValues {
  if (change.protocol !== undefined) {
    const known = presetOf(values).servers.find(
      ({ protocol }) => protocol === change.protocol,
    );
    const server = known
      ? toServerRow(known)
      : withServerChange(values.server, change);
    return { ...values, server, ...fittingAfterStoring(values, server) };
  }
  const server = withServerChange(values.server, change);
  const stays = presetOf(values).servers.some(
    ({ host }) => host === fromServerRow(server).host,
  );
  return {
    ...values,
    server,
    preset: stays ? values.preset : findMailPreset(server).id,
  };
}

/** POP3 has no folders to move a mail to. */
function fittingAfterStoring(values: MailboxFormValues, server: ServerRow) {
  return server.protocol === 'pop3' && values.afterStoring === 'move'
    ? { afterStoring: 'mark-read' as const }
    : {};
}

/**
 * The form after another way to sign in was chosen. A token is shown to the
 * integration's own servers only, so one of those takes the place of a server
 * that is none. Everything else stays as it is.
 */
export function withSignIn(
  values: MailboxFormValues,
  signIn: string,
  choices: readonly IntegrationChoice[],
): MailboxFormValues {
  const next = { ...values, signIn };
  const usable = serversOf(choices, signIn);
  const current = serverKey(fromServerRow(values.server));
  if (usable.some(server => serverKey(server) === current)) {
    return next;
  }
  const { servers } = presetOf(values);
  const ofPreset = usable.filter(({ host }) =>
    servers.some(known => known.host === host),
  );
  const server = serverFor(
    ofPreset.length > 0 ? ofPreset : usable,
    values.server.protocol,
  );
  return server ? withKnownServer(next, server) : next;
}

/** The form with one of an integration's servers. */
export function withKnownServer(
  values: MailboxFormValues,
  server: MailHost,
): MailboxFormValues {
  const row = toServerRow(server);
  const stays = presetOf(values).servers.some(
    ({ host }) => host === server.host,
  );
  return {
    ...values,
    ...fittingAfterStoring(values, row),
    server: row,
    preset: stays ? values.preset : findMailPreset(server).id,
  };
}

function serverFor(
  servers: readonly MailHost[],
  protocol: MailHost['protocol'],
): MailHost | undefined {
  return servers.find(server => server.protocol === protocol) ?? servers[0];
}

/** The integration that is chosen, where one is. */
export function choiceOf(
  values: MailboxFormValues,
  choices: readonly IntegrationChoice[],
): IntegrationChoice | undefined {
  return choices.find(({ id }) => id === values.signIn);
}

/** Whether nobody has to consent: the application reads in its own name. */
export function actsAlone(
  values: MailboxFormValues,
  choices: readonly IntegrationChoice[],
): boolean {
  return choiceOf(values, choices)?.grantType === 'client_credentials';
}

/** The servers that an integration lists and its scopes give access to. */
export function serversOf(
  choices: readonly IntegrationChoice[],
  integrationId: string,
): readonly MailHost[] {
  const choice = choices.find(({ id }) => id === integrationId);
  return (
    choice?.mailHosts.filter(({ protocol }) =>
      choice.protocols.includes(protocol),
    ) ?? []
  );
}

/** What stands against the way that the form describes. */
export function problemsOf(
  values: MailboxFormValues,
  choices: readonly IntegrationChoice[],
): MailSetupProblem[] {
  const integration = choiceOf(values, choices);
  if (!integration && values.signIn !== PASSWORD) {
    return [];
  }
  const server = fromServerRow(values.server);
  return findMailSetupProblems({
    preset: presetOf(values),
    server: server.host === '' ? undefined : server,
    address: values.address.includes('@') ? values.address : undefined,
    integration,
  });
}

/** What the backend is known to hold for signing in with a password. */
export type StoredPassword = 'none' | 'kept' | 'to-reenter';

/**
 * Whether the password that is stored may be kept. It is never sent to another
 * server or for another user unasked; the backend holds the same rule.
 */
export function storedPasswordOf(
  mailbox: StoredMailbox | undefined,
  values: MailboxFormValues,
): StoredPassword {
  const stored = mailbox?.authentication;
  if (!mailbox || stored?.method !== 'password' || !stored.passwordSet) {
    return 'none';
  }
  const server = fromServerRow(values.server);
  const sameServer =
    server.host === mailbox.server.host &&
    server.port === mailbox.server.port &&
    server.security === mailbox.server.security;
  const userName = stored.userName ?? mailbox.address;
  return sameServer && userNameOf(values) === userName ? 'kept' : 'to-reenter';
}

function userNameOf({ userName, address }: MailboxFormValues): string {
  return userName.trim() === ''
    ? address.trim().toLowerCase()
    : userName.trim();
}

/** The part of a mailbox's settings that these fields stand for, unjudged. */
export function mailboxSettingsOf(values: MailboxFormValues) {
  const server = fromServerRow(values.server);
  const isImap = server.protocol === 'imap';
  return {
    address: values.address,
    server,
    folder: isImap && values.folder.trim() !== '' ? values.folder : undefined,
    authentication: authenticationOf(values),
    aliases: wordsOf(values.aliases),
    afterStoring: afterStoringOf(values),
  };
}

function authenticationOf(values: MailboxFormValues): Authentication {
  return values.signIn === PASSWORD
    ? {
        method: 'password',
        userName: values.userName.trim() || undefined,
        password: values.password || undefined,
      }
    : { method: 'oauth', integrationId: values.signIn };
}

function afterStoringOf(values: MailboxFormValues): AfterStoring {
  return values.afterStoring === 'move'
    ? { action: 'move', folder: values.moveTo.trim() }
    : { action: values.afterStoring };
}

const pathOfProblem = {
  integration: 'authentication.integrationId',
  server: 'server',
  address: 'address',
  password: 'authentication.password',
} as const satisfies Record<MailSetupProblem['field'], string>;

/**
 * What is wrong beyond what a schema sees, under the API's own paths. `tell`
 * has the words for what cannot work.
 */
export function mailboxErrorsOf(
  values: MailboxFormValues,
  choices: readonly IntegrationChoice[],
  storedPassword: StoredPassword,
  tell: (problem: MailSetupProblem) => string,
): FieldErrors {
  const errors: Record<string, string> = {};
  if (values.signIn === '') {
    errors['authentication.integrationId'] = 'is required';
  }
  if (
    values.signIn === PASSWORD &&
    values.password === '' &&
    storedPassword !== 'kept'
  ) {
    errors['authentication.password'] = 'is required';
  }
  if (values.afterStoring === 'move' && values.moveTo.trim() === '') {
    errors['afterStoring.folder'] = 'is required';
  }
  for (const problem of problemsOf(values, choices)) {
    if (problem.impossible) {
      errors[pathOfProblem[problem.field]] ??= tell(problem);
    }
  }
  return errors;
}

interface Issue {
  readonly path: readonly PropertyKey[];
  readonly message: string;
}

/** What a schema said, by field; its first sentence about one says enough. */
export function issueErrorsOf(issues: readonly Issue[] = []): FieldErrors {
  const errors: Record<string, string> = {};
  for (const { path, message } of issues) {
    errors[path.map(String).join('.')] ??=
      path.at(-1) === 'port' ? 'is a number from 1 to 65535' : message;
  }
  return errors;
}

/** The words of a text, by spaces, commas and lines. */
export function wordsOf(text: string): string[] {
  return text.split(/[\s,]+/).filter(word => word !== '');
}
