// SPDX-License-Identifier: Apache-2.0
import { MailFailure } from '@postroom/plugin-incoming-mail-node';
import { FetchedMessage, OpenFolder } from '../types';
import { isCount, isNzNumber, MAX_NZ_NUMBER } from './uids';

/** IMAP's flag for mail that has been read. */
export const SEEN = '\\Seen';

/** An open folder, and what may be done in it. */
export type JudgedFolder = {
  readonly opened: OpenFolder;
  /** No UID in it is higher, but for mail that arrives now. */
  readonly uidNext: number;
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
 * Takes a SELECT reply that mail can be counted on. A folder without
 * UIDVALIDITY has UIDs that end with the session (RFC 3501 section 6.3.1): its
 * mails are then told apart by their headers.
 *
 * @throws MailFailure `protocol-error` where EXISTS is missing, UIDNEXT is
 * missing from a folder with UIDVALIDITY, or one of the three is no number that
 * RFC 9051 allows
 */
export function judgeFolderReply(reply: SelectReply): JudgedFolder {
  const { permanentFlags: flags } = reply;
  return {
    ...judgeNumbers(reply),
    readOnly: reply.readOnly === true,
    // Absent PERMANENTFLAGS mean that all can be changed (RFC 9051 section 7.1).
    canMarkSeen: !flags || flags.has(SEEN),
  };
}

function judgeNumbers({
  uidValidity: validity,
  uidNext,
  exists: messageCount,
}: SelectReply): Pick<JudgedFolder, 'opened' | 'uidNext'> {
  if (validity === undefined && isCount(messageCount)) {
    return {
      opened: { positions: 'session', keyedBy: 'digest', messageCount },
      uidNext: isNzNumber(uidNext) ? uidNext : MAX_NZ_NUMBER,
    };
  }
  const uidValidity = Number(validity);
  if (
    !isNzNumber(uidValidity) ||
    !isNzNumber(uidNext) ||
    !isCount(messageCount)
  ) {
    throw new MailFailure(
      'protocol-error',
      'The folder has no valid UIDVALIDITY, UIDNEXT or EXISTS',
    );
  }
  return {
    opened: { positions: 'uids', uidValidity, uidNext, messageCount },
    uidNext,
  };
}

/** An INTERNALDATE, or undefined for what is none or no database can hold. */
export function judgeDate(value: unknown): Date | undefined {
  const date = new Date(value instanceof Date ? value : NaN);
  const year = date.getUTCFullYear();
  return year >= 1970 && year <= 9999 ? date : undefined;
}

/** An X-GM-MSGID or EMAILID (RFC 8474 section 7), or undefined for what is none. */
export function judgeStableId(value: unknown): string | undefined {
  return typeof value === 'string' && /^[\w-]{1,255}$/.test(value)
    ? value
    : undefined;
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
