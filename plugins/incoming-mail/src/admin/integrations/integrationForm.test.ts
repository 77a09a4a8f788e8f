// SPDX-License-Identifier: Apache-2.0
import { anIntegration } from '../../__testUtils__/samples';
import {
  fromIntegration,
  hasChanges,
  IntegrationFormValues,
  isDraft,
  newIntegrationForm,
  secretMustBeReentered,
  toCreateIntegration,
  toUpdateIntegration,
  withDiscovered,
  withGrantType,
  withMicrosoft,
  withPreset,
  withProvider,
  withText,
} from './integrationForm';

const SLUG = 'AAAAAAAAAAAAAAAAAAAAAA';

function errorsOf(values: IntegrationFormValues) {
  const verdict = toCreateIntegration(values, SLUG);
  return verdict.kind === 'invalid' ? verdict.errors : {};
}

describe('newIntegrationForm', () => {
  it('S17: needs only a name with the presets of Google and Microsoft', () => {
    for (const provider of ['google', 'microsoft'] as const) {
      const preset = newIntegrationForm(provider);
      expect(errorsOf(preset)).toEqual({ name: 'is required' });
      expect(errorsOf({ ...preset, name: 'Mail' })).toEqual({});
    }
  });

  it('S18: asks for what a custom provider has no preset of', () => {
    expect(Object.keys(errorsOf(newIntegrationForm('custom'))).sort()).toEqual([
      'authorizationEndpoint',
      'issuer',
      'mailHosts.0.host',
      'name',
      'tokenEndpoint',
    ]);
  });
});

describe('withPreset', () => {
  const description = {
    id: 'corp-login',
    title: 'Corp login',
    recommendedScopes: ['mail'],
    clientAuthentication: 'none',
    mailHosts: [],
    links: {},
  } as const;

  it('fills in what the provider of a module says, and nothing of it stays with another', () => {
    const before = { ...newIntegrationForm('google'), name: 'Mail' };
    const chosen = withPreset(before, {
      ...description,
      recommendedScopes: ['mail'],
      mailHosts: [],
    });

    expect(chosen).toMatchObject({
      provider: 'custom',
      preset: 'corp-login',
      name: 'Mail',
      scopes: 'mail',
      issuer: '',
      tokenEndpoint: '',
      clientAuthentication: 'none',
    });
    expect(chosen.mailHosts).toHaveLength(1);
    expect(withProvider(chosen, 'google')).toEqual(before);
  });

  it('keeps the preset of an integration that is edited', () => {
    const integration = anIntegration({ preset: 'corp-login' });
    const verdict = toUpdateIntegration(
      fromIntegration(integration),
      integration,
      '',
    );
    expect(verdict).toMatchObject({ body: { preset: 'corp-login' } });
  });
});

describe('withProvider', () => {
  it('replaces the preset and keeps what was typed beside it', () => {
    const typed = {
      ...newIntegrationForm('google'),
      name: 'Mail',
      clientId: 'abc',
      scopes: 'changed',
    };
    const after = withProvider(typed, 'microsoft');
    expect(after).toMatchObject({ name: 'Mail', clientId: 'abc', issuer: '' });
    expect(after.scopes).toContain('offline_access');
    expect(after.mailHosts.map(row => row.host)).toContain(
      'outlook.office365.com',
    );
  });
});

