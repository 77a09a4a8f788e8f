// SPDX-License-Identifier: Apache-2.0
import type { SecretWarning } from '../oauth';
import { NoticeStore } from './NoticeStore';

/**
 * Writes notices down for client secrets that end soon, to those who
 * registered them. The same warning twice is one notice.
 */
export async function announceExpiry(
  warnings: readonly SecretWarning[],
  notices: NoticeStore,
): Promise<void> {
  for (const warning of warnings) {
    const { integrationId, name, expiresOn, daysLeft, daysBefore } = warning;
    await notices.add(
      {
        subject: `integration:${integrationId}`,
        // Another day, after the secret was renewed, is another matter.
        transition: `secret-expires ${expiresOn} ${daysBefore}`,
      },
      {
        recipientRef: warning.createdBy,
        title: `The client secret of ${name} ends ${inDays(daysLeft)}`,
        description: `From ${expiresOn} on, the provider will refuse it, and no mailbox of this integration can be read. Make a new one at the provider and enter it in the integration; nobody has to authorize again.`,
        link: `/incoming-mail/oauth/${integrationId}`,
        severity: daysBefore > 7 ? 'normal' : 'high',
      },
    );
  }
}

/** As a sentence goes on after “ends”. */
export function inDays(days: number): string {
  if (days === 0) {
    return 'today';
  }
  return days === 1 ? 'tomorrow' : `in ${days} days`;
}
