// SPDX-License-Identifier: Apache-2.0
import { z } from 'zod';
import { folderSchema } from './folders';

/**
 * What is done with a mail on its server once we have stored it. The default
 * destroys nothing. Whatever it is, it never decides what has been read.
 *
 * - `mark-read`: over POP3, which knows no flags, the mail is left alone.
 * - `move`: over IMAP only, to a folder that exists.
 * - `delete`: once it has been processed, and only where the server can remove
 *   single mails. One that was held, quarantined or kept in part stays.
 * - `leave`: nothing.
 *
 * @public
 */
export const afterStoringSchema = z.discriminatedUnion('action', [
  z.strictObject({ action: z.literal('mark-read') }),
  z.strictObject({ action: z.literal('move'), folder: folderSchema }),
  z.strictObject({ action: z.literal('delete') }),
  z.strictObject({ action: z.literal('leave') }),
]);

/** See {@link afterStoringSchema}. @public */
export type AfterStoring = z.infer<typeof afterStoringSchema>;

/**
 * Why a mail server did not do the last time what is to be done with stored
 * mail. Reading goes on regardless, and it is asked again at each visit.
 *
 * - `read-only`: the folder may only be read.
 * - `not-marked`: the folder keeps no mark for mail that was read.
 * - `not-single`: the server cannot remove single mails.
 * - `no-folder`: there is no such folder to move mail to.
 * - `refused`: the server says no.
 *
 * @public
 */
export const afterStoringRefusalSchema = z.enum([
  'read-only',
  'not-marked',
  'not-single',
  'no-folder',
  'refused',
]);

/** See {@link afterStoringRefusalSchema}. @public */
export type AfterStoringRefusal = z.infer<typeof afterStoringRefusalSchema>;
