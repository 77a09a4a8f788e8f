// SPDX-License-Identifier: Apache-2.0
import type { RequestHandler } from 'express';

/** The provider's session cookie and its signature. */
const SESSION_COOKIES = ['_session', '_session.sig'];

/**
 * Lets every authorization request start signed out: the provider does not see
 * its session cookie and the browser is told to forget it. So the account is
 * asked for each time. The demo has several, and whoever authorizes a second
 * mailbox must not end up with the first one again.
 */
export const signedOutAuthorization: RequestHandler = (req, res, next) => {
  if (req.method === 'GET' && req.path === '/auth') {
    req.headers.cookie = withoutSession(req.headers.cookie);
    for (const name of SESSION_COOKIES) {
      // In lower case, as the provider writes it: it looks for this very text
      // so that it leaves such a cookie alone.
      const past = 'expires=Thu, 01 Jan 1970 00:00:00 GMT';
      res.append('Set-Cookie', `${name}=; path=/; ${past}; httponly`);
    }
  }
  next();
};

function withoutSession(header = ''): string {
  return header
    .split('; ')
    .filter(cookie => !SESSION_COOKIES.includes(cookie.split('=')[0]))
    .join('; ');
}
