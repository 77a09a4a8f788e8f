// SPDX-License-Identifier: Apache-2.0
import { anIntegration } from '../__testUtils__/fixtures';
import { findSettingsErrors, isDomainAllowed } from './integrationRules';

describe('isDomainAllowed', () => {
  it.each([
    ['support@corp.test', [], true],
    ['support@corp.test', ['corp.test'], true],
    ['support@CORP.test', ['corp.test'], true],
    ['support@sub.corp.test', ['corp.test'], false],
    ['support@evilcorp.test', ['corp.test'], false],
    ['support@corp.test@evil.test', ['corp.test'], false],
    ['support', ['corp.test'], false],
  ])('judges %s against %j: %s', (address, domains, allowed) => {
    expect(isDomainAllowed(address, domains)).toBe(allowed);
  });
});

describe('findSettingsErrors', () => {
  it('lets http through to this machine only, and only where allowed', () => {
    const paths = (tokenEndpoint: string, allowHttpLoopback: boolean) =>
      findSettingsErrors(anIntegration({ tokenEndpoint }), {
        allowHttpLoopback,
      }).map(({ path }) => path);
    expect(paths('http://localhost:9/t', true)).toEqual([]);
    expect(paths('http://127.0.0.1:9/t', true)).toEqual([]);
    expect(paths('http://localhost:9/t', false)).toEqual([
      'body.tokenEndpoint',
    ]);
    expect(paths('http://provider.test/t', true)).toEqual([
      'body.tokenEndpoint',
    ]);
  });
});
