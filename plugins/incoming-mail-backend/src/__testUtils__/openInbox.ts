// SPDX-License-Identifier: Apache-2.0
import { aChannel } from './aChannel';
import { claimDue, Db, inTransaction } from '../database';
import { CursorStore } from '../polling';
import { ArrivedMessage, createInboxStores } from '../inbox';

/** A mail as it came from an IMAP server. */
export const aMail = (uid: number, raw: Buffer | string = `mail ${uid}`) =>
  ({
    sourceKey: `${uid}`,
    raw: Buffer.from(raw),
    sizeBytes: raw.length,
    truncated: false,
    receivedAt: new Date(1_000),
  } satisfies ArrivedMessage);

/** A mailbox with a cursor, and what a test does around its stores. */
export async function openInbox(db: Db) {
  const mailbox = await aChannel(db);
  const stores = createInboxStores(db);
  const cursorOf = (uidValidity: number) =>
    inTransaction(db, tx =>
      new CursorStore(db).create(tx, {
        mailboxId: mailbox.id,
        folder: 'INBOX',
        uidValidity,
        baseUid: 0,
      }),
    );
  const cursor = await cursorOf(1);
  return {
    ...stores,
    db,
    mailbox,
    cursor,
    cursorOf,
    /** Stores mails, as a visit does. @returns how many were new */
    accept: (
      messages: ArrivedMessage[],
      options: {
        cursorId?: string;
        recognisesBytes?: boolean;
        acknowledges?: boolean;
      } = {},
    ) =>
      inTransaction(db, tx =>
        stores.inbox.accept(tx, {
          mailboxId: mailbox.id,
          cursorId: cursor.id,
          recognisesBytes: false,
          acknowledges: true,
          messages,
          ...options,
        }),
      ),
    waiting: () => stores.queue.listWaiting(mailbox.id, 100),
    /** Of what the server is still to be told. */
    told: (deletable = false) =>
      stores.acknowledgements.list(cursor.id, { limit: 10, deletable }),
    async claimProcessing() {
      const [ticket] = await claimDue(db, {
        kind: 'process',
        holder: 'test',
        limit: 1,
        durationMs: 60_000,
      });
      return ticket;
    },
  };
}
