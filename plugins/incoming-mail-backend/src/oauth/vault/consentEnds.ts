// SPDX-License-Identifier: Apache-2.0
import {
  ConsentEnd,
  googleAudience,
  microsoftRegistration,
  ProviderId,
} from '@postroom/plugin-incoming-mail-common';

const DAY_MS = 86_400_000;

/**
 * How long after its time a renewal that did not happen shows that the access
 * is not used: visits come every few minutes, so an outage of an hour is no
 * sign of that yet.
 */
export const UNUSED_AFTER_MS = DAY_MS;

// How long a refresh token lives unused, by provider. Google "Refresh token
// expiration": six months; Microsoft: see `microsoftRegistration`. Of others
// nothing is known but what they tell.
const idleLifeDays: Readonly<Partial<Record<ProviderId, number>>> = {
  google: 180,
  microsoft: microsoftRegistration.refreshTokenDays,
};

/** The times of an active grant, in milliseconds by the database's clock. */
export interface GrantSpan {
  readonly provider: ProviderId;
  /** Whether the app's publishing status at Google is Testing. */
  readonly inTesting: boolean;
  readonly consentedAt: number;
  /** When the provider last took the refresh token; absent in old rows. */
  readonly refreshedAt?: number;
  /** When the access token was, or is, to be renewed. */
  readonly renewalDueAt?: number;
  /** The `refresh_token_expires_in` of the last reply, as an instant. */
  readonly toldEndAt?: number;
  /** Whether a renewal moved that end; absent before the second reply. */
  readonly endSlides?: boolean;
  readonly now: number;
}

/** When a consent ends, unless somebody does something about it. */
export interface PredictedEnd {
  readonly at: Date;
  readonly reason: ConsentEnd['reason'];
  /** What it is counted from: the same for as long as it is the same end. */
  readonly countedFrom: Date;
}

/**
 * The end of a consent, as far as one is in sight. What a provider tells is
 * believed before what is known of it. An end that each renewal moves, or that
 * only comes of not being used, is none while renewals happen.
 */
export function predictEnd(span: GrantSpan): PredictedEnd | undefined {
  const { consentedAt, refreshedAt = consentedAt, toldEndAt, endSlides } = span;
  if (toldEndAt !== undefined && endSlides === false) {
    return predicted(toldEndAt, 'told', consentedAt);
  }
  if (span.provider === 'google' && span.inTesting) {
    const endsAt = consentedAt + googleAudience.testingConsentDays * DAY_MS;
    return predicted(endsAt, 'testing', consentedAt);
  }
  const idleDays = idleLifeDays[span.provider];
  const idleEndAt = toldEndAt ?? (idleDays && refreshedAt + idleDays * DAY_MS);
  return idleEndAt !== undefined && isUnused(span)
    ? predicted(idleEndAt, 'unused', refreshedAt)
    : undefined;
}

function isUnused({ renewalDueAt, now }: GrantSpan): boolean {
  return renewalDueAt !== undefined && now - renewalDueAt > UNUSED_AFTER_MS;
}

function predicted(
  at: number,
  reason: PredictedEnd['reason'],
  countedFrom: number,
): PredictedEnd {
  return { at: new Date(at), reason, countedFrom: new Date(countedFrom) };
}

// Google ends consents of an app in testing to the minute; a visit finds out
// at its next renewal, and the clocks of neither side are the other's.
const TESTING_MARGIN_MS = 2 * 3_600_000;

/**
 * Whether a consent was ended at the age at which Google ends those of an app
 * in testing, whatever the integration says of that.
 */
export function looksEndedByTesting(
  provider: ProviderId,
  ageMs: number,
): boolean {
  const life = googleAudience.testingConsentDays * DAY_MS;
  return provider === 'google' && Math.abs(ageMs - life) <= TESTING_MARGIN_MS;
}
