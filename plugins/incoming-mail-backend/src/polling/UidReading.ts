// SPDX-License-Identifier: Apache-2.0
import { holdLease, inTransaction, Tx } from '../database';
import { Mailbox } from '../mailboxes';
import { MessageRef, OpenFolder } from '../transport';
import { Cursor } from './CursorStore';
import { ReadMails, Reading } from './Reading';
import { recogniseHeads } from './recogniseHeads';
import { Visit } from './types';

// The server's clock dates a mail, the database's the beginning of reading.
const CLOCK_TOLERANCE_MS = 3_600_000;

// Fewer than what makes a session take the server for broken.
const GAPS_AT_A_TIME = 10;

// How long before the last good visit mail may have arrived and yet not have
// been read: servers date it by when it came to them, not to the folder.
const MAY_BE_LATE_MS = 24 * 3_600_000;

// The newest of so many numberings within so little time is no news.
const RESTLESS = 3;
const RESTLESS_MS = 3_600_000;

/**
 * Reading where positions last (IMAP): everything up to the cursor's UID was
 * read, but for gaps, and whatever stands above it is new.
 *
 * Under a new UIDVALIDITY everything is looked at again, or what came in between
 * would be lost:
 * - mail from before reading began is passed over;
 * - mail is known by what the server calls it for good (X-GM-MSGID, EMAILID),
 *   or by its header and size: nothing more of it is fetched;
 * - any other is fetched, and known by its bytes;
 * - what is then new and arrived well before the last good visit is held for a
 *   person, so that an archive that is restored does not come in as requests.
 */
export class UidReading implements Reading {
  readonly cursor: Cursor;
  readonly baseline: boolean;
  readonly renumbered: boolean;
  readonly recognisesBytes: boolean;
  readonly mayFillGaps: boolean;
  readonly #visit: Visit;
  readonly #gaps: MessageRef[];
  readonly #uidNext: number;
  #listedUpTo: number;

  private constructor(
    visit: Visit,
    found: {
      cursor: Cursor;
      gaps: MessageRef[];
      baseline: boolean;
      renumbered: boolean;
      recognisesBytes: boolean;
      uidNext: number;
    },
  ) {
    this.#visit = visit;
    this.#gaps = found.gaps;
    this.mayFillGaps = found.gaps.length > 0;
    this.cursor = found.cursor;
    this.baseline = found.baseline;
    this.renumbered = found.renumbered;
    this.recognisesBytes = found.recognisesBytes;
    this.#uidNext = found.uidNext;
    this.#listedUpTo = found.cursor.lastUid;
  }

  static async begin(
    visit: Visit,
    folder: Extract<OpenFolder, { positions: 'uids' }>,
  ): Promise<UidReading> {
    const { mailbox, deps } = visit;
    const known = await deps.cursors.list(mailbox.id, mailbox.folder);
    const current = known.find(
      cursor => cursor.uidValidity === folder.uidValidity,
    );
    if (current) {
      const gaps = await deps.gaps.list(current.id);
      return new UidReading(visit, {
        cursor: current,
        gaps: gaps.filter(({ due }) => due).map(toRef),
        baseline: false,
        renumbered: false,
        recognisesBytes: known.length > 1,
        uidNext: folder.uidNext,
      });
    }
    const baseline = known.length === 0;
    const cursor = await createCursor(visit, folder, known);
    return new UidReading(visit, {
      cursor,
      gaps: [],
      baseline,
      renumbered: !baseline && !isRestless(cursor, known),
      recognisesBytes: !baseline,
      uidNext: folder.uidNext,
    });
  }

  get unlisted(): number {
    return (
      this.#gaps.length + Math.max(0, this.#uidNext - 1 - this.#listedUpTo)
    );
  }

  // Under a new numbering there is no base: what is known is told by its bytes.
  get olderUpTo(): number {
    return this.recognisesBytes ? this.#listedUpTo : this.cursor.baseUid;
  }

