// SPDX-License-Identifier: Apache-2.0
import fc from 'fast-check';
import {
  microsoftAdminConsentUrl,
  microsoftClouds,
  microsoftCloudSchema,
  microsoftSettings,
  microsoftSettingsOf,
  microsoftTenantSchema,
  oauthProviders,
} from './providers';

const TENANT_ID = '72F988BF-86F1-41AF-91AB-2D7CD011DB47';

describe('oauthProviders', () => {
  it('S17: knows both endpoints of Google and Microsoft', () => {
    for (const id of ['google', 'microsoft'] as const) {
      const { authorizationEndpoint, tokenEndpoint } = oauthProviders[id];
      expect(authorizationEndpoint).toMatch(/^https:/);
      expect(tokenEndpoint).toMatch(/^https:/);
    }
    expect(oauthProviders.custom.tokenEndpoint).toBeUndefined();
  });

  it('S26, S27: links to the documentation of scopes and flow', () => {
    for (const id of ['google', 'microsoft'] as const) {
      const { scopes, flow } = oauthProviders[id].links;
      expect(scopes).toMatch(/^https:/);
      expect(flow).toMatch(/^https:/);
    }
  });
});

describe('microsoftSettings', () => {
  it('sets authority, scopes and servers of a cloud together', () => {
    expect(microsoftSettings({ tenant: 'corp.com', cloud: 'us-government' }))
      .toMatchInlineSnapshot(`
      {
        "applicationScopes": [
          "https://outlook.office365.us/.default",
        ],
        "authorizationEndpoint": "https://login.microsoftonline.us/corp.com/oauth2/v2.0/authorize",
        "mailHosts": [
          {
            "host": "outlook.office365.us",
            "port": 993,
            "protocol": "imap",
            "security": "tls",
          },
          {
            "host": "outlook.office365.us",
            "port": 995,
            "protocol": "pop3",
            "security": "tls",
          },
        ],
        "scopes": [
          "https://outlook.office365.us/IMAP.AccessAsUser.All",
          "https://outlook.office365.us/POP.AccessAsUser.All",
          "offline_access",
        ],
        "tokenEndpoint": "https://login.microsoftonline.us/corp.com/oauth2/v2.0/token",
      }
    `);
  });

  it.each([
    [
      TENANT_ID,
      `https://login.microsoftonline.com/${TENANT_ID.toLowerCase()}/v2.0`,
    ],
    ['common', undefined],
    ['organizations', undefined],
    ['consumers', undefined],
    ['corp.com', undefined],
  ])('knows the issuer of a tenant ID only: %s', (tenant, issuer) => {
    expect(microsoftSettings({ tenant, cloud: 'global' }).issuer).toBe(issuer);
  });

  it('is what the preset holds for everybody', () => {
    expect(microsoftSettings({ tenant: 'common', cloud: 'global' })).toEqual({
      authorizationEndpoint: oauthProviders.microsoft.authorizationEndpoint,
      tokenEndpoint: oauthProviders.microsoft.tokenEndpoint,
      scopes: oauthProviders.microsoft.recommendedScopes,
      applicationScopes: ['https://outlook.office365.com/.default'],
      mailHosts: oauthProviders.microsoft.mailHosts,
    });
  });

  it('keeps a tenant within its place in the path', () => {
    expect(
      microsoftSettings({ tenant: '../x?y', cloud: 'global' }).tokenEndpoint,
    ).toBe('https://login.microsoftonline.com/..%2Fx%3Fy/oauth2/v2.0/token');
  });
});

describe('microsoftSettingsOf', () => {
  it('is the inverse for every tenant and cloud', () => {
    fc.assert(
      fc.property(
        fc.oneof(
          fc.constantFrom('common', 'organizations', 'consumers', TENANT_ID),
          fc.domain(),
        ),
        fc.constantFrom(...microsoftCloudSchema.options),
        (tenant, cloud) => {
          fc.pre(microsoftTenantSchema.safeParse(tenant).success);
          const { authorizationEndpoint } = microsoftSettings({
            tenant,
            cloud,
          });
          expect(microsoftSettingsOf(authorizationEndpoint)).toEqual({
            tenant,
            cloud,
          });
        },
      ),
    );
  });

  it.each([
    ['', undefined],
    ['not a url', undefined],
    ['https://login.corp.com/common/oauth2/v2.0/authorize', undefined],
    ['https://login.microsoftonline.com/common/oauth2/authorize', undefined],
    ['https://login.microsoftonline.com//oauth2/v2.0/authorize', undefined],
    [
      'https://login.microsoftonline.com/a%2fb/oauth2/v2.0/authorize',
      undefined,
    ],
    [
      'https://login.microsoftonline.com/common/oauth2/v2.0/authorize?x=1',
      undefined,
    ],
    ['https://login.microsoftonline.com/common/oauth2/v2.0/token', undefined],
    [
      'https://login.chinacloudapi.cn/corp.cn/oauth2/v2.0/authorize',
      { tenant: 'corp.cn', cloud: 'china' },
    ],
  ])('reads %s', (endpoint, expected) => {
    expect(microsoftSettingsOf(endpoint)).toEqual(expected);
  });
});

describe('microsoftAdminConsentUrl', () => {
  it('S38: is for the administrator of the tenant', () => {
    const url = (tenant: string, clientId = 'id') =>
      microsoftAdminConsentUrl({ tenant, cloud: 'global', clientId });
    const { authority } = microsoftClouds.global;
    expect(url('corp.com')).toBe(
      `${authority}/corp.com/adminconsent?client_id=id`,
    );
    expect(url('common')).toBe(
      `${authority}/organizations/adminconsent?client_id=id`,
    );
    expect(url('consumers')).toBeUndefined();
    expect(url('corp.com', ' ')).toBeUndefined();
  });
});
