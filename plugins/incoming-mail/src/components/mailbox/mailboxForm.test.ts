// SPDX-License-Identifier: Apache-2.0
import {
  authenticationSchema,
  IntegrationChoice,
  oauthProviders,
} from '@postroom/plugin-incoming-mail-common';
import { aChannel, aChoice, imapHost } from '../../__testUtils__/samples';
import {
  fromMailbox,
  mailboxErrorsOf,
  MailboxFormValues,
  mailboxSettingsOf,
  newMailboxForm,
  PASSWORD,
  problemsOf,
  serversOf,
  storedPasswordOf,
  unusableBecause,
  withPreset,
  withServer,
  withSignIn,
} from './mailboxForm';

const pop3Host = aChoice().mailHosts[1];
const google = aChoice({
  id: '11111111-1111-4111-8111-111111111111',
  name: 'Google',
  provider: 'google',
  allowedDomains: [],
  mailHosts: [...oauthProviders.google.mailHosts],
  protocols: ['imap', 'pop3'],
});
const choices: readonly IntegrationChoice[] = [aChoice(), google];
const empty = newMailboxForm();
const withPassword: MailboxFormValues = {
  ...fromMailbox(aChannel()),
  signIn: PASSWORD,
  password: 'secret',
};
const passwordChannel = aChannel({
  authentication: { method: 'password', passwordSet: true },
});

describe('withPreset', () => {
  it('S51: fills in the server of a mail service, for the protocol that is chosen', () => {
    const yahoo = withPreset(empty, 'yahoo', []);
    expect(yahoo.server).toEqual({
      protocol: 'imap',
      host: 'imap.mail.yahoo.com',
      port: '993',
      security: 'tls',
    });
    expect(withServer(yahoo, { protocol: 'pop3' }).server).toMatchObject({
      host: 'pop.mail.yahoo.com',
      port: '995',
    });
    // What was typed stays when the service is none that is known.
    expect(withPreset(yahoo, 'custom', []).server).toEqual(yahoo.server);
  });

  it('unchooses what the service does not have', () => {
    const ways = (signIn: string, preset: 'microsoft-365' | 'google') =>
      withPreset({ ...empty, signIn }, preset, choices).signIn;
    expect(ways(PASSWORD, 'microsoft-365')).toBe('');
    expect(ways(google.id, 'microsoft-365')).toBe('');
    expect(ways(PASSWORD, 'google')).toBe(PASSWORD);
    expect(ways(google.id, 'google')).toBe(google.id);
  });
});

describe('withServer', () => {
  it('knows the service by the host that is typed', () => {
    const typed = withServer(empty, { host: 'imap.gmail.com' });
    expect(typed.preset).toBe('google');
    expect(withServer(typed, { host: 'imap.gmail.co' }).preset).toBe('custom');
  });

  it('moves nothing over POP3, which has no folders', () => {
    const moving = { ...empty, afterStoring: 'move' as const, moveTo: 'Done' };
    const pop3 = withServer(moving, { protocol: 'pop3' });
    expect(pop3.afterStoring).toBe('mark-read');
    expect(mailboxSettingsOf({ ...pop3, folder: 'Help' }).folder).toBe(
      undefined,
    );
  });
});

describe('withSignIn', () => {
  it('S61: changes from a password to OAuth 2.0 and keeps everything else', () => {
    const next = withSignIn(withPassword, aChoice().id, choices);
    expect(next).toEqual({ ...withPassword, signIn: aChoice().id });
  });

  it('takes a server of the integration where the one typed is none', () => {
    const next = withSignIn(withPassword, google.id, choices);
    expect(next.server.host).toBe('imap.gmail.com');
    expect(next.preset).toBe('google');
    const pop3 = withServer(withPassword, { protocol: 'pop3' });
    expect(withSignIn(pop3, google.id, choices).server.host).toBe(
      'pop.gmail.com',
    );
    // This one's scopes are for IMAP alone.
    expect(withSignIn(pop3, aChoice().id, choices).server).toMatchObject({
      protocol: 'imap',
    });
  });
});

