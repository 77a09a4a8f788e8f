// SPDX-License-Identifier: Apache-2.0
import { Tx } from '../database';
import { ReadingStart } from '../transport';
import { CursorStore } from './CursorStore';
import { KnownSourceStore } from './KnownSourceStore';

/**
 * Has a folder read from where a sign-in saw it end, unless it was read
 * before: of IMAP from the next UID on; of POP3 what stood there is known.
 *
 * @returns false where it was read before: reading goes on where it stopped;
 *   and where what stands there could not be told: the first visit then notes
 *   it
 */
export async function createBaseline(
  tx: Tx,
  start: ReadingStart & { readonly mailboxId: string; readonly folder: string },
  stores: { readonly cursors: CursorStore; readonly sources: KnownSourceStore },
): Promise<boolean> {
  const { mailboxId, folder, uidValidity, uidNext, known } = start;
  if (uidValidity === 0 && !known) {
    return false;
  }
  const cursor = await stores.cursors.createBaseline(tx, {
    mailboxId,
    folder,
    uidValidity,
    uidNext,
    keyedBy: known?.keyedBy,
  });
  if (cursor && known) {
    await stores.sources.add(tx, cursor.id, known.mails);
  }
  return cursor !== undefined;
}
