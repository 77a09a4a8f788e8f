// SPDX-License-Identifier: Apache-2.0
import { z } from 'zod';
import { failureCodeSchema } from './failures';

/**
 * One line of a mailbox's connection journal. Written when something changed,
 * not at each visit.
 *
 * @public
 */
export const journalEntrySchema = z.object({
  id: z.string(),
  at: z.iso.datetime(),
  event: z.enum([
    'channel-created',
    'channel-updated',
    'server-created',
    'server-updated',
    'paused',
    'resumed',
    'authorized',
    'authorization-failed',
    'link-created',
    'link-opened',
    'link-used',
    'link-refused',
    'link-revoked',
    'baseline-set',
    'mail-accepted',
    'visit-failed',
    'recovered',
    'mailbox-renumbered',
    'reading-held-back',
    'after-storing-refused',
    'import-started',
    'import-finished',
    'import-cancelled',
    'import-failed',
    'mail-run-again',
  ]),
  failure: failureCodeSchema.optional(),
  /** How many mails, for `mail-accepted` and `import-finished`. */
  count: z.number().int().optional(),
  /** A short addition in plain words; never a secret, subject or body. */
  detail: z.string().optional(),
});

/** See {@link journalEntrySchema}. @public */
export type JournalEntry = z.infer<typeof journalEntrySchema>;
