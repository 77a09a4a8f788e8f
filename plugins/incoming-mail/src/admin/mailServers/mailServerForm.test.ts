// SPDX-License-Identifier: Apache-2.0
import { MailServerDraft } from '@postroom/plugin-incoming-mail-common';
import {
  aChoice,
  aDraft,
  alertHandler,
  aMailServer,
  aRefusal,
  trackerHandler,
} from '../../__testUtils__/samples';
import { PASSWORD } from '../../components/mailbox/mailboxForm';
import {
  authorizationOf,
  draftErrorsOf,
  fromMailServer,
  HeldDraft,
  isHeld,
  MailServerFormValues,
  newMailServerForm,
  saveStateOf,
  toMailServerSettings,
} from './mailServerForm';

const handlers = [trackerHandler, alertHandler];
const server = aMailServer();
const values = fromMailServer(server);
const TESTED = '2024-05-06T07:08:09.000Z';

const judge = (
  change: Partial<MailServerFormValues> = {},
  held?: HeldDraft,
  of = server,
) =>
  toMailServerSettings(
    { ...values, ...change },
    {
      choices: [aChoice()],
      handlers,
      server: of,
      held,
      tell: ({ code }) => code,
    },
  );

describe('newMailServerForm', () => {
  it('chooses the handler where there is only one', () => {
    expect(newMailServerForm([trackerHandler]).handlers).toHaveLength(1);
    expect(newMailServerForm(handlers).handlers).toEqual([]);
  });
});

describe('toMailServerSettings', () => {
  it('gives back the settings of a mail server that nothing was changed of', () => {
    const { name, timeoutSeconds, enabled, address, folder } = server;
    expect(judge()).toEqual({
      kind: 'valid',
      settings: {
        name,
        timeoutSeconds,
        enabled,
        address,
        folder,
        server: server.server,
        authentication: server.authentication,
        aliases: [],
        afterStoring: { action: 'mark-read' },
        handlers: server.handlers,
      },
    });
  });

  it.each([
    ['no name', { name: ' ' }, { name: 'is required' }],
    [
      'a timeout that is none',
      { timeoutSeconds: '4' },
      { timeoutSeconds: 'is a number from 5 to 120' },
    ],
    [
      'no handler',
      { handlers: [] },
      { handlers: 'needs at least one handler' },
    ],
    [
      'a handler that lacks what it requires',
      { handlers: [{ key: 0, handlerId: 'request-tracker', settings: {} }] },
      { 'handlers.0.settings.project': 'is required' },
    ],
    [
      'another domain (S64)',
      { address: 'alerts@evil.test' },
      { address: 'domain-not-allowed' },
    ],
  ])('refuses %s', (_, change, errors) => {
    expect(judge(change)).toEqual({ kind: 'invalid', errors });
  });

  it('S68: leaves the handlers as they are when the authentication changes', () => {
    const verdict = judge({ signIn: PASSWORD, password: 'secret' });
    expect(verdict).toMatchObject({
      settings: {
        authentication: { method: 'password', password: 'secret' },
        handlers: server.handlers,
      },
    });
  });

  it('sends a password once: the draft’s own is kept', () => {
    const typed = { ...values, signIn: PASSWORD, password: 'secret' };
    const draft = aDraft({
      authentication: { method: 'password', passwordSet: true },
    });
    const held = { draft, values: typed };
    const passwordIn = (change: Partial<MailServerFormValues>) => {
      const verdict = judge({ ...typed, ...change }, held);
      return verdict.kind === 'valid' &&
        verdict.settings.authentication.method === 'password'
        ? verdict.settings.authentication.password
        : verdict;
    };
    expect(passwordIn({ name: 'Other' })).toBeUndefined();
    expect(passwordIn({ password: 'other' })).toBe('other');
    // It goes to another place; the draft’s is not sent there unasked.
    expect(passwordIn({ userName: 'jo' })).toBe('secret');
  });
});

describe('saveStateOf', () => {
  const held = (changes: Partial<MailServerDraft>): HeldDraft => ({
    draft: aDraft(changes),
    values,
  });
  const passed = held({ testedAt: TESTED, obstacle: undefined });

  it('S55: waits for a test of exactly this connection', () => {
    expect(saveStateOf(values, undefined)).toBe('not-tested');
    expect(saveStateOf(values, held({}))).toBe('not-tested');
    expect(saveStateOf(values, passed)).toBe('ready');
    const old = held({ testedAt: TESTED, obstacle: 'test-too-old' });
    expect(saveStateOf(values, old)).toBe('test-too-old');
  });

  it.each<[string, Partial<MailServerFormValues>]>([
    ['address', { address: 'b@corp.test' }],
    ['host', { server: { ...values.server, host: 'b.test' } }],
    ['port', { server: { ...values.server, port: '1993' } }],
    ['security', { server: { ...values.server, security: 'starttls' } }],
    ['folder', { folder: 'Help' }],
    ['way to sign in', { signIn: PASSWORD }],
    ['timeout', { timeoutSeconds: '5' }],
  ])('S55: is undone by a change of the %s', (_, change) => {
    expect(saveStateOf({ ...values, ...change }, passed)).toBe(
      'changed-since-test',
    );
  });

  it('is not undone by what is no part of the connection', () => {
    const change = { name: 'Other', handlers: [], enabled: false };
    expect(saveStateOf({ ...values, ...change }, passed)).toBe('ready');
    expect(isHeld({ ...values, ...change }, passed)).toBe(false);
    expect(isHeld(values, passed)).toBe(true);
  });
});

describe('authorizationOf', () => {
  it('S71: knows whose access there is', () => {
    expect(authorizationOf(values, undefined, undefined)).toBe('none');
    expect(authorizationOf(values, server, undefined)).toBe('server');
    const other = { ...values, address: 'b@corp.test' };
    expect(authorizationOf(other, server, undefined)).toBe('none');
    const own = { draft: aDraft({ authorization: 'own' }), values };
    expect(authorizationOf(values, server, own)).toBe('own');
    expect(authorizationOf(other, server, own)).toBe('none');
  });
});

describe('draftErrorsOf', () => {
  it('finds the fields of a refusal under the form’s own names', async () => {
    const refusal = await aRefusal(400, 'Invalid input', [
      { path: 'body.settings.server.host', message: 'is not reachable' },
    ]);
    expect(draftErrorsOf(refusal)).toEqual({
      'server.host': 'is not reachable',
    });
    expect(draftErrorsOf(new Error('other'))).toEqual({});
  });
});
