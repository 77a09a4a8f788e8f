// SPDX-License-Identifier: Apache-2.0
import { z } from 'zod';
import { failureSchema } from './failures';

/** The most mails that one import may read. @public */
export const MAX_IMPORTED = 10_000;

/**
 * What is in a mailbox's folder, counted and not read.
 *
 * @public
 */
export const folderPreviewSchema = z.object({
  messageCount: z.number().int(),
  /** When the server got the newest mail; absent where it does not say. */
  newestAt: z.iso.datetime().optional(),
  /** When the server got the oldest mail; absent where it does not say. */
  oldestAt: z.iso.datetime().optional(),
  /** Mails from before reading began, which an import would read. */
  olderCount: z.number().int().optional(),
  /** Whether older mail can be imported; POP3 servers do not tell ages. */
  importable: z.boolean(),
});

/** See {@link folderPreviewSchema}. @public */
export type FolderPreview = z.infer<typeof folderPreviewSchema>;

/**
 * Asks for older mail to be read once: what the server got since the beginning
 * of a day (UTC), or the newest so many. At most {@link MAX_IMPORTED} of it,
 * the newest. What was read already is not read again.
 *
 * @public
 */
export const startImportSchema = z
  .strictObject({
    since: z.iso.date().optional(),
    last: z.number().int().min(1).max(MAX_IMPORTED).optional(),
  })
  .refine(({ since, last }) => (since === undefined) !== (last === undefined), {
    path: ['since'],
    message: 'or last is required, and not both',
  });

/** See {@link startImportSchema}. @public */
export type StartImport = z.infer<typeof startImportSchema>;

/**
 * How far an import of older mail is. Its mails are marked as such; nobody is
 * notified of them and none is answered.
 *
 * - `waiting`: begins with the next visit.
 * - `running`: goes on with each visit where the last one stopped.
 * - `failed`: cannot go on; what was read stays.
 *
 * @public
 */
export const mailImportSchema = z.object({
  id: z.string(),
  state: z.enum(['waiting', 'running', 'done', 'cancelled', 'failed']),
  since: z.iso.date().optional(),
  last: z.number().int().optional(),
  /** How many mails it is about; known once it runs. */
  found: z.number().int().optional(),
  /** How many were new to us so far. */
  imported: z.number().int(),
  failure: failureSchema.optional(),
  createdAt: z.iso.datetime(),
  finishedAt: z.iso.datetime().optional(),
});

/** See {@link mailImportSchema}. @public */
export type MailImport = z.infer<typeof mailImportSchema>;
