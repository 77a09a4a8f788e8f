// SPDX-License-Identifier: Apache-2.0
import {
  IncomingMessage,
  MessageThread,
} from '@postroom/plugin-incoming-mail-node';
import { timeOrderedId, Tx } from '../../database';
import {
  findThreadId,
  MessageKeys,
  ThreadKey,
  toMessageKeys,
} from './threadKeys';
import { ThreadStore } from './ThreadStore';

/**
 * Finds the conversation of a mail, or begins one, and remembers the mail's
 * Message-IDs for those to come.
 *
 * A mailbox has one worker at a time, but the transaction of one that lost its
 * lease may still be open. So a new conversation is only proposed: its
 * references are added first, which waits for such a transaction, and read
 * again. Where the other one has brought a key, its conversation is joined.
 *
 * @param resolvedId - the conversation that an earlier binding's transaction
 *   resolved for this very mail, which then stays it
 */
export async function resolveThread(
  tx: Tx,
  threads: ThreadStore,
  message: IncomingMessage,
  resolvedId?: string,
): Promise<MessageThread> {
  const { mailboxId } = message;
  const keys = toMessageKeys(message);
  const hashes = [...keys.references, ...(keys.own ? [keys.own] : [])];
  const known = await threads.list(tx, mailboxId, hashes);
  if (resolvedId !== undefined) {
    return toThread(resolvedId, keys, known);
  }
  const found = findThreadId(keys, known);
  const proposed = found ?? timeOrderedId();
  const added = unknownReferences(keys, known, proposed);
  await threads.add(tx, mailboxId, added);
  let threadId = proposed;
  if (found === undefined && added.length > 0) {
    const present = await threads.list(tx, mailboxId, hashes);
    const others = present.filter(key => key.threadId !== proposed);
    threadId = findThreadId(keys, others) ?? proposed;
    if (threadId !== proposed) {
      await threads.move(tx, { mailboxId, from: proposed, to: threadId });
    }
  }
  if (keys.own) {
    await threads.add(tx, mailboxId, [
      { hash: keys.own, kind: 'own', threadId },
    ]);
  }
  return toThread(threadId, keys, known);
}

export function toThread(
  id: string,
  keys: MessageKeys,
  known: readonly ThreadKey[],
): MessageThread {
  return Object.freeze({
    id,
    isReply:
      keys.references.length > 0 || findThreadId(keys, known) !== undefined,
  });
}

// A reference to a mail that is here needs no key of its own. It must not get
// one: another mail under the same Message-ID would then match it.
export function unknownReferences(
  keys: MessageKeys,
  known: readonly ThreadKey[],
  threadId: string,
): ThreadKey[] {
  const knownHashes = new Set(known.map(key => key.hash));
  return keys.references
    .filter(hash => !knownHashes.has(hash))
    .map(hash => ({ hash, kind: 'reference', threadId }));
}