describe('withMicrosoft', () => {
  const preset = newIntegrationForm('microsoft');

  it('P28: sets endpoints, scopes and servers of a cloud together', () => {
    expect(preset.microsoft).toEqual({ tenant: 'common', cloud: 'global' });
    const after = withMicrosoft(preset, {
      tenant: 'corp.cn',
      cloud: 'china',
    });
    expect(after).toMatchObject({
      authorizationEndpoint:
        'https://login.partner.microsoftonline.cn/corp.cn/oauth2/v2.0/authorize',
      tokenEndpoint:
        'https://login.partner.microsoftonline.cn/corp.cn/oauth2/v2.0/token',
      issuer: '',
    });
    expect(after.scopes.split('\n')).toEqual([
      'https://partner.outlook.cn/IMAP.AccessAsUser.All',
      'https://partner.outlook.cn/POP.AccessAsUser.All',
      'offline_access',
    ]);
    expect(after.mailHosts.map(({ host }) => host)).toEqual([
      'partner.outlook.cn',
      'partner.outlook.cn',
    ]);
  });

  it('keeps scopes and servers that were changed, for another tenant', () => {
    const changed = { ...preset, scopes: 'offline_access', mailHosts: [] };
    const tenant = '72f988bf-86f1-41af-91ab-2d7cd011db47';
    const after = withMicrosoft(changed, { tenant, cloud: 'global' });
    expect(after).toMatchObject({
      scopes: 'offline_access',
      mailHosts: [],
      issuer: `https://login.microsoftonline.com/${tenant}/v2.0`,
    });
  });

  it.each([
    ['', 'is required'],
    [' ', 'is required'],
    ['a/b', expect.stringContaining('neither a tenant ID')],
    ['corp.com', undefined],
  ])('refuses to save the tenant “%s”: %s', (tenant, error) => {
    const values = withMicrosoft(
      { ...preset, name: 'Mail' },
      { tenant, cloud: 'global' },
    );
    expect(errorsOf(values).tenant).toEqual(error);
  });
});

describe('withGrantType', () => {
  const named = { ...newIntegrationForm('microsoft'), name: 'Mail' };
  const alone = withGrantType(named, 'client_credentials');
  const complete = withMicrosoft(
    { ...alone, allowedDomains: 'corp.com' },
    { tenant: 'corp.com', cloud: 'global' },
  );

  it('S22: asks Microsoft for what the application was granted, and back', () => {
    expect(alone.scopes).toBe('https://outlook.office365.com/.default');
    expect(
      withMicrosoft(alone, { tenant: 'corp.cn', cloud: 'china' }).scopes,
    ).toBe('https://partner.outlook.cn/.default');
    expect(withGrantType(alone, 'authorization_code')).toEqual(named);
    expect(errorsOf(complete)).toEqual({});
  });

  it('wants one tenant and at least one domain (S64)', () => {
    expect(errorsOf(alone)).toEqual({
      tenant: expect.stringContaining('has to be one tenant'),
      tokenEndpoint: expect.stringContaining('has to name one tenant'),
      allowedDomains: expect.stringContaining('at least one domain'),
    });
  });

  it('is not for Google, nor for a client that proves nothing', () => {
    const open = { ...named, clientAuthentication: 'none' as const };
    expect(withGrantType(open, 'client_credentials')).toMatchObject({
      clientAuthentication: 'client_secret_basic',
    });
    expect(
      withProvider(
        { ...complete, clientAuthentication: 'private_key_jwt' },
        'google',
      ),
    ).toMatchObject({
      grantType: 'authorization_code',
      clientAuthentication: 'client_secret_basic',
    });
  });
});

describe('a client that signs', () => {
  const signing = {
    ...newIntegrationForm('microsoft'),
    name: 'Mail',
    clientId: 'abc',
    clientAuthentication: 'private_key_jwt' as const,
    clientPrivateKey: 'KEY',
    clientCertificate: 'CERTIFICATE',
    clientSecret: 'typed before',
  };

  it('sends key and certificate together, and no secret', () => {
    const verdict = toCreateIntegration(signing, SLUG);
    expect(verdict).toMatchObject({
      kind: 'valid',
      body: { clientKey: { privateKey: 'KEY', certificate: 'CERTIFICATE' } },
    });
    expect(JSON.stringify(verdict)).not.toContain('typed before');
    expect(isDraft(signing, false)).toBe(false);
    expect(isDraft({ ...signing, clientPrivateKey: '' }, false)).toBe(true);
    expect(errorsOf({ ...signing, clientPrivateKey: '' })).toEqual({
      'clientKey.privateKey': 'is required',
    });
    expect(errorsOf({ ...signing, clientCertificate: '' })).toEqual({
      'clientKey.certificate': expect.stringContaining('Microsoft'),
    });
  });

  it('keeps the stored key, but not for a new place (T21)', () => {
    const stored = anIntegration({
      clientAuthentication: 'private_key_jwt',
      clientSecret: { set: false },
      clientKey: { set: true },
    });
    const values = fromIntegration(stored);
    expect(toUpdateIntegration(values, stored, 'again')).toMatchObject({
      kind: 'valid',
      body: expect.not.objectContaining({ clientKey: expect.anything() }),
    });
    const moved = { ...values, tokenEndpoint: 'https://evil.test/token' };
    expect(toUpdateIntegration(moved, stored, 'again')).toEqual({
      kind: 'invalid',
      errors: { 'clientKey.privateKey': 'again' },
    });
    expect(
      toUpdateIntegration(
        { ...moved, clientPrivateKey: 'KEY' },
        stored,
        'again',
      ).kind,
    ).toBe('valid');
  });
});

