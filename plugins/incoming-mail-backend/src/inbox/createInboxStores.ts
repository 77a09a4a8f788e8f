// SPDX-License-Identifier: Apache-2.0
import { Db } from '../database';
import { AcknowledgementStore } from './AcknowledgementStore';
import { AttemptStore } from './AttemptStore';
import { InboxStore } from './InboxStore';
import { MessageLogStore } from './MessageLogStore';
import { MessageQueueStore } from './MessageQueueStore';
import { RawMailStore } from './RawMailStore';

/** What is kept of mails that are ours, each store for one concern. */
export interface InboxStores {
  readonly acknowledgements: AcknowledgementStore;
  readonly attempts: AttemptStore;
  readonly inbox: InboxStore;
  readonly messageLog: MessageLogStore;
  readonly queue: MessageQueueStore;
  readonly rawMails: RawMailStore;
}

/**
 * Opens the stores of the inbox. Once per replica: whoever handles mails has
 * the bytes at hand that were accepted through the same `rawMails`.
 */
export function createInboxStores(db: Db): InboxStores {
  const acknowledgements = new AcknowledgementStore(db);
  const rawMails = new RawMailStore(db);
  return {
    acknowledgements,
    attempts: new AttemptStore(db),
    inbox: new InboxStore({ db, acknowledgements, rawMails }),
    messageLog: new MessageLogStore(db),
    queue: new MessageQueueStore(db),
    rawMails,
  };
}
