// SPDX-License-Identifier: Apache-2.0

/**
 * The account of a mailbox is not to be connected to now: another connection
 * of it is open, or its server asked for patience. No failure of the mailbox.
 */
export class AccountBusyError extends Error {
  name = 'AccountBusyError' as const;

  /** @param waitMs - how long until it is worth another try, in milliseconds */
  constructor(readonly waitMs: number) {
    super('Another connection to the account is open');
  }
}
