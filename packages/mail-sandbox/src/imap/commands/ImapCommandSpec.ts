// SPDX-License-Identifier: Apache-2.0
import type { ImapReply } from '../ImapReply';
import type { ImapSession } from '../ImapSession';
import type { MailAccount } from '../MailStore';
import type { ImapCommand } from '../parseCommand';
import type { SelectedMailbox } from '../SelectedMailbox';

/** Where the session is, for commands of that state (RFC 3501 section 3). */
export interface Authenticated {
  readonly session: ImapSession;
  readonly account: MailAccount;
}

export interface Selected extends Authenticated {
  readonly selected: SelectedMailbox;
}

/** A command with the state it needs; higher states include lower ones. */
export type ImapCommandSpec =
  | {
      readonly state: 'any' | 'not-authenticated';
      run(session: ImapSession, command: ImapCommand): Promise<ImapReply>;
    }
  | {
      readonly state: 'authenticated';
      run(context: Authenticated, command: ImapCommand): Promise<ImapReply>;
    }
  | {
      readonly state: 'selected';
      /** The client uses sequence numbers, so none may change now. */
      readonly keepsNumbers?: boolean;
      run(context: Selected, command: ImapCommand): Promise<ImapReply>;
    };
