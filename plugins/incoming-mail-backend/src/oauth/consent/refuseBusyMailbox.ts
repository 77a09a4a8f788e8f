// SPDX-License-Identifier: Apache-2.0
import { TooManyRequestsError } from '../../http';
import { ConsentStore } from './ConsentStore';

const MAX_A_DAY = 20;
const DAY_MS = 86_400_000;

/**
 * Bounds how often a mailbox is authorized, by whomever: each consent that
 * succeeds costs the account one of the few tokens that a provider lets a
 * client have.
 *
 * @throws TooManyRequestsError
 */
export async function refuseBusyMailbox(
  consents: ConsentStore,
  mailboxId: string,
): Promise<void> {
  if ((await consents.countRecent(mailboxId, DAY_MS)) >= MAX_A_DAY) {
    throw new TooManyRequestsError(
      `The mailbox was to be authorized ${MAX_A_DAY} times within a day; try again tomorrow`,
    );
  }
}
