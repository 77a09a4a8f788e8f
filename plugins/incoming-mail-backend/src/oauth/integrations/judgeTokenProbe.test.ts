// SPDX-License-Identifier: Apache-2.0
import { ProviderId } from '@postroom/plugin-incoming-mail-common';
import { judgeClientProbe, judgeEndpointProbe } from './judgeTokenProbe';

const refusal = (error: string, description?: string) => ({
  error,
  description,
  words: description ? `${error}: ${description}` : error,
});

describe('judgeClientProbe', () => {
  it.each<[ProviderId, number, string, string | undefined, string]>([
    // RFC 6749 section 5.2.
    ['custom', 400, 'invalid_grant', undefined, 'passed'],
    ['custom', 401, 'invalid_grant', 'grant request is invalid', 'passed'],
    // Some answer errors with 200.
    ['custom', 200, 'invalid_grant', undefined, 'passed'],
    ['custom', 401, 'invalid_client', undefined, 'failed client-refused'],
    ['custom', 400, 'invalid_client', undefined, 'failed client-refused'],
    ['custom', 400, 'unauthorized_client', undefined, 'failed client-refused'],
    ['custom', 400, 'invalid_request', undefined, 'warned'],
    ['custom', 400, 'something_new', undefined, 'warned'],
    [
      'custom',
      400,
      'unsupported_grant_type',
      undefined,
      'failed consent-refused-by-provider',
    ],
    [
      'custom',
      400,
      'invalid_scope',
      undefined,
      'failed consent-refused-by-provider',
    ],
    // Google.
    ['google', 400, 'invalid_grant', 'Malformed auth code.', 'passed'],
    [
      'google',
      401,
      'invalid_client',
      'The OAuth client was not found.',
      'failed client-refused',
    ],
    ['google', 401, 'invalid_client', 'Unauthorized', 'failed client-refused'],
    ['google', 401, 'deleted_client', undefined, 'failed client-refused'],
    [
      'google',
      400,
      'redirect_uri_mismatch',
      'Bad Request',
      'failed consent-refused-by-provider',
    ],
    // Microsoft.
    ['microsoft', 400, 'invalid_grant', 'AADSTS70000: x', 'passed'],
    ['microsoft', 400, 'invalid_grant', 'AADSTS9002313: x', 'warned'],
    [
      'microsoft',
      401,
      'invalid_client',
      'AADSTS7000215: x',
      'failed client-refused',
    ],
    [
      'microsoft',
      401,
      'invalid_client',
      'AADSTS7000222: x',
      'failed client-refused',
    ],
    [
      'microsoft',
      400,
      'unauthorized_client',
      'AADSTS700016: x',
      'failed client-refused',
    ],
    [
      'microsoft',
      400,
      'invalid_request',
      'AADSTS90002: x',
      'failed client-refused',
    ],
    [
      'microsoft',
      400,
      'invalid_request',
      'AADSTS50194: x',
      'failed client-refused',
    ],
    [
      'microsoft',
      400,
      'invalid_request',
      'AADSTS900382: x',
      'failed client-refused',
    ],
    [
      'microsoft',
      400,
      'invalid_request',
      'AADSTS50011: x',
      'failed consent-refused-by-provider',
    ],
    ['microsoft', 400, 'invalid_request', 'AADSTS9002325: x', 'warned'],
    // Whatever the body says then: nothing was judged.
    [
      'custom',
      429,
      'invalid_client',
      undefined,
      'failed token-endpoint-unreachable',
    ],
    [
      'custom',
      503,
      'invalid_grant',
      undefined,
      'failed token-endpoint-unreachable',
    ],
  ])(
    'S31: %s, HTTP %d %s %s is %s',
    (provider, status, error, description, expected) => {
      const probe = { status, refusal: refusal(error, description) };
      const result = judgeClientProbe(probe, provider);
      expect([result.verdict, result.failure].filter(Boolean).join(' ')).toBe(
        expected,
      );
      expect(result.detail).toContain(error);
    },
  );

  it.each([
    [200, 'token-reply-unusable', /was not/],
    [302, 'token-reply-unusable', /Check that the address/],
    [403, 'token-reply-unusable', /Check that the address/],
    [502, 'token-endpoint-unreachable', /in a few minutes/],
  ])(
    'S31: takes HTTP %d without an OAuth error for %s',
    (status, failure, remedy) => {
      expect(judgeClientProbe({ status }, 'custom')).toMatchObject({
        verdict: 'failed',
        failure,
        remedy: expect.stringMatching(remedy),
      });
    },
  );
});

describe('judgeEndpointProbe', () => {
  it.each([
    [400, true, 'passed'],
    [401, true, 'passed'],
    [200, true, 'passed'],
    [400, false, 'warned'],
    [401, false, 'warned'],
    [405, false, 'warned'],
    [200, false, 'failed token-reply-unusable'],
    [404, false, 'failed token-reply-unusable'],
    [410, false, 'failed token-reply-unusable'],
    [429, true, 'failed token-endpoint-unreachable'],
    [500, false, 'failed token-endpoint-unreachable'],
  ])('judges HTTP %d, an OAuth error: %s, as %s', (status, has, expected) => {
    const result = judgeEndpointProbe({
      status,
      refusal: has ? refusal('invalid_client') : undefined,
    });
    expect([result.verdict, result.failure].filter(Boolean).join(' ')).toBe(
      expected,
    );
    expect(result.detail).toContain(`HTTP ${status}`);
  });
});
