// SPDX-License-Identifier: Apache-2.0
import { ProviderId } from '@postroom/plugin-incoming-mail-common';
import { judgeGrantedScopes } from './judgeGrantedScopes';

const tokenEndpoint =
  'https://login.microsoftonline.com/common/oauth2/v2.0/token';
const IMAP = 'https://outlook.office.com/IMAP.AccessAsUser.All';
const POP = 'https://outlook.office.com/POP.AccessAsUser.All';
const GMAIL = 'https://mail.google.com/';

describe('judgeGrantedScopes', () => {
  it.each<[ProviderId, 'imap' | 'pop3', string[], string]>([
    ['google', 'imap', [GMAIL, 'openid'], 'passed'],
    ['google', 'pop3', [GMAIL], 'passed'],
    ['google', 'imap', ['openid', 'email'], 'failed scopes-missing'],
    [
      'google',
      'imap',
      ['https://www.googleapis.com/auth/gmail.readonly'],
      'failed scopes-missing',
    ],
    // Microsoft does not list offline_access among what it granted.
    ['microsoft', 'imap', [IMAP], 'passed'],
    ['microsoft', 'imap', [IMAP.toLowerCase()], 'passed'],
    ['microsoft', 'imap', [POP], 'failed scopes-missing'],
    ['microsoft', 'pop3', [POP], 'passed'],
    ['microsoft', 'pop3', [IMAP], 'failed scopes-missing'],
    ['microsoft', 'imap', ['IMAP.AccessAsUser.All'], 'warned'],
    [
      'microsoft',
      'imap',
      ['https://outlook.office365.us/IMAP.AccessAsUser.All'],
      'warned',
    ],
    ['custom', 'imap', ['mail'], 'passed'],
    ['custom', 'imap', ['MAIL', 'more'], 'passed'],
    ['custom', 'imap', ['other'], 'warned'],
  ])(
    'P7: judges for %s over %s %j: %s',
    (provider, protocol, granted, expected) => {
      const { verdict, failure, detail } = judgeGrantedScopes({
        granted,
        integration: {
          provider,
          tokenEndpoint,
          scopes: ['openid', 'offline_access', 'mail'],
        },
        protocol,
      });
      expect([verdict, failure].filter(Boolean).join(' ')).toBe(expected);
      expect(detail).not.toBe('');
    },
  );
});