describe('unusableBecause', () => {
  it.each([
    ['microsoft-365', undefined, 'password-ended'],
    ['google', undefined, undefined],
    ['microsoft-365', google, 'other-provider'],
    ['google', google, undefined],
    ['yahoo', google, 'host-not-of-integration'],
    ['yahoo', aChoice(), 'host-not-of-integration'],
    ['custom', aChoice(), undefined],
    ['custom', aChoice({ ready: false }), 'integration-not-ready'],
  ] as const)('says why, or nothing: %s (%#)', (preset, integration, code) => {
    const problem = unusableBecause({ ...empty, preset }, integration);
    expect(problem?.code).toBe(code);
  });
});

describe('serversOf', () => {
  it('offers what the scopes give access to', () => {
    expect(serversOf(choices, aChoice().id)).toEqual([imapHost]);
    const both = aChoice({ protocols: ['imap', 'pop3'] });
    expect(serversOf([both], both.id)).toEqual([imapHost, pop3Host]);
    expect(serversOf(choices, 'unknown')).toEqual([]);
  });
});

describe('storedPasswordOf', () => {
  const values = fromMailbox(passwordChannel);

  it.each([
    ['nothing changed', {}, 'kept'],
    ['another folder', { folder: 'Help' }, 'kept'],
    ['the address spelled out', { userName: 'support@corp.test' }, 'kept'],
    ['another user', { userName: 'jo' }, 'to-reenter'],
    ['another address', { address: 'b@corp.test' }, 'to-reenter'],
    [
      'another server',
      { server: { ...values.server, host: 'evil.test' } },
      'to-reenter',
    ],
    [
      'less encryption',
      { server: { ...values.server, security: 'none' as const } },
      'to-reenter',
    ],
  ])('after %s: %#', (_, change, state) => {
    expect(storedPasswordOf(passwordChannel, { ...values, ...change })).toBe(
      state,
    );
  });

  it('has none where there is none', () => {
    expect(storedPasswordOf(undefined, values)).toBe('none');
    expect(storedPasswordOf(aChannel(), values)).toBe('none');
  });
});

describe('mailboxSettingsOf', () => {
  it('sends a password only where one was typed', () => {
    const settings = mailboxSettingsOf(withPassword);
    expect(authenticationSchema.parse(settings.authentication)).toEqual({
      method: 'password',
      password: 'secret',
    });
    const kept = mailboxSettingsOf({
      ...fromMailbox(passwordChannel),
      userName: ' jo ',
    });
    expect(kept.authentication).toEqual({ method: 'password', userName: 'jo' });
  });

  it('reads aliases as people paste them', () => {
    const aliases = 'a@corp.test, b@corp.test\n\nc@corp.test';
    expect(mailboxSettingsOf({ ...empty, aliases }).aliases).toEqual([
      'a@corp.test',
      'b@corp.test',
      'c@corp.test',
    ]);
  });
});

describe('mailboxErrorsOf', () => {
  const errorsOf = (change: Partial<MailboxFormValues>) =>
    mailboxErrorsOf(
      { ...fromMailbox(aChannel()), ...change },
      choices,
      'none',
      ({ code }) => code,
    );

  it('finds nothing wrong with what can work', () => {
    expect(errorsOf({})).toEqual({});
    expect(errorsOf({ signIn: PASSWORD, password: 'x' })).toEqual({});
  });

  it.each([
    [
      'no way to sign in',
      { signIn: '' },
      { 'authentication.integrationId': 'is required' },
    ],
    [
      'no password',
      { signIn: PASSWORD },
      { 'authentication.password': 'is required' },
    ],
    [
      'another domain (S64)',
      { address: 'support@corp.test.evil.test' },
      { address: 'domain-not-allowed' },
    ],
    [
      'a server that is none of the integration’s',
      { server: { ...fromMailbox(aChannel()).server, host: 'evil.test' } },
      { server: 'host-not-of-integration' },
    ],
    [
      'no folder to move to',
      { afterStoring: 'move' as const },
      { 'afterStoring.folder': 'is required' },
    ],
  ])('refuses %s', (_, change, errors) => {
    expect(errorsOf(change)).toEqual(errors);
  });

  it('leaves doubts to the person', () => {
    const gmail = withPreset(
      { ...empty, address: 'jo@gmail.com', signIn: PASSWORD, password: 'x' },
      'google',
      choices,
    );
    expect(problemsOf(gmail, choices).map(({ code }) => code)).toEqual([
      'app-password',
    ]);
    expect(mailboxErrorsOf(gmail, choices, 'none', () => 'no')).toEqual({});
  });
});
