// SPDX-License-Identifier: Apache-2.0
import { Visit } from './types';

/**
 * How many mails a visit may fetch before too many of the mailbox wait for
 * handling: mail is left on its server rather than heaped up here. Once there
 * is no room, nothing is fetched until half of what waited is handled, so that
 * mail does not come in drop by drop.
 */
export async function findRoom({
  mailbox,
  deps,
}: Pick<Visit, 'mailbox' | 'deps'>): Promise<number> {
  const { maxWaiting } = deps.policy;
  const waiting = await deps.queue.countWaiting(mailbox.id, maxWaiting);
  const allowed = mailbox.heldBackAt ? relievedBelow(maxWaiting) : maxWaiting;
  return waiting >= allowed ? 0 : maxWaiting - waiting;
}

/** Below how many waiting mails a mailbox is fetched from again. */
export function relievedBelow(maxWaiting: number): number {
  return Math.ceil(maxWaiting / 2);
}
