// SPDX-License-Identifier: Apache-2.0
import {
  MailHost,
  OAuthIntegration,
} from '@postroom/plugin-incoming-mail-common';
import { findSettingsFaults, needsNewConsent } from './channelRules';
import { MailboxSettings } from './MailboxStore';

const host: MailHost = {
  protocol: 'imap',
  host: 'imap.corp.test',
  port: 993,
  security: 'tls',
};
const settings: MailboxSettings = {
  address: 'support@corp.test',
  server: host,
  folder: 'INBOX',
  authentication: { method: 'oauth', integrationId: 'one' },
};
const integration = {
  ready: true,
  mailHosts: [host, { ...host, protocol: 'pop3', port: 995 }],
  allowedDomains: ['corp.test'],
} as unknown as OAuthIntegration;

const pathsOf = (
  change: Partial<MailboxSettings>,
  of: Partial<OAuthIntegration> = {},
) =>
  findSettingsFaults({ ...settings, ...change }, { ...integration, ...of }).map(
    fault => fault.path,
  );

describe('findSettingsFaults', () => {
  it('finds nothing wrong with a server and a domain of the integration', () => {
    expect(pathsOf({})).toEqual([]);
    expect(pathsOf({}, { allowedDomains: [] })).toEqual([]);
  });

  it.each<[string, Partial<MailHost>]>([
    ['another host', { host: 'imap.evil.test' }],
    ['another port', { port: 994 }],
    ['no encryption', { security: 'none' }],
  ])('refuses %s than the integration lists', (_, change) => {
    expect(pathsOf({ server: { ...host, ...change } })).toEqual([
      'server.host',
    ]);
  });

  it.each(['support@evil.test', 'support@sub.corp.test', 'a@corp.test.evil'])(
    'S64: refuses %s, whose domain is not allowed',
    address => {
      expect(pathsOf({ address })).toEqual(['address']);
    },
  );

  it('refuses an integration that is not ready', () => {
    expect(pathsOf({}, { ready: false })).toEqual([
      'authentication.integrationId',
    ]);
    expect(pathsOf({ server: integration.mailHosts[1] })).toEqual([]);
  });
});

describe('needsNewConsent', () => {
  it('asks again for another account or integration, not for another folder', () => {
    const needs = (change: Partial<MailboxSettings>) =>
      needsNewConsent(settings, { ...settings, ...change });
    expect(needs({ folder: 'Archive' })).toBe(false);
    expect(needs({ server: { ...host, port: 1 } })).toBe(false);
    expect(needs({ address: 'b@corp.test' })).toBe(true);
    expect(
      needs({ authentication: { method: 'oauth', integrationId: 'two' } }),
    ).toBe(true);
  });
});
