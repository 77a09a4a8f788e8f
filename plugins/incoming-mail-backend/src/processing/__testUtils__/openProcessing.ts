// SPDX-License-Identifier: Apache-2.0
import { randomUUID } from 'node:crypto';
import { mockServices } from '@backstage/backend-test-utils';
import { AnyMailHandler } from '@postroom/plugin-incoming-mail-node';
import { Db, dbNow, inTransaction, tables } from '../../database';
import { createInboxStores, InboxStore } from '../../inbox';
import { MailboxStore } from '../../mailboxes';
import { HandlerRegistry } from '../handle/HandlerRegistry';
import { parserInPlace } from '../parse/Parser';
import { ProcessingWorker, ProcessingWorkerOptions } from '../ProcessingWorker';
import { ProcessingOutcome } from '../types';

/** A worker on a database, and what a test does around it. */
export type Processing = ReturnType<typeof openProcessing>;

/** Makes a worker; the mailboxes come from `insertMailbox`. */
export function openProcessing(
  db: Db,
  handlers: readonly AnyMailHandler[],
  options: Partial<ProcessingWorkerOptions> = {},
) {
  const stores = createInboxStores(db);
  const logger = mockServices.logger.mock({ child: () => logger });
  const outcomes: Array<{ id: string; outcome: ProcessingOutcome }> = [];
  const worker = new ProcessingWorker({
    ...stores,
    db,
    mailboxes: new MailboxStore(db),
    registry: new HandlerRegistry(handlers),
    parser: parserInPlace,
    logger,
    holder: randomUUID(),
    leaseMs: 60_000,
    concurrency: 4,
    handlerTimeoutMs: 30_000,
    onOutcome: (outcome, message) => outcomes.push({ id: message.id, outcome }),
    ...options,
  });
  return {
    ...stores,
    worker,
    logger,
    /** How each attempt ended, in order. */
    outcomes,
    kinds: () => outcomes.map(({ outcome }) => outcome.kind),
    /** Works until nothing is due. */
    async work() {
      worker.wake();
      await worker.idle();
    },
    /** Stores mails, as a visit does. */
    accept: (
      mailboxId: string,
      mails: ReadonlyArray<Buffer | { raw: Buffer; truncated: boolean }>,
    ) => accept(db, stores.inbox, mailboxId, mails),
    /** The mail log of a mailbox, oldest first. */
    async log(mailboxId: string) {
      const { items } = await stores.messageLog.list(mailboxId, { limit: 100 });
      return items.toReversed();
    },
    /** Makes everything that waits for its next attempt due now. */
    async letTimePass() {
      await db(tables.inboxMessages)
        .where({ state: 'stored' })
        .update({ next_attempt_at: dbNow(db) });
      await db(tables.leases)
        .whereNull('holder')
        .whereNotNull('due_at')
        .update({ due_at: dbNow(db) });
    },
  };
}

async function accept(
  db: Db,
  inbox: InboxStore,
  mailboxId: string,
  mails: ReadonlyArray<Buffer | { raw: Buffer; truncated: boolean }>,
) {
  await inTransaction(db, async tx => {
    const cursorId = randomUUID();
    await tx(tables.mailboxCursors).insert({
      id: cursorId,
      mailbox_id: mailboxId,
      folder: cursorId,
      uid_validity: 1,
      base_uid: 0,
      last_uid: mails.length,
      created_at: dbNow(tx),
    });
    await inbox.accept(tx, {
      mailboxId,
      cursorId,
      recognisesBytes: false,
      acknowledges: true,
      messages: mails.map((mail, index) => {
        const { raw, truncated } = Buffer.isBuffer(mail)
          ? { raw: mail, truncated: false }
          : mail;
        const sourceKey = `${index + 1}`;
        return { sourceKey, sizeBytes: raw.length, raw, truncated };
      }),
    });
  });
}
