// SPDX-License-Identifier: Apache-2.0
import { CONSENT_PARAMETER } from '@postroom/plugin-incoming-mail-common';

// One slash and then no second one, which would name another host, nor a
// backslash, which browsers take for one. Printable ASCII, no fragment.
const pattern = /^\/(?![/\\])[\x21\x22\x24-\x5b\x5d-\x7e]*$/;

/**
 * Whether a tab may be sent back there: a path and query that stay at the
 * origin however a browser reads them.
 */
export function isReturnPath(path: string, origin: string): boolean {
  if (!pattern.test(path) || !URL.canParse(`${origin}${path}`)) {
    return false;
  }
  const url = new URL(`${origin}${path}`);
  return (
    url.origin === origin &&
    // Dots that climb, or signs that are written otherwise, would make it
    // another page than it says.
    `${url.pathname}${url.search}` === path
  );
}

/**
 * Where a tab goes back to when its consent is over.
 *
 * @param path - judged by {@link isReturnPath} before it was stored
 */
export function returnUrl(
  origin: string,
  path: string,
  consentId: string,
): string {
  const url = new URL(`${origin}${path}`);
  url.searchParams.set(CONSENT_PARAMETER, consentId);
  return url.href;
}
