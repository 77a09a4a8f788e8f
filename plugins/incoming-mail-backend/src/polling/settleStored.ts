// SPDX-License-Identifier: Apache-2.0
import { Mailbox } from '../mailboxes';
import { SettleRefusal } from '../transport';
import { Visit } from './types';

// What is left over waits for the next visit.
const SETTLE_LIMIT = 5000;

/** Whether a server can be told anything of mail that was stored. */
export function wantsSettling({ afterStoring, server }: Mailbox): boolean {
  const { action } = afterStoring;
  // POP3 has no flags and no folders (RFC 1939).
  return server.protocol === 'pop3' ? action === 'delete' : action !== 'leave';
}

/**
 * Has the server do what is to be done with mails that are stored, also those
 * of which an earlier visit could not tell it. Comes after reading, as it must
 * not stand in its way. What the server refuses stays noted, and is asked for
 * again at the next visit.
 *
 * @returns why it refused; undefined where it did not
 * @throws MailFailure where the connection breaks or the server asks for patience
 */
export async function settleStored(
  { mailbox, session, deps, signal }: Visit,
  cursorId: string,
): Promise<SettleRefusal | undefined> {
  const { afterStoring } = mailbox;
  // After a change of the settings nothing is left to be told.
  const action = wantsSettling(mailbox)
    ? afterStoring
    : ({ action: 'leave' } as const);
  signal.throwIfAborted();
  const keys = await deps.acknowledgements.list(cursorId, {
    limit: SETTLE_LIMIT,
    deletable: action.action === 'delete',
  });
  if (keys.length === 0) {
    return undefined;
  }
  const { done, refusal } = await session.settle(keys, action);
  await deps.acknowledgements.remove(cursorId, done);
  return refusal;
}
