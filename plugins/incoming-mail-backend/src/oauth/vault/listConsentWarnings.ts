// SPDX-License-Identifier: Apache-2.0
import { dueEndWarning, ExpiryWarning } from './expiryCalendar';
import { EndingGrant } from './GrantEndStore';
import { GrantStore } from './GrantStore';

/** A consent that ends soon, and whose mailbox it is for. */
export interface ConsentWarning
  extends ExpiryWarning,
    Omit<EndingGrant, 'now'> {}

/** The warnings that are due now by the database's clock, whether given or not. */
export async function listConsentWarnings(
  grants: GrantStore,
): Promise<ConsentWarning[]> {
  const ending = await grants.ends.list();
  return ending.flatMap(({ now, ...grant }) => {
    const warning = dueEndWarning({
      begunAt: grant.end.countedFrom,
      endsAt: grant.end.at,
      now: new Date(now),
    });
    return warning ? { ...grant, ...warning } : [];
  });
}
