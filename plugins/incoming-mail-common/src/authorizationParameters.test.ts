// SPDX-License-Identifier: Apache-2.0
import {
  authorizationParameterListSchema,
  authorizationParameterNames,
  isReservedAuthorizationParameter,
  reservedAuthorizationParameters,
} from './authorizationParameters';
import { createIntegrationSchema } from './integrations';

const settings = {
  name: 'Corp mail',
  provider: 'custom',
  authorizationEndpoint: 'https://id.corp.test/auth',
  tokenEndpoint: 'https://id.corp.test/token',
  scopes: ['mail'],
  clientAuthentication: 'client_secret_basic',
  allowedDomains: [],
  mailHosts: [
    { protocol: 'imap', host: 'imap.corp.test', port: 993, security: 'tls' },
  ],
  callbackSlug: 'AAAAAAAAAAAAAAAAAAAAAA',
};

const issuesOf = (changes: object) =>
  (
    createIntegrationSchema.safeParse({ ...settings, ...changes }).error
      ?.issues ?? []
  ).map(({ path, message }) => `${path.join('.')} ${message}`);

describe('authorizationParameterListSchema', () => {
  const errorOf = (name: string, value: string) =>
    authorizationParameterListSchema.safeParse([{ name, value }]).error
      ?.issues[0];

  it('never lets a reserved parameter be named, in whatever case', () => {
    for (const name of reservedAuthorizationParameters) {
      for (const spelling of [name, name.toUpperCase(), ` ${name} `]) {
        expect(errorOf(spelling, 'x')).toMatchObject({
          path: [0, 'name'],
          message: 'is made for each request and cannot be set',
        });
      }
    }
    expect(
      authorizationParameterNames.filter(isReservedAuthorizationParameter),
    ).toEqual([]);
  });

  it.each([
    ['surprise', 'x', 'name'],
    ['constructor', 'x', 'name'],
    ['prompt', 'none', 'value'],
    ['prompt', 'login  consent', 'value'],
    ['max_age', '-1', 'value'],
    ['resource', 'mail', 'value'],
    ['resource', 'https://x.test/#a', 'value'],
    ['claims', '[]', 'value'],
    ['claims', '{', 'value'],
    ['hd', '', 'value'],
    ['hd', 'corp.test\r\nx', 'value'],
  ])('refuses %s=%j at its %s', (name, value, field) => {
    expect(errorOf(name, value)?.path).toEqual([0, field]);
  });

  it.each([
    ['prompt', 'consent select_account'],
    ['max_age', '0'],
    ['resource', 'https://outlook.test/'],
    ['claims', '{"id_token":{"email":null}}'],
    ['hd', 'corp.test'],
    ['domain_hint', 'organizations'],
    ['audience', 'https://mail.test'],
  ])('takes %s=%j', (name, value) => {
    expect(errorOf(name, value)).toBeUndefined();
  });

  it('takes each name once', () => {
    const twice = [
      { name: 'hd', value: 'a.test' },
      { name: 'hd', value: 'b.test' },
    ];
    expect(
      authorizationParameterListSchema.safeParse(twice).error?.issues[0].path,
    ).toEqual([1, 'name']);
  });
});

describe('createIntegrationSchema, on what depends on several fields', () => {
  const tenant = '11111111-2222-4333-8444-555555555555';
  const microsoft = {
    provider: 'microsoft',
    authorizationEndpoint:
      'https://login.microsoftonline.com/common/oauth2/v2.0/authorize',
    tokenEndpoint: 'https://login.microsoftonline.com/common/oauth2/v2.0/token',
  };

  it.each<[string, object, string | undefined]>([
    ['openid without an issuer', { scopes: ['openid'] }, 'issuer'],
    [
      'openid at several tenants of Microsoft',
      { ...microsoft, scopes: ['openid'] },
      undefined,
    ],
    [
      'openid at several tenants, with the token endpoint of another',
      {
        ...microsoft,
        tokenEndpoint: 'https://evil.test/token',
        scopes: ['openid'],
      },
      'issuer',
    ],
    [
      'openid at Microsoft in name only',
      { provider: 'microsoft', scopes: ['openid'] },
      'issuer',
    ],
    ['a declared iss without an issuer', { issDeclared: true }, 'issuer'],
    [
      'a declared iss with one',
      { issDeclared: true, issuer: 'https://id.corp.test' },
      undefined,
    ],
    ['tenants elsewhere', { allowedTenants: [tenant] }, 'allowedTenants'],
    [
      'tenants without an ID token',
      { ...microsoft, allowedTenants: [tenant] },
      'allowedTenants',
    ],
    [
      'tenants with one (T70)',
      { ...microsoft, scopes: ['openid'], allowedTenants: [tenant] },
      undefined,
    ],
    [
      'a tenant that is none',
      { ...microsoft, scopes: ['openid'], allowedTenants: ['corp.test'] },
      'allowedTenants.0',
    ],
    [
      'a prompt at Google that loses the refresh token (P7)',
      {
        provider: 'google',
        authorizationParameters: [{ name: 'prompt', value: 'login' }],
      },
      'authorizationParameters.0.value',
    ],
    [
      'the same prompt elsewhere',
      { authorizationParameters: [{ name: 'prompt', value: 'login' }] },
      undefined,
    ],
    [
      'online access at Google',
      {
        provider: 'google',
        authorizationParameters: [{ name: 'access_type', value: 'online' }],
      },
      'authorizationParameters.0.value',
    ],
  ])('judges %s', (_title, changes, path) => {
    const paths = issuesOf(changes).map(issue => issue.split(' ')[0]);
    expect(paths).toEqual(path === undefined ? [] : [path]);
  });
});
