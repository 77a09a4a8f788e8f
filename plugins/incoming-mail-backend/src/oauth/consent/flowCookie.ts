// SPDX-License-Identifier: Apache-2.0
import { CookieOptions } from 'express';

// The cookie that ties a consent to the browser it was started in. Each
// consent has its own, so that two popups do not overwrite each other's.

const LIFE_MS = 600_000;
const ID_LENGTH = 8;

/** Name and attributes of a consent's cookie. */
export interface FlowCookie {
  readonly name: string;
  readonly options: CookieOptions;
}

/**
 * The cookie of a consent. With https its name has the prefix by which
 * browsers refuse it from subdomains and other paths (RFC 6265bis section
 * 4.1.3.2); on http, which is localhost, that is not possible.
 *
 * Lax, because the provider's redirect is a navigation from another site.
 */
export function flowCookie(
  consentId: string,
  externalBaseUrl: string,
): FlowCookie {
  const secure = new URL(externalBaseUrl).protocol === 'https:';
  const name = `incoming-mail-${consentId.slice(0, ID_LENGTH)}`;
  return {
    name: secure ? `__Host-${name}` : name,
    options: {
      httpOnly: true,
      secure,
      sameSite: 'lax',
      path: '/',
      maxAge: LIFE_MS,
    },
  };
}

/**
 * The value of a cookie in a `Cookie` header (RFC 6265 section 5.4); undefined
 * where it is not there, or there twice.
 */
export function readCookie(
  header: string | undefined,
  name: string,
): string | undefined {
  const prefix = `${name}=`;
  const values = (header ?? '')
    .split(';')
    .map(pair => pair.trim())
    .filter(pair => pair.startsWith(prefix))
    .map(pair => pair.slice(prefix.length));
  return values.length === 1 ? values[0] : undefined;
}
