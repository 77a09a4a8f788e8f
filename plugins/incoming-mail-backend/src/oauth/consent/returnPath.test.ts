// SPDX-License-Identifier: Apache-2.0
import { isReturnPath, returnUrl } from './returnPath';

const ORIGIN = 'https://portal.test';

describe('isReturnPath', () => {
  it.each([
    '/',
    '/catalog/default/component/support/email-requests',
    '/catalog?filters[kind]=component&x=%2F%2Fevil.test',
    "/a(b)'c!",
  ])('takes %s', path => {
    expect(isReturnPath(path, ORIGIN)).toBe(true);
  });

  it.each([
    '',
    'catalog',
    '//evil.test',
    '///evil.test',
    '/\\evil.test',
    '\\\\evil.test',
    '/a\\b',
    '@evil.test',
    '.evil.test',
    ':8443/',
    'https://evil.test',
    'javascript:alert(1)',
    '/a/../b',
    '/a/./b',
    '/a/%2e%2e/b',
    '/a#b',
    '/a b',
    '/a\tb',
    '/\t/evil.test',
    '/\n/evil.test',
    '/\u0000',
    '/bücher',
    '/\u202eevil',
  ])('refuses %j (T7)', path => {
    expect(isReturnPath(path, ORIGIN)).toBe(false);
  });
});

describe('returnUrl', () => {
  it('adds the consent to what the page had, once', () => {
    const id = '3f0c4b53-1d51-4a68-9f2e-0a4f3b6f2a11';
    const url = returnUrl(ORIGIN, '/catalog?tab=mail', id);
    expect(url).toBe(`${ORIGIN}/catalog?tab=mail&incoming-mail-consent=${id}`);
    const path = url.slice(ORIGIN.length);
    expect(returnUrl(ORIGIN, path, id)).toBe(url);
  });
});
