// SPDX-License-Identifier: Apache-2.0
import { MailHost } from '@postroom/plugin-incoming-mail-common';
import { Secret } from '../secrets';

/** What signs in to a mail server. */
export type SessionCredentials =
  | {
      readonly method: 'oauth';
      /** The SASL user name: the mailbox, which may be a shared one. */
      readonly user: string;
      readonly accessToken: Secret;
    }
  | {
      readonly method: 'password';
      readonly user: string;
      readonly password: Secret;
    };

/**
 * How far the opening of a session came: the server's name is resolved and
 * allowed, something answers at its port, the connection is encrypted, the
 * server accepted who we are.
 */
export type SessionStage = 'resolved' | 'connected' | 'secured' | 'signed-in';

/** What a session is opened with. */
export interface SessionOptions {
  readonly server: MailHost;
  readonly credentials: SessionCredentials;
  /** Aborting closes the connection; the pending call then throws. */
  readonly signal: AbortSignal;
  /** How long connecting, or a command, may take; absent: as usual. */
  readonly timeoutMs?: number;
  /**
   * Told how far the opening came, also where it then fails. Stages may be
   * left out, but the last one told is the farthest.
   */
  onStage?(stage: SessionStage): void;
}

/** A folder as the server describes it at SELECT. */
export interface OpenFolder {
  /** IMAP UIDVALIDITY: while it stays the same, a UID means the same mail. */
  readonly uidValidity: number;
  /** The UID that the next arriving mail will get at least. */
  readonly uidNext: number;
  /** How many mails the folder holds. */
  readonly messageCount: number;
}

/** What a folder holds, by dates. */
export interface FolderDates {
  readonly oldestAt?: Date;
  readonly newestAt?: Date;
  /** How many mails come after the UID that was asked about. */
  readonly newerCount: number;
}

/** A mail as the server lists it, before it is fetched. */
export interface MessageRef {
  readonly uid: number;
  readonly sizeBytes: number;
  /** When the server got it (IMAP INTERNALDATE). */
  readonly receivedAt?: Date;
}

/** A fetched mail. */
export interface FetchedMessage {
  readonly ref: MessageRef;
  /** The mail byte for byte, or its beginning where `truncated`. */
  readonly raw: Buffer;
  readonly truncated: boolean;
}

/**
 * An open connection to one folder of one mailbox. Calls are made one after
 * the other, never at the same time. Every call has a deadline of its own and
 * throws a `MailFailure`; after a throw only {@link MailSession.close} may be
 * called.
 */
export interface MailSession {
  /** Opens a folder for reading and flagging; must be called first. */
  open(folder: string): Promise<OpenFolder>;
  /**
   * Lists mails with a UID above `afterUid`, in ascending order, at most
   * `limit`. Never yields a UID at or below `afterUid`, whatever the server
   * says.
   */
  list(options: { afterUid: number; limit: number }): Promise<MessageRef[]>;
  /**
   * Fetches mails without changing a flag. Those larger than `maxBytes` come
   * truncated to their first `truncateBytes`. A mail that has gone meanwhile is
   * left out of the result.
   */
  fetch(
    refs: readonly MessageRef[],
    limits: { maxBytes: number; truncateBytes: number },
  ): Promise<FetchedMessage[]>;
  /**
   * Marks mails as read. The caller has stored them durably before. Mails that
   * have gone meanwhile are passed over.
   */
  acknowledge(uids: readonly number[]): Promise<void>;
  /**
   * Tells when the oldest and the newest mail of the folder arrived, and how
   * many mails have a UID above `afterUid`. Only where the server dates mail.
   */
  preview?(options: { afterUid: number }): Promise<FolderDates>;
  /**
   * Finds the newest mails with a UID up to `upToUid` that arrived since the
   * beginning of a day (UTC), or so many; at most `limit`.
   *
   * @returns after which UID they begin, and how many they are
   */
  findOlder?(options: {
    upToUid: number;
    since?: Date;
    limit: number;
  }): Promise<{ afterUid: number; count: number }>;
  /** Signs out, within 2 s, and closes. Never throws; may be called twice. */
  close(): Promise<void>;
}

/** Opens a signed-in session, or throws a `MailFailure`. */
export type OpenSession = (options: SessionOptions) => Promise<MailSession>;