describe('withText', () => {
  it('follows endpoints that are typed, as long as they are a tenant’s', () => {
    const preset = newIntegrationForm('microsoft');
    const other = withText(preset, 'tokenEndpoint', 'https://proxy.corp.test');
    expect(other.microsoft).toBeUndefined();
    const back = withText(other, 'tokenEndpoint', preset.tokenEndpoint);
    expect(back.microsoft).toEqual({ tenant: 'common', cloud: 'global' });
    expect(withText(preset, 'name', 'x').microsoft).toBe(preset.microsoft);
  });
});

describe('withDiscovered', () => {
  const found = {
    issuer: 'https://login.corp.test',
    authorizationEndpoint: 'https://login.corp.test/auth',
    tokenEndpoint: 'https://login.corp.test/token',
    scopesSupported: ['everything'],
    clientAuthenticationMethods: ['private_key_jwt', 'client_secret_post'],
    issDeclared: true,
  };

  it('S18: takes over endpoints and a way to sign in, not the scopes', () => {
    const before = newIntegrationForm('custom');
    expect(withDiscovered(before, found)).toMatchObject({
      issuer: found.issuer,
      issDeclared: true,
      authorizationEndpoint: found.authorizationEndpoint,
      tokenEndpoint: found.tokenEndpoint,
      revocationEndpoint: '',
      clientAuthentication: 'client_secret_post',
      scopes: before.scopes,
    });
  });

  it.each([[[]], [['tls_client_auth']]])(
    'keeps the client authentication where none of %j is known here',
    clientAuthenticationMethods => {
      expect(
        withDiscovered(newIntegrationForm('custom'), {
          ...found,
          clientAuthenticationMethods,
        }).clientAuthentication,
      ).toBe('client_secret_basic');
    },
  );
});

describe('hasChanges', () => {
  it('compares what is typed with what is stored', () => {
    const integration = anIntegration();
    const values = fromIntegration(integration);
    expect(hasChanges(integration, values)).toBe(false);
    expect(hasChanges(integration, { ...values, name: 'x' })).toBe(true);
    expect(hasChanges(integration, { ...values, clientSecret: 'x' })).toBe(
      true,
    );
  });
});

