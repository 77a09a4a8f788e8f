// SPDX-License-Identifier: Apache-2.0
import { Tx } from '../database';
import { ArrivedMessage } from '../inbox';
import { FetchedBatch, MessageRef } from '../transport';
import { Cursor } from './CursorStore';

/** What became of mails that were asked for, in the transaction that says so. */
export interface ReadMails {
  /** All that were asked for. */
  readonly asked: readonly MessageRef[];
  /** Those that came, and are stored. */
  readonly messages: readonly ArrivedMessage[];
  /** Those that the server will not be asked for any more. */
  readonly lost: readonly MessageRef[];
}

/**
 * What tells new mail from mail that was read, for the length of a visit. Two
 * ways exist, by what the positions of a folder are worth: `UidReading` and
 * `ListingReading`. The visit itself is the same.
 */
export interface Reading {
  readonly cursor: Cursor;
  /** The first visit: reading begins with mail that arrives from now on. */
  readonly baseline: boolean;
  /** The server gave its mails new names since the last visit. */
  readonly renumbered: boolean;
  /** Names do not tell everything: mail with known bytes is known mail. */
  readonly recognisesBytes: boolean;
  /**
   * The next mails to ask for, at most `limit`, each of them once: those that
   * could not be had at former visits, then new ones. None: that is all.
   */
  next(limit: number): Promise<MessageRef[]>;
  /** Whether `next` may give mails that could not be had at former visits. */
  readonly mayFillGaps: boolean;
  /** How many mails `next` has not given yet, at most. */
  readonly unlisted: number;
  /**
   * Up to which UID mail may be from before reading began, once everything new
   * was read; only where positions last.
   */
  readonly olderUpTo?: number;
  /**
   * Which of these mails are to be fetched; the others are from before reading
   * began, or known under a former name, and are passed over.
   */
  wanted(refs: readonly MessageRef[]): Promise<readonly MessageRef[]>;
  /** Whether a person is to say what becomes of a mail that is not known. */
  needsReview(ref: MessageRef): boolean;
  /** Which mails a fetch left out that have not gone: they are to be asked for again. */
  leftOut(
    asked: readonly MessageRef[],
    fetched: FetchedBatch,
  ): readonly MessageRef[];
  /** Notes what was read, with the mails themselves. */
  moveOver(tx: Tx, read: ReadMails): Promise<void>;
}