  async next(limit: number): Promise<MessageRef[]> {
    if (this.#gaps.length > 0) {
      return this.#gaps.splice(0, Math.min(limit, GAPS_AT_A_TIME));
    }
    const refs = await this.#visit.session.list({
      after: this.#listedUpTo,
      limit,
    });
    this.#listedUpTo = refs.at(-1)?.position ?? this.#listedUpTo;
    return refs;
  }

  async wanted(refs: readonly MessageRef[]): Promise<readonly MessageRef[]> {
    if (!this.recognisesBytes) {
      return refs;
    }
    const { mailbox } = this.#visit;
    const young = refs.filter(
      ({ receivedAt }) => !isOlderThanReading(receivedAt, mailbox),
    );
    const known = await recogniseHeads(
      this.#visit,
      young.filter(ref => this.#mayBeKnown(ref)),
    );
    return young.filter(({ sourceKey }) => !known.has(sourceKey));
  }

  needsReview({ receivedAt }: MessageRef): boolean {
    const { reviewBefore: before } = this.cursor;
    return (
      receivedAt !== undefined && before !== undefined && receivedAt < before
    );
  }

  // Also what is put into the folder later, as when an archive is restored.
  #mayBeKnown({ receivedAt }: MessageRef): boolean {
    const numberedAt = this.cursor.createdAt.getTime();
    return (
      receivedAt === undefined ||
      receivedAt.getTime() < numberedAt + CLOCK_TOLERANCE_MS
    );
  }

  leftOut(): readonly MessageRef[] {
    return [];
  }

  async moveOver(tx: Tx, { asked }: ReadMails): Promise<void> {
    // Of gaps, which stand below it, the cursor takes no notice.
    const upTo = Math.max(...asked.map(({ position }) => position));
    await this.#visit.deps.cursors.advance(tx, this.cursor.id, upTo);
  }
}

function createCursor(
  visit: Visit,
  folder: { uidValidity: number; uidNext: number },
  former: readonly Cursor[],
): Promise<Cursor> {
  const { mailbox, ticket, deps } = visit;
  const baseline = former.length === 0;
  return inTransaction(deps.db, async tx => {
    await holdLease(tx, ticket);
    if (baseline) {
      await deps.mailboxes.setReadingSince(tx, mailbox.id);
    }
    await deps.acknowledgements.forget(
      tx,
      former.map(({ id }) => id),
    );
    await deps.cursors.prune(tx, former);
    return deps.cursors.create(tx, {
      mailboxId: mailbox.id,
      folder: mailbox.folder,
      uidValidity: folder.uidValidity,
      baseUid: baseline ? folder.uidNext - 1 : 0,
      ...(!baseline && {
        renumberedUpTo: folder.uidNext - 1,
        reviewBefore: reviewBefore(mailbox, former),
      }),
    });
  });
}

// Numbered anew while it was still being compared, it is compared with the same
// date: what came in since has not been read yet.
function reviewBefore(
  { lastSuccessAt }: Mailbox,
  [latest]: readonly Cursor[],
): Date | undefined {
  const isCompared =
    latest.renumberedUpTo === undefined ||
    latest.lastUid >= latest.renumberedUpTo;
  if (!isCompared) {
    return latest.reviewBefore;
  }
  return lastSuccessAt && new Date(lastSuccessAt.getTime() - MAY_BE_LATE_MS);
}

function isRestless({ createdAt }: Cursor, former: readonly Cursor[]): boolean {
  const before = former.at(RESTLESS - 1);
  return (
    before !== undefined &&
    createdAt.getTime() - before.createdAt.getTime() < RESTLESS_MS
  );
}

function toRef(gap: {
  sourceKey: string;
  sizeBytes: number;
  receivedAt?: Date;
}): MessageRef {
  const { sourceKey, sizeBytes, receivedAt } = gap;
  return { position: Number(sourceKey), sourceKey, sizeBytes, receivedAt };
}

function isOlderThanReading(
  receivedAt: Date | undefined,
  mailbox: Mailbox,
): boolean {
  return (
    receivedAt !== undefined &&
    mailbox.readingSince !== undefined &&
    receivedAt.getTime() < mailbox.readingSince.getTime() - CLOCK_TOLERANCE_MS
  );
}