describe('toCreateIntegration', () => {
  it('S39: sends the day on which the secret ends, where there is one', () => {
    const values = { ...newIntegrationForm('google'), name: 'Mail' };
    const expiryOf = (changes: Partial<IntegrationFormValues>) => {
      const verdict = toCreateIntegration({ ...values, ...changes }, SLUG);
      return verdict.kind === 'valid'
        ? verdict.body.clientSecretExpiresOn
        : verdict.errors;
    };
    expect(expiryOf({})).toBeUndefined();
    expect(expiryOf({ clientSecretExpiresOn: '2027-01-31' })).toBe(
      '2027-01-31',
    );
    expect(
      expiryOf({
        clientSecretExpiresOn: '2027-01-31',
        clientAuthentication: 'none',
      }),
    ).toBeUndefined();
    expect(expiryOf({ clientSecretExpiresOn: '31.1.' })).toEqual({
      clientSecretExpiresOn: 'is not a date',
    });
  });

  it('sends a draft without client ID and secret', () => {
    const values = { ...newIntegrationForm('google'), name: ' Mail ' };
    const verdict = toCreateIntegration(values, SLUG);
    expect(verdict).toMatchObject({
      kind: 'valid',
      body: { name: 'Mail', callbackSlug: SLUG, allowedDomains: [] },
    });
    expect(verdict.kind === 'valid' && verdict.body.clientId).toBeUndefined();
    expect(isDraft(values, false)).toBe(true);
    expect(isDraft({ ...values, clientId: 'a' }, false)).toBe(true);
    expect(isDraft({ ...values, clientId: 'a' }, true)).toBe(false);
    expect(
      isDraft({ ...values, clientId: 'a', clientSecret: 'b' }, false),
    ).toBe(false);
  });

  it('reads scopes and domains from lines, spaces and commas', () => {
    const verdict = toCreateIntegration(
      {
        ...newIntegrationForm('google'),
        name: 'Mail',
        scopes: ' a b\nc,\n',
        allowedDomains: 'Corp.Test, other.test',
      },
      SLUG,
    );
    expect(verdict).toMatchObject({
      body: {
        scopes: ['a', 'b', 'c'],
        allowedDomains: ['corp.test', 'other.test'],
      },
    });
  });

  it('asks for shared mailboxes only where the switch is on, and keeps it', () => {
    const values = { ...newIntegrationForm('google'), name: 'Mail' };
    const bodyOf = (allowSharedMailboxes: boolean) =>
      toCreateIntegration({ ...values, allowSharedMailboxes }, SLUG);
    expect(bodyOf(true)).toMatchObject({
      body: { allowSharedMailboxes: true },
    });
    expect(JSON.stringify(bodyOf(false))).not.toContain('Shared');
    const stored = anIntegration({ allowSharedMailboxes: true });
    expect(fromIntegration(stored).allowSharedMailboxes).toBe(true);
    expect(fromIntegration(anIntegration()).allowSharedMailboxes).toBe(false);
  });

  it('points at the field and quotes the word that is wrong', () => {
    const values = newIntegrationForm('google');
    expect(
      errorsOf({
        ...values,
        name: 'Mail',
        tokenEndpoint: 'ftp://x',
        allowedDomains: 'corp.test\n@wrong',
        mailHosts: [
          ...values.mailHosts,
          { ...values.mailHosts[0], key: 9, host: 'a b', port: '70000' },
        ],
      }),
    ).toEqual({
      tokenEndpoint: 'is not an http(s) address',
      'allowedDomains.1': '“@wrong” is not a domain, such as corp.example',
      'mailHosts.2.host': 'is not a host name',
      'mailHosts.2.port': 'is a number from 1 to 65535',
    });
  });

  it('sends no secret for a client that has none', () => {
    const verdict = toCreateIntegration(
      {
        ...newIntegrationForm('google'),
        name: 'Mail',
        clientAuthentication: 'none',
        clientSecret: 'typed before',
      },
      SLUG,
    );
    expect(verdict.kind).toBe('valid');
    expect(verdict.kind === 'valid' && verdict.body.clientSecret).toBe(
      undefined,
    );
  });
});

describe('toUpdateIntegration', () => {
  it('round-trips what was read, keeping the stored secret', () => {
    const integration = anIntegration({
      clientSecret: { set: true, expiresOn: '2027-01-31' },
    });
    const verdict = toUpdateIntegration(
      fromIntegration(integration),
      integration,
      'again',
    );
    expect(verdict).toMatchObject({
      kind: 'valid',
      body: {
        version: integration.version,
        clientSecretExpiresOn: '2027-01-31',
        scopes: integration.scopes,
        mailHosts: integration.mailHosts,
      },
    });
    expect(verdict.kind === 'valid' && verdict.body.clientSecret).toBe(
      undefined,
    );
  });

  it.each([
    ['issuer', 'https://other.test', true],
    ['authorizationEndpoint', 'https://other.test', true],
    ['tokenEndpoint', 'https://other.test', true],
    ['revocationEndpoint', 'https://other.test', true],
    ['clientId', 'other', true],
    ['name', 'Other', false],
    ['scopes', 'openid', false],
    ['tokenEndpoint', ' https://login.corp.test/token ', false],
  ] as const)(
    'on a change of %s to “%s” asks for the secret: %s',
    (field, value, asks) => {
      const integration = anIntegration();
      const values = { ...fromIntegration(integration), [field]: value };
      const verdict = toUpdateIntegration(values, integration, 'again');
      expect(secretMustBeReentered(integration, values)).toBe(asks);
      expect(verdict.kind).toBe(asks ? 'invalid' : 'valid');
      const entered = { ...values, clientSecret: 'new' };
      expect(toUpdateIntegration(entered, integration, 'again').kind).toBe(
        'valid',
      );
    },
  );

  it('asks for no secret where none is stored or none is used', () => {
    const changed = { tokenEndpoint: 'https://other.test' };
    const without = anIntegration({ clientSecret: { set: false } });
    const values = { ...fromIntegration(without), ...changed };
    expect(secretMustBeReentered(without, values)).toBe(false);
    expect(
      secretMustBeReentered(anIntegration(), {
        ...values,
        clientAuthentication: 'none',
      }),
    ).toBe(false);
  });
});

