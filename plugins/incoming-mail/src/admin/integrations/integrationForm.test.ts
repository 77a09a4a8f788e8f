// SPDX-License-Identifier: Apache-2.0
import { anIntegration } from '../../__testUtils__/samples';
import {
  fromIntegration,
  IntegrationFormValues,
  isDraft,
  newIntegrationForm,
  secretMustBeReentered,
  toCreateIntegration,
  toUpdateIntegration,
  withAddedMailHost,
  withMailHostChange,
  withProvider,
} from './integrationForm';

const SLUG = 'AAAAAAAAAAAAAAAAAAAAAA';

function errorsOf(values: IntegrationFormValues) {
  const verdict = toCreateIntegration(values, SLUG);
  return verdict.kind === 'invalid' ? verdict.errors : {};
}

describe('newIntegrationForm', () => {
  it('needs only a name with the presets of Google and Microsoft', () => {
    for (const provider of ['google', 'microsoft'] as const) {
      const preset = newIntegrationForm(provider);
      expect(errorsOf(preset)).toEqual({ name: 'is required' });
      expect(errorsOf({ ...preset, name: 'Mail' })).toEqual({});
    }
  });

  it('asks for what a custom provider has no preset of', () => {
    expect(Object.keys(errorsOf(newIntegrationForm('custom'))).sort()).toEqual([
      'authorizationEndpoint',
      'issuer',
      'mailHosts.0.host',
      'name',
      'tokenEndpoint',
    ]);
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

describe('toCreateIntegration', () => {
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
    const integration = anIntegration();
    const verdict = toUpdateIntegration(
      fromIntegration(integration),
      integration,
      'again',
    );
    expect(verdict).toMatchObject({
      kind: 'valid',
      body: {
        version: integration.version,
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

describe('withMailHostChange', () => {
  const [row] = withAddedMailHost([]);

  it('lets a usual port follow protocol and security, not a typed one', () => {
    expect(withMailHostChange(row, { protocol: 'pop3' }).port).toBe('995');
    expect(withMailHostChange(row, { security: 'starttls' }).port).toBe('143');
    const typed = withMailHostChange(row, { port: '1993' });
    expect(withMailHostChange(typed, { protocol: 'pop3' }).port).toBe('1993');
  });

  it('leaves POP3 without STARTTLS', () => {
    const starttls = withMailHostChange(row, { security: 'starttls' });
    expect(withMailHostChange(starttls, { protocol: 'pop3' })).toMatchObject({
      security: 'tls',
      port: '995',
    });
  });
});
