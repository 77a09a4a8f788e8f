// SPDX-License-Identifier: Apache-2.0
import { createHash } from 'node:crypto';
import { IncomingMessage } from '@postroom/plugin-incoming-mail-node';

/**
 * How a Message-ID came to be known in a mailbox: as that of a mail, or as what
 * a mail refers to while its own mail has not come (yet).
 */
export type ThreadKeyKind = 'own' | 'reference';

/** A Message-ID that is known, and the conversation it belongs to. */
export interface ThreadKey {
  readonly hash: string;
  readonly kind: ThreadKeyKind;
  readonly threadId: string;
}

/** The Message-IDs of a mail, hashed. */
export interface MessageKeys {
  readonly own?: string;
  /** Without the own one; the likeliest parent first. */
  readonly references: readonly string[];
}

/**
 * Hashes a mail's Message-IDs, which may be of any length and are nobody's
 * business. `In-Reply-To` names the parent, `References` the ancestors, oldest
 * first (RFC 5322 section 3.6.4).
 */
export function toMessageKeys(
  message: Pick<IncomingMessage, 'messageId' | 'inReplyTo' | 'references'>,
): MessageKeys {
  const newestFirst = [
    ...message.inReplyTo,
    ...message.references.toReversed(),
  ];
  const references = new Set(
    newestFirst.filter(id => id !== message.messageId).map(hashOf),
  );
  return {
    ...(message.messageId !== undefined && { own: hashOf(message.messageId) }),
    references: [...references],
  };
}

/**
 * The conversation that known keys put a mail into.
 *
 * What it refers to counts whichever way it is known; of several conversations
 * that of the newest reference wins. Its own Message-ID counts only as one that
 * was referred to: that is a reply which arrived before its original. It never
 * matches another mail's own Message-ID. A sender can reuse one, and would
 * have a mail that is expected under it disappear into another conversation.
 */
export function findThreadId(
  keys: MessageKeys,
  known: readonly ThreadKey[],
): string | undefined {
  for (const hash of keys.references) {
    const matches = known.filter(key => key.hash === hash);
    const match = matches.find(key => key.kind === 'own') ?? matches[0];
    if (match) {
      return match.threadId;
    }
  }
  return known.find(key => key.hash === keys.own && key.kind === 'reference')
    ?.threadId;
}

function hashOf(messageId: string): string {
  return createHash('sha256').update(messageId).digest('base64url');
}