describe('what is of one provider only', () => {
  const tenant = '11111111-2222-4333-8444-555555555555';
  const everything = {
    issDeclared: true,
    inTesting: true,
    allowedTenants: tenant,
    authorizationParameters: [{ key: 0, name: 'prompt', value: 'consent' }],
  };
  const bodyOf = (provider: 'google' | 'microsoft' | 'custom') => {
    const verdict = toCreateIntegration(
      {
        ...newIntegrationForm(provider),
        ...everything,
        name: 'Mail',
        issuer: provider === 'microsoft' ? '' : 'https://login.corp.test',
        authorizationEndpoint:
          newIntegrationForm(provider).authorizationEndpoint ||
          'https://login.corp.test/auth',
        tokenEndpoint:
          newIntegrationForm(provider).tokenEndpoint ||
          'https://login.corp.test/token',
        scopes: 'openid mail offline_access',
        mailHosts: newIntegrationForm('google').mailHosts,
      },
      SLUG,
    );
    if (verdict.kind === 'invalid') {
      throw new Error(JSON.stringify(verdict.errors));
    }
    const { issDeclared, inTesting, allowedTenants } = verdict.body;
    return { issDeclared, inTesting, allowedTenants };
  };

  it.each([
    ['google', { inTesting: true }],
    ['microsoft', { allowedTenants: [tenant] }],
    ['custom', { issDeclared: true }],
  ] as const)('is sent for %s alone: %j', (provider, body) => {
    expect(bodyOf(provider)).toEqual(body);
  });

  it('goes with another provider', () => {
    const values = { ...newIntegrationForm('google'), ...everything };
    expect(withProvider(values, 'custom')).toMatchObject({
      issDeclared: false,
      inTesting: false,
      allowedTenants: '',
      authorizationParameters: [],
    });
  });

  it('names the tenant ID that is none', () => {
    const verdict = toCreateIntegration(
      {
        ...newIntegrationForm('microsoft'),
        name: 'Mail',
        scopes: 'openid mail',
        allowedTenants: `${tenant} corp.test`,
      },
      SLUG,
    );
    expect(verdict).toEqual({
      kind: 'invalid',
      errors: { 'allowedTenants.1': '“corp.test” is not a tenant ID' },
    });
  });

  it('round-trips', () => {
    const integration = anIntegration({
      provider: 'custom',
      issDeclared: true,
      authorizationParameters: [{ name: 'prompt', value: 'login' }],
      nextClientSecret: {
        state: 'untried',
        updatedAt: '2024-05-06T07:08:09.000Z',
        expiresOn: '2027-01-31',
      },
    });
    const verdict = toUpdateIntegration(
      fromIntegration(integration),
      integration,
      'again',
    );
    expect(verdict).toMatchObject({
      kind: 'valid',
      body: {
        issDeclared: true,
        authorizationParameters: [{ name: 'prompt', value: 'login' }],
        nextClientSecretExpiresOn: '2027-01-31',
      },
    });
    expect(hasChanges(integration, fromIntegration(integration))).toBe(false);
  });
});
