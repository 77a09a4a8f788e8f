// SPDX-License-Identifier: Apache-2.0
import { ProviderDescription } from '@postroom/plugin-incoming-mail-common';
import { OAuthProvider } from '@postroom/plugin-incoming-mail-node';
import { Secret } from '../../secrets';
import { anIntegrationRecord } from '../__testUtils__/integrationRecord';
import { authorizationUrl } from '../consent/authorizationUrl';
import { judgeClientProbe } from './judgeTokenProbe';
import { ProviderCatalogue } from './ProviderCatalogue';

function aProvider(
  change: Partial<ProviderDescription> = {},
  rest: Partial<OAuthProvider> = {},
): OAuthProvider {
  return {
    description: {
      id: 'corp-login',
      title: 'Corp login',
      tokenEndpoint: 'https://id.corp.test/token',
      recommendedScopes: ['openid', 'mail'],
      clientAuthentication: 'client_secret_basic',
      mailHosts: [],
      links: {},
      ...change,
    },
    ...rest,
  };
}

describe('ProviderCatalogue', () => {
  it('offers what modules brought', () => {
    const provider = aProvider();
    const catalogue = new ProviderCatalogue([provider]);

    expect(catalogue.find('corp-login')).toBe(provider);
    expect(catalogue.find('gone')).toBeUndefined();
    expect(catalogue.find(undefined)).toBeUndefined();
    expect(catalogue.describe()).toEqual([provider.description]);
    expect(new ProviderCatalogue().describe()).toEqual([]);
  });

  it.each<[string, OAuthProvider[], RegExp]>([
    ['an id that is taken', [aProvider(), aProvider()], /two providers/],
    ['an id of our own', [aProvider({ id: 'google' })], /two providers/],
    ['a bad id', [aProvider({ id: 'Corp' })], /cannot be offered: id/],
    [
      'an endpoint that is no address',
      [aProvider({ tokenEndpoint: 'corp' })],
      /cannot be offered: tokenEndpoint/,
    ],
    [
      'a link that a page must not have',
      [aProvider({ links: { flow: 'javascript:alert(1)' } })],
      /cannot be offered: links\.flow/,
    ],
    [
      'parameters that are ours',
      [aProvider({}, { authorizationParameters: { Redirect_URI: 'x' } })],
      /must not set the parameter 'Redirect_URI'/,
    ],
  ])('refuses %s', (_what, providers, words) => {
    expect(() => new ProviderCatalogue(providers)).toThrow(words);
  });
});

describe('an integration made from a provider of a module', () => {
  const record = {
    ...anIntegrationRecord({ provider: 'custom', preset: 'corp-login' }),
    presetProvider: aProvider(
      {},
      { authorizationParameters: { access_type: 'offline', state: 'theirs' } },
    ),
  };
  const parametersOf = (
    integration: typeof record | ReturnType<typeof anIntegrationRecord>,
  ) =>
    new URL(
      authorizationUrl({
        integration,
        redirectUri: 'https://portal.test/cb',
        state: 'ours',
        verifier: new Secret('verifier'),
        loginHint: 'a@corp.test',
      }),
    ).searchParams;

  it('sends its parameters with the authorization request, and never in the place of ours', () => {
    const parameters = parametersOf(record);

    expect(parameters.get('access_type')).toBe('offline');
    expect(parameters.get('prompt')).toBeNull();
    expect(parameters.get('state')).toBe('ours');
  });

  it('goes on as one made by hand where the module is gone', () => {
    const { presetProvider: _gone, ...orphan } = record;

    expect(parametersOf(orphan).get('prompt')).toBe('consent');
  });

  const probe = {
    status: 400,
    refusal: {
      error: 'corp_error',
      description: 'E17',
      words: 'corp_error: E17',
    },
  };

  it('has the doctor say what its provider means', () => {
    const provider = aProvider(
      {},
      {
        decodeError: ({ description }) =>
          description === 'E17'
            ? {
                meaning: 'The client is locked',
                remedy: 'Ask the service desk.',
                link: 'https://help.corp.test',
                concerns: 'client',
              }
            : undefined,
      },
    );

    expect(judgeClientProbe(probe, 'custom', provider)).toEqual({
      verdict: 'failed',
      failure: 'consent-refused-by-provider',
      detail: 'The client is locked (corp_error: E17)',
      remedy: 'Ask the service desk.',
      link: 'https://help.corp.test',
    });
  });

  it.each<[string, OAuthProvider['decodeError']]>([
    [
      'throws',
      () => {
        throw new Error('boom');
      },
    ],
    ['answers nonsense', () => ({ meaning: 1 } as never)],
    [
      'answers with a link that a page must not have',
      () => ({
        meaning: 'x',
        remedy: 'y',
        link: 'javascript:alert(1)',
        concerns: 'client',
      }),
    ],
  ])('does without a decoder that %s', (_what, decodeError) => {
    expect(
      judgeClientProbe(probe, 'custom', aProvider({}, { decodeError })),
    ).toMatchObject({
      verdict: 'warned',
      detail: 'The answer was corp_error: E17',
    });
  });
});
