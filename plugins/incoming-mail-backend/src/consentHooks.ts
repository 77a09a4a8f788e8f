// SPDX-License-Identifier: Apache-2.0
import { Tx } from './database';
import { JournalStore } from './journal';
import {
  announceHealth,
  MailboxStore,
  NoticeStore,
  proveMailbox,
} from './mailboxes';
import { OAuthOptions } from './oauth';
import { createBaseline, CursorStore, KnownSourceStore } from './polling';
import { OpenSession, ReadingStart } from './transport';

/** A mailbox was signed in to with what was just given for it. */
export type OnProven = (
  tx: Tx,
  options: {
    mailboxId: string;
    seen: ReadingStart & { folder: string };
  },
) => Promise<void>;

/**
 * What it means that a mailbox was signed in to, by a consent or with a
 * password: it is active, and is read from here and now on, unless it was read
 * before.
 */
export function createOnProven(rooms: {
  cursors: CursorStore;
  sources: KnownSourceStore;
  journal: JournalStore;
  mailboxes: MailboxStore;
  notices: NoticeStore;
}): OnProven {
  const { journal, mailboxes, notices } = rooms;
  return async (tx, { mailboxId, seen }) => {
    const mailbox = await mailboxes.activate(tx, mailboxId);
    if (mailbox) {
      await announceHealth(tx, { mailbox, state: 'active' }, notices);
    }
    await journal.appendIn(tx, { mailboxId, event: 'authorized' });
    // Mail that arrives before the first visit must not count as old.
    if (await createBaseline(tx, { mailboxId, ...seen }, rooms)) {
      await mailboxes.setReadingSince(tx, mailboxId);
      await journal.appendIn(tx, { mailboxId, event: 'baseline-set' });
    }
  };
}

/**
 * What a consent, and a change of an integration, mean to the rooms above
 * `oauth`, which does not know them. A consent for a draft activates nothing:
 * the draft is tested and saved first.
 */
export function createConsentHooks(rooms: {
  journal: JournalStore;
  mailboxes: MailboxStore;
  openSession: OpenSession;
  onProven: OnProven;
  wakePolling(): void;
}): OAuthOptions['hooks'] {
  const { journal, mailboxes, openSession, onProven } = rooms;
  return {
    proveMailbox: proof => proveMailbox(proof, { mailboxes, openSession }),
    async onGranted(tx, granted) {
      const mailbox = await mailboxes.findById(granted.mailboxId, tx);
      if (!mailbox?.draft) {
        await onProven(tx, granted);
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
