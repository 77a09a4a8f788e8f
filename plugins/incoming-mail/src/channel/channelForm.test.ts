// SPDX-License-Identifier: Apache-2.0
import { aChannel, aChoice, imapHost } from '../__testUtils__/samples';
import { PASSWORD, withSignIn } from '../components/mailbox/mailboxForm';
import {
  ChannelFormValues,
  fromChannel,
  needsNewSignIn,
  newChannelForm,
  toChannelSettings,
} from './channelForm';

const other = aChoice({
  id: '11111111-1111-4111-8111-111111111111',
  name: 'Other',
  allowedDomains: [],
  mailHosts: [{ ...imapHost, host: 'other.test' }],
});
const draft = aChoice({
  id: '22222222-2222-4222-8222-222222222222',
  ready: false,
});
const choices = [aChoice(), other];

const judge = (values: ChannelFormValues, channel = aChannel()) =>
  toChannelSettings(values, choices, channel, ({ message }) => message);

describe('newChannelForm', () => {
  it('chooses the only integration that is ready, with its server', () => {
    expect(newChannelForm([draft, aChoice()])).toMatchObject({
      signIn: aChoice().id,
      server: { ...imapHost, port: '993' },
      folder: 'INBOX',
    });
    expect(newChannelForm([aChoice(), other]).signIn).toBe('');
    expect(newChannelForm([draft]).signIn).toBe('');
  });
});

describe('toChannelSettings', () => {
  const empty = newChannelForm(choices);
  const valid = {
    ...empty,
    ...withSignIn(empty, aChoice().id, choices),
    address: ' Support@Corp.Test ',
  };

  it('gives the settings with the server word for word', () => {
    expect(judge(valid)).toEqual({
      kind: 'valid',
      settings: {
        address: 'support@corp.test',
        server: imapHost,
        folder: 'INBOX',
        authentication: { method: 'oauth', integrationId: aChoice().id },
        aliases: [],
        afterStoring: { action: 'mark-read' },
        requestDefaults: {},
      },
    });
    expect(judge({ ...valid, folder: ' ' })).toMatchObject({
      settings: { folder: 'INBOX' },
    });
  });

  it('has what requests begin with, as far as it was filled in', () => {
    expect(
      judge({
        ...valid,
        requestType: ' Incident ',
        priority: 'high',
        labels: 'mail\n\n on call ',
      }),
    ).toMatchObject({
      settings: {
        requestDefaults: {
          requestType: 'Incident',
          priority: 'high',
          labels: ['mail', 'on call'],
        },
      },
    });
  });

  it.each([
    [
      'an empty form',
      { ...empty },
      {
        address: 'is not an e-mail address',
        'server.host': 'is required',
        'authentication.integrationId': 'is required',
      },
    ],
    [
      'no address',
      { address: 'support' },
      { address: 'is not an e-mail address' },
    ],
    [
      'another domain (S64)',
      { address: 'support@corp.test.evil.test' },
      { address: 'The integration allows only accounts of corp.test.' },
    ],
    [
      'a folder that would end the command',
      { folder: 'a\r\nb' },
      { folder: 'holds control characters' },
    ],
    [
      'an alias that is none',
      { aliases: 'help@corp.test nobody' },
      { 'aliases.1': 'is not an e-mail address' },
    ],
  ])('refuses %s', (_, change, errors) => {
    expect(judge({ ...valid, ...change })).toEqual({ kind: 'invalid', errors });
  });

  it('S64: takes any domain with a password, or where the integration names none', () => {
    const address = 'a@elsewhere.test';
    const byOther = { ...valid, ...withSignIn(valid, other.id, choices) };
    expect(judge({ ...byOther, address }).kind).toBe('valid');
    expect(
      judge({ ...valid, address, signIn: PASSWORD, password: 'x' }).kind,
    ).toBe('valid');
  });
});

describe('needsNewSignIn', () => {
  it('is so for another address or integration, not for a folder', () => {
    const channel = aChannel();
    const values = fromChannel(channel);
    const needs = (change: Partial<ChannelFormValues>) =>
      needsNewSignIn(channel, { ...values, ...change });
    expect(needs({})).toBe(false);
    expect(needs({ folder: 'Help' })).toBe(false);
    expect(needs({ address: 'SUPPORT@corp.test ' })).toBe(false);
    expect(needs({ address: 'b@corp.test' })).toBe(true);
    expect(needs({ signIn: other.id })).toBe(true);
    expect(needs({ signIn: PASSWORD })).toBe(true);
  });

  it('is so for another password, not for one that is kept', () => {
    const channel = aChannel({
      authentication: { method: 'password', passwordSet: true },
    });
    const values = fromChannel(channel);
    expect(needsNewSignIn(channel, values)).toBe(false);
    expect(needsNewSignIn(channel, { ...values, password: 'new' })).toBe(true);
    expect(needsNewSignIn(channel, { ...values, userName: 'jo' })).toBe(true);
  });
});
