// SPDX-License-Identifier: Apache-2.0
import { createHash } from 'node:crypto';
import { MessageSource } from './types';

/**
 * The key under which a mail is stored once.
 *
 * IMAP: a UID names one mail for as long as the folder keeps its UIDVALIDITY
 * (RFC 9051 section 2.3.1.1), so the two together with the folder's cursor are
 * unique in a mailbox. POP3: a server may give a name again once its mail has
 * gone (RFC 1939 section 7), so the size belongs to it.
 *
 * The Message-ID is deliberately no part of it: its sender chooses it, and
 * could use one that is expected in another mail to have that one taken for a
 * duplicate.
 *
 * @param cursorId - the id of the cursor, which stands for folder and
 *   UIDVALIDITY
 */
export function dedupeKey(
  cursorId: string,
  { sourceKey, sizeBytes }: MessageSource,
): string {
  if (isUid(sourceKey)) {
    return `imap:${cursorId}:${sourceKey}`;
  }
  // What a server makes up has no bound; a digest has.
  const digest = createHash('sha256')
    .update(`${sizeBytes} ${sourceKey}`)
    .digest('base64url');
  return `pop3:${cursorId}:${digest}`;
}

/** Whether a source key is an IMAP UID. */
export function isUid(sourceKey: string): boolean {
  return /^\d{1,10}$/.test(sourceKey);
}
