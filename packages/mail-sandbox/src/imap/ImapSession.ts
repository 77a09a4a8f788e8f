// SPDX-License-Identifier: Apache-2.0
import type { FaultBoard } from '../faults/FaultBoard';
import type { LoginServices } from '../login/judgeLogin';
import type { SaslMechanism } from '../login/sasl';
import type { SandboxLogger } from '../SandboxLogger';
import type { Stats } from '../Stats';
import type { MailAccount } from './MailStore';
import type { SelectedMailbox } from './SelectedMailbox';

/** What all connections of the server share. */
export interface ImapServices extends LoginServices {
  readonly faults: FaultBoard;
  readonly stats: Stats;
  readonly logger: SandboxLogger;
  /** The SASL mechanisms that are offered, in this order. */
  readonly mechanisms: readonly SaslMechanism[];
}

/** What a command may do with the connection it came on. */
export interface ImapSession {
  readonly services: ImapServices;
  /** Whose mail it is; `undefined` before the login. */
  readonly account: MailAccount | undefined;
  /** The mailbox that is open. */
  selected: SelectedMailbox | undefined;

  /** Opens the session for an account and lifts the limits for strangers. */
  login(account: MailAccount): void;

  /** Whether STARTTLS is on offer: on its port, before it was used. */
  readonly offersStartTls: boolean;

  /** Starts TLS after the reply to this command (RFC 3501 section 6.2.1). */
  encryptNext(): void;

  /** Ends the connection after the reply to this command. */
  end(): void;

  /** Sends one line; CRLF is added. Waits while the client does not read. */
  sendLine(line: string): Promise<void>;

  /** Sends bytes as they are. */
  send(bytes: Buffer): Promise<void>;

  /**
   * Reads the next line as an answer to a continuation request, not as a
   * command; `undefined` if the client is gone.
   */
  readLine(): Promise<string | undefined>;

  /** Marks the session as idle until the returned function is called. */
  beginIdle(): () => void;
}
