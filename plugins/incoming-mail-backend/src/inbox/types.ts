// SPDX-License-Identifier: Apache-2.0
import {
  FailureCode,
  MessageState,
  TraceStep,
} from '@postroom/plugin-incoming-mail-common';

/** A mail that waits for its turn. */
export interface WaitingMessage {
  readonly id: string;
  readonly mailboxId: string;
  readonly acceptedAt: Date;
  /** When its server got it, where that is known. */
  readonly receivedAt?: Date;
  readonly sizeBytes: number;
  readonly truncated: boolean;
  /** Whether it is older mail that a person had imported. */
  readonly imported?: boolean;
  /** How many attempts were begun so far. */
  readonly attempts: number;
  /** Its conversation; absent until a handler is done with it. */
  readonly threadId?: string;
}

/** What is known of a mail once it has been parsed, for the mail log. */
export interface MessageHead {
  readonly subject?: string;
  readonly sender?: string;
}

/** How a mail ends: any state but `stored`. */
export interface MessageEnd {
  readonly state: Exclude<MessageState, 'stored'>;
  readonly head: MessageHead;
  readonly trace: readonly TraceStep[];
  /** What it became, as the handler named it. */
  readonly target?: string;
  readonly failure?: FailureCode;
}

/** Why a mail has to wait for another attempt. */
export interface MessagePostponement {
  readonly dueInMs: number;
  readonly head: MessageHead;
  readonly trace: readonly TraceStep[];
  readonly failure: FailureCode;
}

/** A mail on its server: what it is called there, and how large it is. */
export interface MessageSource {
  /** Names it under its cursor: an IMAP UID, or a POP3 key. */
  readonly sourceKey: string;
  readonly sizeBytes: number;
  readonly receivedAt?: Date;
}

/** What a mail is known by under another name. */
export interface MessageMarks {
  /** What the server calls it for good, where it does. */
  readonly stableId?: string;
  /** SHA-256 of its header, in base64url. */
  readonly headDigest?: string;
}

/** A mail as it came from the server, to be accepted. */
export interface ArrivedMessage extends MessageSource, MessageMarks {
  readonly raw: Buffer;
  readonly truncated: boolean;
  /**
   * Whether a person is to say what becomes of it: it is old, and neither
   * surely new nor surely known.
   */
  readonly review?: boolean;
}
