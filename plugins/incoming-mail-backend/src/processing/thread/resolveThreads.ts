// SPDX-License-Identifier: Apache-2.0
import {
  IncomingMessage,
  MessageThread,
} from '@postroom/plugin-incoming-mail-node';
import { timeOrderedId, Tx } from '../../database';
import { toThread, unknownReferences } from './resolveThread';
import { findThreadId, ThreadKey, toMessageKeys } from './threadKeys';
import { ThreadStore } from './ThreadStore';

/** Thrown where another transaction brought a key meanwhile. */
export class ThreadContestedError extends Error {
  name = 'ThreadContestedError' as const;
}

/**
 * Finds the conversations of several mails of a mailbox, one after the other as
 * `resolveThread` would, with two statements for all of them.
 *
 * @throws ThreadContestedError where a key that was unknown is there when it is
 *   added; `resolveThread` then settles it, mail by mail
 */
export async function resolveThreads(
  tx: Tx,
  threads: ThreadStore,
  messages: readonly IncomingMessage[],
): Promise<MessageThread[]> {
  const all = messages.map(toMessageKeys);
  const [first] = messages;
  if (!first) {
    return [];
  }
  const hashesOf = ({ own, references }: (typeof all)[number]) => [
    ...references,
    ...(own ? [own] : []),
  ];
  const { mailboxId } = first;
  const known = new Map<string, ThreadKey[]>();
  const learn = (key: ThreadKey) =>
    known.set(key.hash, [...(known.get(key.hash) ?? []), key]);
  const hashes = new Set(all.flatMap(hashesOf));
  (await threads.list(tx, mailboxId, [...hashes])).forEach(learn);

  const added: ThreadKey[] = [];
  const found = all.map(keys => {
    const present = hashesOf(keys).flatMap(hash => known.get(hash) ?? []);
    const threadId = findThreadId(keys, present) ?? timeOrderedId();
    const fresh = unknownReferences(keys, present, threadId);
    const { own } = keys;
    if (own && !present.some(key => key.hash === own && key.kind === 'own')) {
      fresh.push({ hash: own, kind: 'own', threadId });
    }
    fresh.forEach(learn);
    added.push(...fresh);
    return toThread(threadId, keys, present);
  });
  if ((await threads.add(tx, mailboxId, added)) !== added.length) {
    throw new ThreadContestedError('A conversation was begun twice');
  }
  return found;
}
