// SPDX-License-Identifier: Apache-2.0
/* eslint-disable jest/no-export -- a suite that the tests of others run */
import {
  createIntegrationSchema,
  providerDescriptionSchema,
  providerIdSchema,
} from '@postroom/plugin-incoming-mail-common';
import {
  type OAuthErrorReply,
  type OAuthErrorWords,
  type OAuthProvider,
  ownAuthorizationParameters,
} from '../providers';

/**
 * What {@link oauthProviderContract} has to know of a provider.
 *
 * @public
 */
export interface OAuthProviderContractOptions {
  /** The provider as it is added to the plugin. */
  createProvider(): OAuthProvider;
  /** Errors that it puts into words, and what each of them concerns. */
  errors?: ReadonlyArray<OAuthErrorReply & Pick<OAuthErrorWords, 'concerns'>>;
}

const hostileReplies: readonly OAuthErrorReply[] = [
  { status: 400, error: '', description: '' },
  { status: 200, error: '__proto__', description: 'constructor' },
  { status: 599, error: 'x'.repeat(10_000), description: '\u0000\u202e' },
  { status: 400, error: 'invalid_grant', description: '('.repeat(100_000) },
];

/**
 * The suite that every provider of one's own has to pass: it runs in
 * `describe` of its own, under jest.
 *
 * @public
 */
export function oauthProviderContract(
  options: OAuthProviderContractOptions,
): void {
  const { createProvider, errors = [] } = options;
  const { id } = createProvider().description;

  describe(`${id} keeps the contract of providers`, () => {
    it('can be offered under an id of its own', () => {
      const { description } = createProvider();
      expect(
        providerDescriptionSchema.safeParse(description).error,
      ).toBeUndefined();
      expect(providerIdSchema.options).not.toContain(id);
    });

    it('fills an integration that can be saved, with what it leaves open', () => {
      const { description } = createProvider();
      const { mailHosts } = description;
      const integration = createIntegrationSchema.safeParse({
        callbackSlug: 'A'.repeat(22),
        name: description.title,
        provider: 'custom',
        preset: id,
        issuer: description.issuer,
        authorizationEndpoint:
          description.authorizationEndpoint ?? 'https://id.example/auth',
        tokenEndpoint: description.tokenEndpoint ?? 'https://id.example/token',
        revocationEndpoint: description.revocationEndpoint,
        scopes: description.recommendedScopes,
        clientId: 'postroom',
        clientAuthentication: description.clientAuthentication,
        allowedDomains: [],
        mailHosts:
          mailHosts.length > 0
            ? mailHosts
            : [
                {
                  protocol: 'imap',
                  host: 'imap.example',
                  port: 993,
                  security: 'tls',
                },
              ],
      });
      expect(integration.error).toBeUndefined();
    });

    it('sends secrets, tokens and mail over encrypted connections only', () => {
      const { description } = createProvider();
      const urls = [
        description.issuer,
        description.authorizationEndpoint,
        description.tokenEndpoint,
        description.revocationEndpoint,
        ...Object.values(description.links),
      ].filter(url => url !== undefined);
      expect(urls.filter(url => !url.startsWith('https://'))).toEqual([]);
      expect(
        description.mailHosts.filter(({ security }) => security === 'none'),
      ).toEqual([]);
    });

    it('sets none of the parameters that are the plugin’s', () => {
      const names = Object.keys(createProvider().authorizationParameters ?? {});
      expect(
        names.filter(name =>
          ownAuthorizationParameters.includes(name.toLowerCase()),
        ),
      ).toEqual([]);
    });

    it('puts its errors into words, the same each time', () => {
      const provider = createProvider();
      for (const { concerns, ...reply } of errors) {
        const words = provider.decodeError?.(reply);
        expect(words).toMatchObject({
          concerns,
          meaning: expect.stringMatching(/^\S.{0,298}[^.]$/),
          remedy: expect.stringMatching(/^\S.{0,498}\.$/),
        });
        expect(words?.link ?? 'https://').toMatch(/^https:\/\//);
        expect(provider.decodeError?.(reply)).toEqual(words);
      }
    });

    it('does not throw for whatever else comes back', () => {
      const provider = createProvider();
      for (const reply of hostileReplies) {
        expect(() => provider.decodeError?.(reply)).not.toThrow();
      }
    });
  });
}
