// SPDX-License-Identifier: Apache-2.0
import fc from 'fast-check';
import { ProviderId, providerIdSchema } from './integrations';
import {
  lintRedirectUrl,
  lintScopes,
  needsHttps,
  settingsWarningTexts,
  suggestScopes,
} from './lintIntegration';
import {
  microsoftCloudSchema,
  microsoftSettings,
  oauthProviders,
} from './providers';

const PATH = '/api/incoming-mail/oauth/callback/AAAAAAAAAAAAAAAAAAAAAA';
const GOOD = `https://portal.corp.com${PATH}`;

const imap = { protocol: 'imap' } as const;
const pop3 = { protocol: 'pop3' } as const;

function codesOf(warnings: readonly { code: string }[]): string[] {
  return warnings.map(({ code }) => code);
}

describe('lintRedirectUrl', () => {
  const urlOfLength = (length: number) => GOOD.padEnd(length, 'x');

  it.each<[string, string, Partial<Record<ProviderId, string[]>>]>([
    ['a public https address', GOOD, {}],
    ['a port', `https://portal.corp.com:8443${PATH}`, {}],
    [
      'plain http',
      `http://portal.corp.com${PATH}`,
      {
        google: ['redirect-url-not-https'],
        microsoft: ['redirect-url-not-https'],
        custom: ['redirect-url-not-https'],
      },
    ],
    ['http on localhost', `http://localhost:7007${PATH}`, {}],
    ['http on 127.0.0.1', `http://127.0.0.1:7007${PATH}`, {}],
    ['http on ::1', `http://[::1]:7007${PATH}`, {}],
    [
      'a private IP address',
      `https://10.1.2.3${PATH}`,
      { google: ['redirect-url-ip-address'] },
    ],
    [
      'a public IP address',
      `https://8.8.8.8${PATH}`,
      { google: ['redirect-url-ip-address'] },
    ],
    [
      'an IPv6 address',
      `https://[2001:db8::1]${PATH}`,
      { google: ['redirect-url-ip-address'] },
    ],
    [
      'an IP address written as one number',
      `https://167838211${PATH}`,
      { google: ['redirect-url-ip-address'] },
    ],
    ...['portal', 'portal.local', 'portal.corp.internal', 'portal.lan.'].map(
      (host): [string, string, Partial<Record<ProviderId, string[]>>] => [
        `the name ${host}`,
        `https://${host}${PATH}`,
        { google: ['redirect-url-not-public'] },
      ],
    ),
    [
      'a user name',
      `https://jo:pw@portal.corp.com${PATH}`,
      {
        google: ['redirect-url-user-info'],
        microsoft: ['redirect-url-user-info'],
        custom: ['redirect-url-user-info'],
      },
    ],
    ...['#', '#top'].map(
      (end): [string, string, Partial<Record<ProviderId, string[]>>] => [
        `the fragment ${end}`,
        `${GOOD}${end}`,
        {
          google: ['redirect-url-fragment'],
          microsoft: ['redirect-url-fragment'],
          custom: ['redirect-url-fragment'],
        },
      ],
    ),
    [
      'a wildcard',
      'https://portal.corp.com/*',
      {
        google: ['redirect-url-wildcard'],
        microsoft: ['redirect-url-wildcard'],
        custom: ['redirect-url-wildcard'],
      },
    ],
    ...['/../x', '/%2e%2E/x', '\\..\\x', '/a/..', '%2f..%2fx'].map(
      (path): [string, string, Partial<Record<ProviderId, string[]>>] => [
        `the path ${path}`,
        `https://portal.corp.com/a${path}`,
        {
          google: ['redirect-url-path-traversal'],
          microsoft: ['redirect-url-path-traversal'],
          custom: ['redirect-url-path-traversal'],
        },
      ],
    ),
    ['dots that lead nowhere', 'https://portal.corp.com/a..b/...c', {}],
    ['256 characters', urlOfLength(256), {}],
    [
      '257 characters',
      urlOfLength(257),
      { microsoft: ['redirect-url-too-long'] },
    ],
    ...[
      'portal.corp.com',
      'https://',
      `${GOOD}%zz`,
      `${GOOD}%00`,
      `${GOOD} `,
    ].map((url): [string, string, Partial<Record<ProviderId, string[]>>] => [
      `“${url}”`,
      url,
      {
        google: ['redirect-url-malformed'],
        microsoft: ['redirect-url-malformed'],
        custom: ['redirect-url-malformed'],
      },
    ]),
  ])('S19, S20: judges %s', (_, redirectUrl, expected) => {
    for (const provider of providerIdSchema.options) {
      const warnings = lintRedirectUrl({ redirectUrl, provider });
      expect([provider, codesOf(warnings)]).toEqual([
        provider,
        expected[provider] ?? [],
      ]);
    }
  });

  it('S21: notices another origin than the browser’s', () => {
    const lint = (currentOrigin: string) =>
      lintRedirectUrl({ redirectUrl: GOOD, provider: 'google', currentOrigin });
    expect(lint('https://portal.corp.com')).toEqual([]);
    expect(lint('HTTPS://PORTAL.corp.com:443/')).toEqual([]);
    expect(lint('not an origin')).toEqual([]);
    expect(lint('https://node-2.corp.com')).toMatchObject([
      {
        code: 'redirect-url-other-origin',
        subject: 'https://node-2.corp.com',
        refused: false,
      },
    ]);
  });

  it('S20: tells what is refused from what is only unusual', () => {
    const redirectUrl = `http://10.0.0.1${PATH}`;
    expect(
      lintRedirectUrl({ redirectUrl, provider: 'google' }).map(
        ({ refused }) => refused,
      ),
    ).toEqual([true, true]);
    expect(lintRedirectUrl({ redirectUrl, provider: 'custom' })).toMatchObject([
      { field: 'redirectUrl', refused: false },
    ]);
  });

  it('S20: names the host in the sentence', () => {
    const [warning] = lintRedirectUrl({
      redirectUrl: `https://10.1.2.3${PATH}`,
      provider: 'google',
    });
    expect(warning.message).toContain('refuses the address 10.1.2.3');
  });

  it('never throws', () => {
    fc.assert(
      fc.property(
        fc.string(),
        fc.constantFrom(...providerIdSchema.options),
        (text, provider) => {
          const urls = { redirectUrl: text, currentOrigin: text };
          expect(lintRedirectUrl({ ...urls, provider })).toEqual(
            expect.any(Array),
          );
        },
      ),
    );
  });
});

