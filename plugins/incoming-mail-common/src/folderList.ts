// SPDX-License-Identifier: Apache-2.0
import { z } from 'zod';

/** The most folders of an account that are listed. @public */
export const MAX_FOLDERS = 1000;

/**
 * The folders of a mailbox's account, as its server lists them.
 *
 * @public
 */
export const folderListSchema = z.object({
  items: z
    .array(
      z.object({
        /** The whole name, as it is put into the settings. */
        path: z.string(),
        /** Whether it can hold mail, and be read. */
        selectable: z.boolean(),
        /** Its purpose (RFC 6154), such as `\\Trash`, where the server tells. */
        specialUse: z.string().optional(),
      }),
    )
    .max(MAX_FOLDERS),
});

/** See {@link folderListSchema}. @public */
export type FolderList = z.infer<typeof folderListSchema>;
