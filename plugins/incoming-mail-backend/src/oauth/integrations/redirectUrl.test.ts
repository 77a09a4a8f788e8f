// SPDX-License-Identifier: Apache-2.0
import { isSecureBaseUrl, redirectUrl, startUrl } from './redirectUrl';

describe('redirectUrl', () => {
  it.each([
    'https://portal.test/api/incoming-mail',
    'https://portal.test/api/incoming-mail/',
  ])('stands below %s', baseUrl => {
    expect(redirectUrl(baseUrl, 'slug')).toBe(
      'https://portal.test/api/incoming-mail/oauth/callback/slug',
    );
    expect(startUrl(baseUrl, 'ticket')).toBe(
      'https://portal.test/api/incoming-mail/oauth/start/ticket',
    );
  });
});

describe('isSecureBaseUrl', () => {
  it.each([
    ['https://portal.test/api', true],
    ['http://localhost:7007/api', true],
    ['http://127.0.0.1:7007/api', true],
    ['http://[::1]:7007/api', true],
    ['http://portal.test/api', false],
    ['http://localhost.evil.test/api', false],
    ['http://10.0.0.1/api', false],
    ['http://127.0.0.1.evil.test/api', false],
  ])('says of %s: %s', (url, secure) => {
    expect(isSecureBaseUrl(url)).toBe(secure);
  });
});
