// SPDX-License-Identifier: Apache-2.0
import { CONSENT_PARAMETER } from '@postroom/plugin-incoming-mail-common';

/**
 * The consent that this tab went away for, where it has just come back. Anyone
 * can make a link with this parameter; what is shown is what the backend tells
 * the person who started the consent.
 */
export function findReturnedConsent(): string | undefined {
  const parameters = new URLSearchParams(window.location.search);
  return parameters.get(CONSENT_PARAMETER) ?? undefined;
}

/** Takes it out of the address: to reload the page is not to come back. */
export function forgetReturnedConsent(): void {
  const url = new URL(window.location.href);
  if (url.searchParams.has(CONSENT_PARAMETER)) {
    url.searchParams.delete(CONSENT_PARAMETER);
    window.history.replaceState(
      window.history.state,
      '',
      `${url.pathname}${url.search}${url.hash}`,
    );
  }
}
