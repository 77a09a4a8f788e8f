// SPDX-License-Identifier: Apache-2.0

/**
 * The key under which a mail is stored once. A UID names one mail for as long
 * as the folder keeps its UIDVALIDITY (RFC 9051 section 2.3.1.1), so the two
 * together with the folder's cursor are unique in a mailbox. The Message-ID is
 * deliberately no part of it: its sender chooses it, and could use one that is
 * expected in another mail to have that one taken for a duplicate.
 *
 * @param cursorId - the id of the cursor, which stands for folder and
 *   UIDVALIDITY
 */
export function dedupeKey(cursorId: string, uid: number): string {
  return `imap:${cursorId}:${uid}`;
}