describe('needsHttps', () => {
  it.each([
    ['https://portal.corp.com', false],
    ['http://portal.corp.com', true],
    ['http://localhost:7007', false],
    ['http://127.0.0.1', false],
    ['http://[::1]:7007/x', false],
    ['http://localhost.corp.com', true],
    ['http://127.0.0.1.corp.com', true],
    ['', false],
  ])('S5: %s: %s', (address, expected) => {
    expect(needsHttps(address)).toBe(expected);
  });
});

const GOOGLE = 'https://mail.google.com/';
const IMAP = 'https://outlook.office.com/IMAP.AccessAsUser.All';
const POP = 'https://outlook.office.com/POP.AccessAsUser.All';

describe('lintScopes', () => {
  it.each(['google', 'microsoft', 'custom'] as const)(
    'S22–S25: finds nothing about the preset of %s',
    provider => {
      const { recommendedScopes, mailHosts } = oauthProviders[provider];
      expect(
        lintScopes({ provider, scopes: recommendedScopes, mailHosts }),
      ).toEqual([]);
    },
  );

  it('S25: presets exactly four scopes for Google and Microsoft', () => {
    expect([
      ...oauthProviders.google.recommendedScopes,
      ...oauthProviders.microsoft.recommendedScopes,
    ]).toEqual([GOOGLE, IMAP, POP, 'offline_access']);
  });

  it.each([
    [[GOOGLE, 'openid', 'email'], [], undefined],
    [['https://mail.google.com'], ['google-mail-scope-missing'], GOOGLE],
    [
      ['https://www.googleapis.com/auth/gmail.readonly', 'openid'],
      ['google-mail-scope-missing'],
      `${GOOGLE} openid`,
    ],
    [['openid'], ['google-mail-scope-missing'], `${GOOGLE} openid`],
    [[], ['google-mail-scope-missing'], GOOGLE],
    [[GOOGLE, 'offline_access'], ['google-offline-access'], GOOGLE],
  ])('S23: Google with %j: %j', (scopes, codes, suggestion) => {
    const warnings = lintScopes({
      provider: 'google',
      scopes,
      mailHosts: [imap, pop3],
    });
    expect(codesOf(warnings)).toEqual(codes);
    expect(warnings[0]?.suggestion).toBe(suggestion);
  });

  it.each([
    ['IMAP alone, for IMAP alone', [IMAP, 'offline_access'], [imap], []],
    ['POP alone, for POP3 alone', [POP, 'offline_access'], [pop3], []],
    [
      'IMAP alone, for both',
      [IMAP, 'offline_access'],
      [imap, pop3],
      [['microsoft-pop-scope-missing', `${POP} ${IMAP} offline_access`]],
    ],
    [
      'POP alone, for IMAP',
      [POP, 'offline_access'],
      [imap],
      [['microsoft-imap-scope-missing', `${IMAP} ${POP} offline_access`]],
    ],
    [
      'no offline_access',
      [IMAP],
      [imap],
      [['microsoft-offline-access-missing', `${IMAP} offline_access`]],
    ],
    [
      'the short form',
      ['IMAP.AccessAsUser.All', 'offline_access'],
      [imap],
      [['microsoft-short-scope', `${IMAP} offline_access`]],
    ],
    [
      'the short form in other letters, beside the right one',
      ['imap.accessasuser.all', IMAP, 'offline_access'],
      [imap],
      [['microsoft-short-scope', `${IMAP} offline_access`]],
    ],
    [
      'the mail permissions of Graph',
      [
        'https://graph.microsoft.com/IMAP.AccessAsUser.All',
        'POP.AccessAsUser.All',
        'offline_access',
      ],
      [imap, pop3],
      [['microsoft-short-scope', `${IMAP} ${POP} offline_access`]],
    ],
    [
      'scopes of Graph beside it',
      [
        IMAP,
        'User.Read',
        'https://graph.microsoft.com/Mail.Read',
        'offline_access',
      ],
      [imap],
      [['microsoft-graph-scope', `${IMAP} offline_access`]],
    ],
    [
      'nothing but Graph',
      ['Mail.Read'],
      [imap],
      [
        ['microsoft-graph-scope', undefined],
        ['microsoft-imap-scope-missing', `${IMAP} Mail.Read`],
        ['microsoft-offline-access-missing', 'Mail.Read offline_access'],
      ],
    ],
    [
      'the scopes of OpenID Connect, which belong to no resource',
      [IMAP, 'openid', 'profile', 'email', 'offline_access'],
      [imap],
      [],
    ],
    [
      'the resource by its other name',
      ['https://outlook.office365.com/IMAP.AccessAsUser.All', 'offline_access'],
      [imap],
      [],
    ],
    [
      'a permission of the US Government’s cloud',
      ['https://outlook.office365.us/IMAP.AccessAsUser.All', 'offline_access'],
      [imap],
      [['microsoft-other-cloud', `${IMAP} offline_access`]],
    ],
    [
      'everything granted beforehand, for an application of its own',
      ['https://outlook.office365.com/.default'],
      [imap, pop3],
      [],
    ],
  ] as const)('S24: Microsoft with %s', (_, scopes, mailHosts, expected) => {
    const warnings = lintScopes({ provider: 'microsoft', scopes, mailHosts });
    expect(warnings.map(({ code, suggestion }) => [code, suggestion])).toEqual(
      expected,
    );
    expect(warnings.every(({ field }) => field === 'scopes')).toBe(true);
  });

  it.each(microsoftCloudSchema.options)(
    'S24: corrects to the resource of the cloud %s',
    cloud => {
      const { scopes, mailHosts, tokenEndpoint } = microsoftSettings({
        tenant: 'corp.com',
        cloud,
      });
      const lint = (tried: readonly string[]) =>
        lintScopes({
          provider: 'microsoft',
          scopes: tried,
          mailHosts,
          tokenEndpoint,
        });
      expect(lint(scopes)).toEqual([]);
      const [warning] = lint([
        'IMAP.AccessAsUser.All',
        'POP.AccessAsUser.All',
        'offline_access',
      ]);
      expect(warning.suggestion).toBe(scopes.join(' '));
    },
  );

  it('S22: knows nothing of a custom provider’s scopes', () => {
    expect(
      lintScopes({ provider: 'custom', scopes: ['x'], mailHosts: [imap] }),
    ).toEqual([]);
  });

  it('S24: quotes scopes as they are, whatever characters they hold', () => {
    const [warning] = lintScopes({
      provider: 'microsoft',
      scopes: ['$&.Read', IMAP, 'offline_access'],
      mailHosts: [imap],
    });
    expect(warning.message).toContain('$&.Read asks for Microsoft Graph');
    expect(warning.message).not.toContain('{{');
  });
});

