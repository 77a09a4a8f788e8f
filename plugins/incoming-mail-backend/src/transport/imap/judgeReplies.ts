// SPDX-License-Identifier: Apache-2.0
import { MailFailure } from '@postroom/plugin-incoming-mail-node';
import { FetchedMessage, OpenFolder } from '../types';
import { isCount, isNzNumber } from './uids';

/** IMAP's flag for mail that has been read. */
export const SEEN = '\\Seen';

/** An open folder, and what may be done in it. */
export type JudgedFolder = {
  readonly opened: Extract<OpenFolder, { positions: 'uids' }>;
  readonly readOnly: boolean;
  readonly canMarkSeen: boolean;
};

/** What SELECT said, as imapflow collected it; any of it may be missing. */
export interface SelectReply {
  readonly uidValidity?: bigint;
  readonly uidNext?: number;
  readonly exists?: number;
  readonly readOnly?: boolean;
  readonly permanentFlags?: ReadonlySet<string>;
}

/**
 * Takes a SELECT reply that mail can be counted on.
 *
 * @throws MailFailure `protocol-error` where UIDVALIDITY, UIDNEXT or EXISTS is
 * missing or no number that RFC 9051 allows: without them no UID means anything
 */
export function judgeFolderReply(reply: SelectReply): JudgedFolder {
  const { uidNext, exists, permanentFlags: flags } = reply;
  const uidValidity = Number(reply.uidValidity);
  if (!isNzNumber(uidValidity) || !isNzNumber(uidNext) || !isCount(exists)) {
    throw new MailFailure(
      'protocol-error',
      'The folder has no valid UIDVALIDITY, UIDNEXT or EXISTS',
    );
  }
  return {
    opened: { positions: 'uids', uidValidity, uidNext, messageCount: exists },
    readOnly: reply.readOnly === true,
    // Absent PERMANENTFLAGS mean that all can be changed (RFC 9051 section 7.1).
    canMarkSeen: !flags || flags.has(SEEN),
  };
}

/** An INTERNALDATE, or undefined for what is none or no database can hold. */
export function judgeDate(value: unknown): Date | undefined {
  const date = new Date(value instanceof Date ? value : NaN);
  const year = date.getUTCFullYear();
  return year >= 1970 && year <= 9999 ? date : undefined;
}

/**
 * Cuts a mail that turned out larger than wanted. The literal is the truth
 * about its size, whatever was announced.
 */
export function cutToSize(
  source: Buffer,
  limits: { wanted: number; truncateBytes: number },
): Pick<FetchedMessage, 'raw' | 'truncated'> {
  if (source.length <= limits.wanted) {
    return { raw: source, truncated: false };
  }
  // A copy, as a view would keep the whole of it in memory.
  const raw = Buffer.from(source.subarray(0, limits.truncateBytes));
  return { raw, truncated: true };
}
