// SPDX-License-Identifier: Apache-2.0
import { aChannel, aChoice, imapHost } from '../__testUtils__/samples';
import {
  fromChannel,
  needsNewConsent,
  newChannelForm,
  serverKey,
  serversOf,
  toChannelSettings,
  withIntegration,
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

describe('newChannelForm', () => {
  it('chooses the only integration that is ready, with its server', () => {
    expect(newChannelForm([draft, aChoice()])).toMatchObject({
      integrationId: aChoice().id,
      server: serverKey(imapHost),
      folder: 'INBOX',
    });
    expect(newChannelForm([aChoice(), other]).integrationId).toBe('');
    expect(newChannelForm([draft]).integrationId).toBe('');
  });
});

describe('serversOf', () => {
  it('offers the IMAP servers only', () => {
    expect(serversOf([aChoice()], aChoice().id)).toEqual([imapHost]);
    expect(serversOf([aChoice()], 'unknown')).toEqual([]);
  });
});

describe('toChannelSettings', () => {
  const choices = [aChoice(), other];
  const valid = {
    ...withIntegration(newChannelForm(choices), aChoice().id, choices),
    address: ' Support@Corp.Test ',
  };

  it('gives the settings with the server word for word', () => {
    expect(toChannelSettings(valid, choices)).toEqual({
      kind: 'valid',
      settings: {
        address: 'support@corp.test',
        server: imapHost,
        folder: 'INBOX',
        authentication: { method: 'oauth', integrationId: aChoice().id },
      },
    });
    expect(toChannelSettings({ ...valid, folder: ' ' }, choices)).toMatchObject(
      { settings: { folder: 'INBOX' } },
    );
  });

  it.each([
    [
      'an empty form',
      { address: '', integrationId: '', server: '' },
      { address: 'is not an e-mail address', integration: 'is required' },
    ],
    [
      'no address',
      { address: 'support' },
      { address: 'is not an e-mail address' },
    ],
    [
      'another domain',
      { address: 'support@corp.test.evil.test' },
      { address: 'must be of corp.test' },
    ],
    [
      'a server of another integration',
      { server: serverKey(other.mailHosts[0]) },
      { server: 'is required' },
    ],
    [
      'a folder that would end the command',
      { folder: 'a\r\nb' },
      { folder: 'holds control characters' },
    ],
  ])('refuses %s', (_, change, errors) => {
    expect(toChannelSettings({ ...valid, ...change }, choices)).toEqual({
      kind: 'invalid',
      errors,
    });
  });

  it('takes any domain where the integration names none', () => {
    const values = {
      ...withIntegration(valid, other.id, choices),
      address: 'a@elsewhere.test',
    };
    expect(toChannelSettings(values, choices).kind).toBe('valid');
  });
});

describe('needsNewConsent', () => {
  it('is so for another address or integration, not for a folder', () => {
    const channel = aChannel();
    const values = fromChannel(channel);
    expect(needsNewConsent(channel, values)).toBe(false);
    expect(needsNewConsent(channel, { ...values, folder: 'Help' })).toBe(false);
    expect(
      needsNewConsent(channel, { ...values, address: 'SUPPORT@corp.test ' }),
    ).toBe(false);
    expect(
      needsNewConsent(channel, { ...values, address: 'b@corp.test' }),
    ).toBe(true);
    expect(
      needsNewConsent(channel, { ...values, integrationId: other.id }),
    ).toBe(true);
  });
});
