// SPDX-License-Identifier: Apache-2.0
import { holdLease, inTransaction, Tx } from '../database';
import { Mailbox } from '../mailboxes';
import { MessageRef, OpenFolder } from '../transport';
import { Cursor } from './CursorStore';
import { ReadMails, Reading } from './Reading';
import { Visit } from './types';

// The server's clock dates a mail, the database's the beginning of reading.
const CLOCK_TOLERANCE_MS = 3_600_000;

// Fewer than what makes a session take the server for broken.
const GAPS_AT_A_TIME = 10;

/**
 * Reading where positions last (IMAP): everything up to the cursor's UID was
 * read, but for gaps, and whatever stands above it is new. Under a new
 * UIDVALIDITY everything is looked at again, or what came in between would be
 * lost; mail from before reading began is then passed over.
 */
export class UidReading implements Reading {
  readonly cursor: Cursor;
  readonly baseline: boolean;
  readonly renumbered: boolean;
  readonly recognisesBytes: boolean;
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
    return new UidReading(visit, {
      cursor: await createCursor(visit, folder, known),
      gaps: [],
      baseline,
      renumbered: !baseline,
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

  isOld({ receivedAt }: MessageRef): boolean {
    return (
      this.recognisesBytes &&
      isOlderThanReading(receivedAt, this.#visit.mailbox)
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
    await deps.inbox.forgetAcknowledgements(
      tx,
      former.map(({ id }) => id),
    );
    return deps.cursors.create(tx, {
      mailboxId: mailbox.id,
      folder: mailbox.folder,
      uidValidity: folder.uidValidity,
      baseUid: baseline ? folder.uidNext - 1 : 0,
    });
  });
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
