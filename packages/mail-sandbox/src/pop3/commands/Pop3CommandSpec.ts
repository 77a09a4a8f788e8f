// SPDX-License-Identifier: Apache-2.0
import type { Maildrop } from '../Maildrop';
import type { Pop3Reply } from '../Pop3Reply';
import type { Pop3Session } from '../Pop3Session';

/** A command with the state it needs (RFC 1939 section 3). */
export type Pop3CommandSpec =
  | {
      readonly state: 'any' | 'authorization';
      /** @param argument - all that follows the keyword and a space */
      run(session: Pop3Session, argument: string): Promise<Pop3Reply>;
    }
  | {
      readonly state: 'transaction';
      run(context: Transaction, argument: string): Promise<Pop3Reply>;
    };

/** Where a command after the login works. */
export interface Transaction {
  readonly session: Pop3Session;
  readonly maildrop: Maildrop;
}

export type Pop3Commands = Readonly<Record<string, Pop3CommandSpec>>;
