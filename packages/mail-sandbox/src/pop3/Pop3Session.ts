// SPDX-License-Identifier: Apache-2.0
import type { FaultBoard } from '../faults/FaultBoard';
import type { MailAccount } from '../imap/MailStore';
import type { LoginServices } from '../login/judgeLogin';
import type { SaslMechanism } from '../login/sasl';
import type { SandboxLogger } from '../SandboxLogger';
import type { Stats } from '../Stats';
import type { Maildrop } from './Maildrop';
import type { Maildrops } from './Maildrops';

/** What all connections of the server share. */
export interface Pop3Services extends LoginServices {
  readonly maildrops: Maildrops;
  readonly faults: FaultBoard;
  readonly stats: Stats;
  readonly logger: SandboxLogger;
  /** The SASL mechanisms that are offered, in this order. */
  readonly mechanisms: readonly SaslMechanism[];
}

/** What a command may do with the connection it came on. */
export interface Pop3Session {
  readonly services: Pop3Services;
  /** Open after the login. */
  readonly maildrop: Maildrop | undefined;
  /** What USER said; the next PASS is about it. */
  user: string | undefined;

  /**
   * Opens the maildrop of an account.
   *
   * @returns false while another session has it.
   */
  login(account: MailAccount): boolean;

  /**
   * Enters the UPDATE state: what is marked is deleted, the lock is free, and
   * the connection ends after the reply.
   */
  update(): void;

  /** Ends the connection after the reply to this command. */
  end(): void;

  /** Ends the connection instead of a reply. */
  hangUp(): void;

  /** Sends one line; CRLF is added. Waits while the client does not read. */
  sendLine(line: string): Promise<void>;

  /**
   * Reads the next line as an answer to a challenge, not as a command;
   * `undefined` if the client is gone.
   */
  readLine(): Promise<string | undefined>;
}
