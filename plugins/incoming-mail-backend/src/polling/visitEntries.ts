// SPDX-License-Identifier: Apache-2.0
import { NewJournalEntry } from '../journal';
import { Mailbox } from '../mailboxes';
import { SettleRefusal } from '../transport';
import { VisitOutcome } from './types';

const REFUSALS: Readonly<Record<SettleRefusal, string>> = {
  'read-only': 'The folder may only be read',
  'not-marked': 'The folder keeps no mark for mail that was read',
  'not-single':
    'The server cannot remove single mails (neither MOVE nor UIDPLUS)',
  'no-folder': 'There is no such folder to move mail to',
  refused: 'The server refused it',
};

/**
 * What changed by a visit, in the order in which it happened. A failure that
 * goes on and a visit that found nothing are not worth a line each time.
 */
export function visitEntries(
  mailbox: Mailbox,
  outcome: VisitOutcome,
): NewJournalEntry[] {
  const mailboxId = mailbox.id;
  const entries: NewJournalEntry[] = [];
  if (outcome.kind === 'completed') {
    if (mailbox.failure) {
      entries.push({
        mailboxId,
        event: 'recovered',
        failure: mailbox.failure.code,
      });
    }
    if (outcome.baseline) {
      entries.push({ mailboxId, event: 'baseline-set' });
    }
    if (outcome.renumbered) {
      entries.push({ mailboxId, event: 'mailbox-renumbered' });
    }
    if (outcome.heldBack && !mailbox.heldBackAt) {
      entries.push({ mailboxId, event: 'reading-held-back' });
    }
  }
  const older = outcome.kind === 'completed' ? outcome.older : undefined;
  const accepted = outcome.accepted - (older?.accepted ?? 0);
  if (accepted > 0) {
    entries.push({ mailboxId, event: 'mail-accepted', count: accepted });
  }
  if (older?.ended) {
    entries.push({
      mailboxId,
      event: older.ended === 'done' ? 'import-finished' : 'import-failed',
      count: older.total,
    });
  }
  if (
    outcome.kind === 'completed' &&
    outcome.refusal &&
    outcome.refusal !== mailbox.afterStoringRefusal
  ) {
    entries.push({
      mailboxId,
      event: 'after-storing-refused',
      detail: REFUSALS[outcome.refusal],
    });
  }
  if (outcome.kind === 'failed' && mailbox.failure?.code !== outcome.failure) {
    entries.push({
      mailboxId,
      event: 'visit-failed',
      failure: outcome.failure,
      detail: outcome.detail,
    });
  }
  return entries;
}
