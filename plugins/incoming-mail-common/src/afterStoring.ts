// SPDX-License-Identifier: Apache-2.0
import { z } from 'zod';
import { folderSchema } from './folders';

/**
 * What is done with a mail on its server once we have stored it. The default
 * destroys nothing.
 *
 * - `mark-read`: over POP3, which knows no flags, the mail is left alone.
 * - `move`: over IMAP only.
 * - `delete`: over POP3, or over IMAP where the server can remove single mails.
 *
 * @public
 */
export const afterStoringSchema = z.discriminatedUnion('action', [
  z.strictObject({ action: z.literal('mark-read') }),
  z.strictObject({ action: z.literal('move'), folder: folderSchema }),
  z.strictObject({ action: z.literal('delete') }),
]);

/** See {@link afterStoringSchema}. @public */
export type AfterStoring = z.infer<typeof afterStoringSchema>;
