// SPDX-License-Identifier: Apache-2.0
import type { OAuthIntegration } from '@postroom/plugin-incoming-mail-common';
import type { Severity } from '../../components/Notice';

/** How close the end of a client secret is. */
export interface SecretExpiry {
  /** A calendar day, as the provider showed it. */
  readonly expiresOn: string;
  /** Days from today; negative once it is over. */
  readonly days: number;
  readonly severity: Severity;
}

const DAY_MS = 86_400_000;
// When people are first told; a new secret often needs another person.
const WARN_DAYS = 30;

/**
 * When the stored client secret ends, or the one that is already used in its
 * place; `undefined` where nobody said. Whole calendar days are compared, which
 * is all that is known.
 */
export function secretExpiryOf(
  integration: OAuthIntegration,
  today: Date,
): SecretExpiry | undefined {
  const { clientSecret, clientKey, nextClientSecret: next } = integration;
  const set = clientSecret.set || clientKey.set;
  const { expiresOn } = next?.state === 'in-use' ? next : clientSecret;
  if (!set || expiresOn === undefined) {
    return undefined;
  }
  const day = Date.UTC(today.getFullYear(), today.getMonth(), today.getDate());
  const days = Math.round((Date.parse(expiresOn) - day) / DAY_MS);
  return { expiresOn, days, severity: severityOf(days) };
}

function severityOf(days: number): Severity {
  if (days < 0) {
    return 'error';
  }
  return days <= WARN_DAYS ? 'warning' : 'success';
}

const format = new Intl.DateTimeFormat(undefined, {
  dateStyle: 'medium',
  // The day is the provider's, wherever the reader is.
  timeZone: 'UTC',
});

/** Writes a calendar day as the person's language has it. */
export function formatDay(day: string): string {
  return format.format(new Date(day));
}
