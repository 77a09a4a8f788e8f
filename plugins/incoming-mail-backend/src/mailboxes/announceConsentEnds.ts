// SPDX-License-Identifier: Apache-2.0
import { parseEntityRef } from '@backstage/catalog-model';
import type { ConsentWarning } from '../oauth';
import { inDays } from './announceExpiry';
import { channelPath, mailServerPath } from './announceHealth';
import { NoticeStore } from './NoticeStore';

// Each goes on to say where.
const descriptions: Readonly<
  Record<ConsentWarning['end']['reason'], (place: string) => string>
> = {
  told: place =>
    `The provider gave it for a limited time. Authorize again before, ${place}; reading goes on without a gap.`,
  testing: place =>
    `The Google app is in testing, which ends every access after seven days. Authorize again before, ${place}. An administrator ends this for good by publishing the app or making its user type Internal.`,
  unused: place =>
    `It has not been used for long, because the mailbox is not being read, and the provider ends what is not used. Why it is not read is said ${place}.`,
};

/**
 * Writes notices down for consents that end soon, to the project whose channel
 * it is, or to whoever set a mail server up. The same warning twice is one
 * notice, also where the end moves by a little from one reading to the next.
 */
export async function announceConsentEnds(
  warnings: readonly ConsentWarning[],
  notices: NoticeStore,
): Promise<void> {
  for (const warning of warnings) {
    const { mailboxId, projectRef, account, end, daysBefore } = warning;
    const subject = projectRef
      ? `Mail of ${parseEntityRef(projectRef).name}`
      : `Mail of ${account}`;
    await notices.add(
      {
        // Not the mailbox's own: its notices are numbered (announceHealth).
        subject: `grant:${mailboxId}`,
        transition: `consent-ends ${end.countedFrom.getTime()} ${
          end.reason
        } ${daysBefore}`,
      },
      {
        recipientRef: projectRef ?? warning.createdBy,
        title: `${subject}: the access to the mailbox ends ${inDays(
          warning.daysLeft,
        )}`,
        description: descriptions[end.reason](
          projectRef
            ? 'in the tab Email requests'
            : 'on the page of the mail server',
        ),
        link: projectRef ? channelPath(projectRef) : mailServerPath(mailboxId),
        severity: daysBefore > 7 ? 'normal' : 'high',
      },
    );
  }
}
