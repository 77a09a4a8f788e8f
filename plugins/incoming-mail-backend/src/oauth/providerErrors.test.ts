// SPDX-License-Identifier: Apache-2.0
import { explainFailure } from './explainFailure';
import {
  applicationErrors,
  findProviderError,
  googleErrors,
  microsoftErrors,
  standardErrors,
} from './providerErrors';

const entries = [
  ...Object.values(microsoftErrors),
  ...googleErrors,
  ...Object.values(standardErrors),
  ...Object.values(applicationErrors),
];

describe('the table of providers’ errors', () => {
  it('P14 P18: says of each what it means, who mends it, and links to https pages only', () => {
    for (const { meaning, remedy, link } of entries) {
      expect(meaning).toMatch(/^[A-Z].{10,120}[^.]$/);
      expect(remedy).toMatch(/^[A-Z].{10,300}\.$/);
      expect(link ?? 'https://').toMatch(/^https:\/\//);
    }
  });

  it.each([
    [50011, 'redirect-url'],
    [50076, 'account'],
    [50079, 'account'],
    [50173, 'grant'],
    [50194, 'tenant'],
    [501051, 'tenant'],
    [500113, 'redirect-url'],
    [53003, 'account'],
    [65001, 'grant'],
    [65004, 'account'],
    [70000, 'grant'],
    [700016, 'client'],
    [700024, 'client'],
    [700027, 'client'],
    [700082, 'grant'],
    [7000215, 'client'],
    [7000222, 'client'],
    [7000229, 'tenant'],
    [1002012, 'scopes'],
    [90002, 'tenant'],
    [90023, 'tenant'],
    [90094, 'account'],
    [900382, 'tenant'],
    [9002313, 'request'],
    [9002325, 'request'],
  ])('S40 P18: decodes AADSTS%d as a matter of the %s', (number, concerns) => {
    const description = `AADSTS${number}: Whatever it says. Trace ID: 1-2-3`;
    for (const provider of ['microsoft', 'custom'] as const) {
      expect(
        findProviderError({ provider, error: 'invalid_grant', description }),
      ).toBe(microsoftErrors[number]);
    }
    expect(microsoftErrors[number].concerns).toBe(concerns);
  });

  it.each([
    [
      'a wrong client ID',
      'invalid_client',
      'The OAuth client was not found.',
      /does not know this client ID/,
    ],
    [
      'a wrong secret',
      'invalid_client',
      'Unauthorized',
      /refuses the client s/,
    ],
    [
      'an unregistered redirect URL',
      'redirect_uri_mismatch',
      'Bad Request',
      /not among those of the client/,
    ],
    [
      'access that has ended',
      'invalid_grant',
      'Token has been expired or revoked.',
      /withdrawn or has run out/,
    ],
    ['a made-up code', 'invalid_grant', 'Malformed auth code.', /the code/],
    [
      'a rule of the domain',
      'admin_policy_enforced',
      undefined,
      /administrator/,
    ],
    ['a foreign account', 'org_internal', undefined, /its own organization/],
  ])('P11: tells Google’s %s', (_title, error, description, meaning) => {
    const found = findProviderError({
      provider: 'google',
      error,
      description,
    });
    expect(found?.meaning).toMatch(meaning);
    // The same word of another provider is not taken for Google's.
    expect(
      findProviderError({ provider: 'custom', error, description }),
    ).not.toBe(found);
  });

  it('falls back to the word, and knows no word that is not in the table', () => {
    const find = (error: string, description?: string) =>
      findProviderError({ provider: 'microsoft', error, description });
    expect(find('invalid_client', 'AADSTS99999999: new')).toBe(
      standardErrors.invalid_client,
    );
    expect(find('constructor')).toBeUndefined();
    expect(find('__proto__')).toBeUndefined();
    expect(find('something_new')).toBeUndefined();
  });
});

describe('explainFailure', () => {
  it('P18: decodes what the token endpoint said, and repeats it only where that is wanted', () => {
    const failure = {
      code: 'client-refused',
      detail: 'invalid_client: AADSTS7000222: The provided keys are expired.',
    } as const;
    const shown = explainFailure(failure, { provider: 'microsoft' });
    expect(shown).toMatchObject({
      verdict: 'failed',
      failure: 'client-refused',
      detail: expect.stringMatching(/has run out \(invalid_client: AADSTS/),
      remedy: expect.stringContaining('Certificates & secrets'),
      link: expect.stringContaining('https://portal.azure.com/'),
    });
    const decoded = explainFailure(failure, {
      provider: 'microsoft',
      showDetail: false,
    });
    expect(decoded).toEqual({
      ...shown,
      detail: 'The client secret has run out',
    });
  });

  it('takes the words of a mail server for nothing but words', () => {
    expect(
      explainFailure({ code: 'login-refused', detail: 'invalid_client' }),
    ).toMatchObject({
      detail: 'The mail server refused to sign in (invalid_client)',
      link: undefined,
    });
  });

  it('says of an application’s own request what its words mean there', () => {
    const refusal = {
      provider: 'custom',
      error: 'unauthorized_client',
    } as const;
    expect(findProviderError(refusal)?.meaning).toContain(
      'authorization codes',
    );
    expect(
      findProviderError({ ...refusal, grantType: 'client_credentials' })
        ?.meaning,
    ).toContain('in its own name');
    // A number of Microsoft says more than the word beside it.
    expect(
      findProviderError({
        ...refusal,
        grantType: 'client_credentials',
        description: 'AADSTS700016: x',
      }),
    ).toBe(microsoftErrors[700016]);
  });
});
