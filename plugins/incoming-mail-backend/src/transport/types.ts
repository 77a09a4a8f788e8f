// SPDX-License-Identifier: Apache-2.0
import { AfterStoring, MailHost } from '@postroom/plugin-incoming-mail-common';
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

/** A folder as the server describes it when it is opened. */
export type OpenFolder = {
  /** How many mails the folder holds. */
  readonly messageCount: number;
} & (
  | {
      /** Positions are IMAP UIDs, which last as long as UIDVALIDITY. */
      readonly positions: 'uids';
      /** While it stays the same, a UID means the same mail. */
      readonly uidValidity: number;
      /** The UID that the next arriving mail will get at least. */
      readonly uidNext: number;
    }
  | {
      /** Positions are POP3 message numbers, which end with the session. */
      readonly positions: 'session';
      /** What source keys are made of, unless `list` is told otherwise. */
      readonly keyedBy: KeyedBy;
    }
);

/**
 * What a source key is made of where positions do not last: the server's own
 * names (POP3 UIDL), or, where it has none that last, the digest of a mail's
 * header, for which every mail has to be asked for.
 */
export type KeyedBy = 'uidl' | 'digest';

/** What a folder holds, by dates. */
export interface FolderDates {
  readonly oldestAt?: Date;
  readonly newestAt?: Date;
  /** How many mails come after the UID that was asked about. */
  readonly newerCount: number;
}

/** A mail as the server lists it, before it is fetched. */
export interface MessageRef {
  /** Where it stands in the folder, ascending from 1; see {@link OpenFolder}. */
  readonly position: number;
  /**
   * Names the mail for longer than this session, as far as the server can: an
   * IMAP UID, or for POP3 `uidl:<id>#<n>` or `head:<digest>#<n>`, the n-th
   * mail of that name. At most 90 characters.
   */
  readonly sourceKey: string;
  readonly sizeBytes: number;
  /** When the server got it (IMAP INTERNALDATE). */
  readonly receivedAt?: Date;
  /** See `headDigest`; known where the key was made of it. */
  readonly headDigest?: string;
  /**
   * What the server calls the mail in every folder and for good (X-GM-MSGID,
   * RFC 8474 EMAILID), where it does. At most 255 characters.
   */
  readonly stableId?: string;
}

/** A fetched mail. */
export interface FetchedMessage {
  readonly ref: MessageRef;
  /** The mail byte for byte, or its beginning where `truncated`. */
  readonly raw: Buffer;
  readonly truncated: boolean;
}

/** What became of the mails that a fetch was asked for. */
export interface FetchedBatch {
  readonly messages: readonly FetchedMessage[];
  /** The server has them and did not deliver them; others it did. */
  readonly refused: readonly MessageRef[];
}

/** Bounds of a fetch, in bytes. */
export interface FetchLimits {
  /** Larger mails are not fetched whole. */
  readonly maxBytes: number;
  /** As much of them is. */
  readonly truncateBytes: number;
}

/**
 * Why a server does not do with stored mail what it was asked to.
 *
 * - `read-only`: the folder may only be read.
 * - `not-marked`: the folder keeps no mark for read mail.
 * - `not-single`: it can only remove whatever anybody marked for removal,
 *   which might be mail of others (neither MOVE nor UIDPLUS).
 * - `no-folder`: there is no such folder to move to, or it is the folder that
 *   is read.
 * - `refused`: it just does not.
 */
export type SettleRefusal =
  | 'read-only'
  | 'not-marked'
  | 'not-single'
  | 'no-folder'
  | 'refused';

/** What became of mails that were to be settled. */
export interface SettleOutcome {
  /** Source keys of which the server need not be told any more. */
  readonly done: readonly string[];
  /** Why the others are not; absent where they only wait for the session's end. */
  readonly refusal?: SettleRefusal;
}

/** A folder of an account. */
export interface MailFolder {
  readonly path: string;
  /** Whether it can hold mail, and be read. */
  readonly selectable: boolean;
  /** Its purpose (RFC 6154), such as `\\Trash`, where the server tells. */
  readonly specialUse?: string;
}

/**
 * An open connection to one folder of one mailbox. Calls are made one after
 * the other, never at the same time. Every call has a deadline of its own and
 * throws a `MailFailure`; after a throw only {@link MailSession.close} may be
 * called.
 *
 * IMAP and POP3 differ in what a position is worth, which
 * {@link MailSession.open} tells, and in what ends a session; everything else
 * is the same.
 */
export interface MailSession {
  /**
   * Opens a folder for reading and flagging; must be called first. Called
   * again it says how the folder is by now.
   */
  open(folder: string): Promise<OpenFolder>;
  /**
   * Lists mails at positions above `after`, in ascending order, at most
   * `limit`. Never yields one at or below `after`, whatever the server says.
   *
   * @param options.keyedBy - what the keys are to be made of where positions
   *   do not last; absent: as `open` told
   */
  list(options: {
    after: number;
    limit: number;
    keyedBy?: KeyedBy;
  }): Promise<MessageRef[]>;
  /**
   * Fetches mails without changing a flag. Those larger than `maxBytes` come
   * truncated to their first `truncateBytes`. A mail that has gone meanwhile
   * is left out of the result; where positions do not last, so is one that
   * there was no more room or time for.
   */
  fetch(
    refs: readonly MessageRef[],
    limits: FetchLimits,
  ): Promise<FetchedBatch>;
  /**
   * Does on the server what is to be done with mails that the caller has
   * stored durably before. Mails that have gone meanwhile are done with. A
   * server that refuses is an outcome and no failure.
   */
  settle(
    sourceKeys: readonly string[],
    action: AfterStoring,
  ): Promise<SettleOutcome>;
  /**
   * The digests of headers, by source key; a mail without one could not be
   * looked at. Costs a command per mail by POP3, and one for many by IMAP.
   */
  digestHeads?(
    refs: readonly MessageRef[],
  ): Promise<ReadonlyMap<string, string>>;
  /**
   * Waits until mail may have arrived in the open folder since it was opened.
   * A hint and no more: it may come without mail, or not at all where the
   * connection died in silence. Resolves early, without an error, when `signal`
   * is aborted; the session can be used again as soon as it has resolved.
   *
   * Only where the server tells by itself (IMAP IDLE, RFC 2177).
   *
   * @throws MailFailure when the connection ends
   */
  waitForNews?(signal: AbortSignal): Promise<void>;
  /** The account's folders, at most 1,000. Only where there are folders. */
  listFolders?(): Promise<MailFolder[]>;
  /**
   * Tells when the oldest and the newest mail of the folder arrived, and how
   * many mails have a UID above `afterUid`. Only where positions are UIDs.
   */
  preview?(options: { afterUid: number }): Promise<FolderDates>;
  /**
   * Finds the newest mails with a UID up to `upToUid` that arrived since the
   * beginning of a day (UTC), or so many; at most `limit`. Only where positions
   * are UIDs.
   *
   * @returns after which UID they begin, and how many they are
   */
  findOlder?(options: {
    upToUid: number;
    since?: Date;
    limit: number;
  }): Promise<{ afterUid: number; count: number }>;
  /**
   * Ends the session, within 2 s. Never throws; may be called twice.
   *
   * @param options.stored - everything that was fetched is stored. Without it,
   *   a POP3 session that fetched is cut off instead of ended: a server then
   *   deletes nothing and counts nothing as delivered
   */
  close(options?: { stored: boolean }): Promise<void>;
}

/** Opens a signed-in session, or throws a `MailFailure`. */
export type OpenSession = (options: SessionOptions) => Promise<MailSession>;
