// SPDX-License-Identifier: Apache-2.0
import { JournalStore } from './journal';
import {
  announceHealth,
  MailboxStore,
  NoticeStore,
  proveMailbox,
} from './mailboxes';
import { OAuthOptions } from './oauth';
import { CursorStore } from './polling';
import { OpenSession } from './transport';

/**
 * What a consent, and a change of an integration, mean to the rooms above
 * `oauth`, which does not know them.
 */
export function createConsentHooks(rooms: {
  cursors: CursorStore;
  journal: JournalStore;
  mailboxes: MailboxStore;
  notices: NoticeStore;
  openSession: OpenSession;
  wakePolling(): void;
}): OAuthOptions['hooks'] {
  const { cursors, journal, mailboxes, notices, openSession } = rooms;
  return {
    proveMailbox: proof => proveMailbox(proof, { mailboxes, openSession }),
    async onGranted(tx, { mailboxId, seen }) {
      const mailbox = await mailboxes.activate(tx, mailboxId);
      await announceHealth(tx, { mailbox, state: 'active' }, notices);
      await journal.appendIn(tx, { mailboxId, event: 'authorized' });
      // Reading starts here and now: mail that arrives before the first visit
      // must not count as old.
      if (await cursors.createBaseline(tx, { mailboxId, ...seen })) {
        await mailboxes.setReadingSince(tx, mailboxId);
        await journal.appendIn(tx, { mailboxId, event: 'baseline-set' });
      }
    },
    async onRefused({ mailboxId, code }) {
      await journal.append({
        mailboxId,
        event: 'authorization-failed',
        failure: code,
      });
    },
    async onLink({ mailboxId, event, code }) {
      await journal.append({ mailboxId, event, failure: code });
    },
    async onIntegrationChanged(integrationId) {
      await mailboxes.scheduleByIntegration(integrationId);
      rooms.wakePolling();
    },
  };
}