describe('lintScopes for an application in its own name', () => {
  it.each(microsoftCloudSchema.options)(
    'S22: wants the one scope of the cloud %s, and suggests it',
    cloud => {
      const { tokenEndpoint, scopes, applicationScopes } = microsoftSettings({
        tenant: 'corp.com',
        cloud,
      });
      const options = {
        provider: 'microsoft',
        grantType: 'client_credentials',
        mailHosts: [imap],
        tokenEndpoint,
      } as const;
      expect(lintScopes({ ...options, scopes: applicationScopes })).toEqual([]);
      for (const wrong of [scopes, [...applicationScopes, 'offline_access']]) {
        expect(codesOf(lintScopes({ ...options, scopes: wrong }))).toEqual([
          'microsoft-application-scope',
        ]);
        expect(suggestScopes({ ...options, scopes: wrong })).toEqual(
          applicationScopes,
        );
      }
    },
  );
});

describe('suggestScopes', () => {
  it('S24: mends everything at once', () => {
    expect(
      suggestScopes({
        provider: 'microsoft',
        scopes: ['SMTP.Send', 'User.Read'],
        mailHosts: [imap, pop3],
      }),
    ).toEqual([
      POP,
      IMAP,
      'https://outlook.office.com/SMTP.Send',
      'offline_access',
    ]);
  });

  it('S22: suggests nothing where there is nothing to mend', () => {
    for (const provider of providerIdSchema.options) {
      const { recommendedScopes, mailHosts } = oauthProviders[provider];
      expect(
        suggestScopes({ provider, scopes: recommendedScopes, mailHosts }),
      ).toBeUndefined();
    }
  });

  it('S22–S25: ends, and leaves nothing that can be mended', () => {
    const pieces = [
      GOOGLE,
      IMAP,
      'offline_access',
      'openid',
      'IMAP.AccessAsUser.All',
      'https://outlook.office365.us/POP.AccessAsUser.All',
      'User.Read',
      'https://graph.microsoft.com/Mail.Read',
      'https://outlook.office365.com/.default',
      'https://www.googleapis.com/auth/gmail.readonly',
    ];
    fc.assert(
      fc.property(
        fc.subarray(pieces, { minLength: 1 }),
        fc.subarray([imap, pop3]),
        fc.constantFrom(...providerIdSchema.options),
        (scopes, mailHosts, provider) => {
          const options = { provider, scopes, mailHosts };
          const mended = suggestScopes(options) ?? scopes;
          const left = lintScopes({ ...options, scopes: mended });
          expect(left.filter(({ suggestion }) => suggestion)).toEqual([]);
        },
      ),
    );
  });
});

describe('settingsWarningTexts', () => {
  it('has whole sentences, each naming at most one subject', () => {
    for (const text of Object.values(settingsWarningTexts)) {
      expect(text).toMatch(/[.”]$/);
      expect(text.split('{{').length).toBeLessThanOrEqual(2);
    }
  });
});
