// SPDX-License-Identifier: Apache-2.0
import { MailFailure } from '@postroom/plugin-incoming-mail-node';
import { Keyring, kidOf } from '../../secrets';
import {
  openFrom,
  SealedColumn,
  sealedColumns,
  sealFor,
} from '../sealedColumns';
import { SealedRecord, SealedRecordStore } from './SealedRecordStore';

// Changing the vault's key while everything runs
//
// A new key in front of the configuration seals from the start on. What was
// sealed with a former one is opened and sealed again here, a few hundred rows
// per transaction, until no record is left of it; then it may leave the
// configuration. A record is replaced only if it is still, byte for byte, the
// one that was read: whoever stores tokens meanwhile wins, and has sealed them
// with the new key anyhow. The other way round nothing is lost either: a
// renewal that read the former record compares generations, which do not
// change here.

/** Rows per transaction: each stays locked until its end. */
const BATCH = 200;
const MAX_BATCHES_PER_COLUMN = 50;

/** What a run did. */
export interface ResealOutcome {
  /** Records that are now sealed with the key in use. */
  readonly resealed: number;
  /** Records that no configured key opens; they stay as they are. */
  readonly unreadable: number;
}

/**
 * Seals records again that are not sealed with the key in use. One bounded
 * run: what it does not get to is done by the next.
 */
export async function resealRecords(options: {
  records: SealedRecordStore;
  keyring: Keyring;
  signal?: AbortSignal;
}): Promise<ResealOutcome> {
  const { records, keyring, signal } = options;
  let resealed = 0;
  let unreadable = 0;
  for (const column of Object.values(sealedColumns)) {
    let afterId = '';
    for (let batch = 0; batch < MAX_BATCHES_PER_COLUMN; batch += 1) {
      if (signal?.aborted) {
        return { resealed, unreadable };
      }
      const found = await records.listNotSealedWith(
        column,
        [keyring.primaryKid],
        { afterId, limit: BATCH },
      );
      const changes = await sealAgain(column, found, keyring);
      unreadable += found.length - changes.length;
      resealed += await records.replace(column, changes);
      if (found.length < BATCH) {
        break;
      }
      afterId = found[found.length - 1].id;
    }
  }
  return { resealed, unreadable };
}

async function sealAgain(
  column: SealedColumn,
  found: readonly SealedRecord[],
  keyring: Keyring,
): Promise<Array<SealedRecord & { resealed: string }>> {
  const changes = [];
  for (const record of found) {
    const resealed = await sealOneAgain(column, record, keyring);
    if (resealed !== undefined) {
      changes.push({ ...record, resealed });
    }
  }
  return changes;
}

async function sealOneAgain(
  column: SealedColumn,
  { id, sealed }: SealedRecord,
  keyring: Keyring,
): Promise<string | undefined> {
  const kid = kidOf(sealed);
  if (kid === undefined || !keyring.kids.includes(kid)) {
    return undefined;
  }
  try {
    const secret = await openFrom(keyring, column, id, sealed);
    return secret && (await sealFor(keyring, column, id, secret));
  } catch (error) {
    // Altered, or of another record: it is left for whoever finds out why.
    if (MailFailure.is(error)) {
      return undefined;
    }
    throw error;
  }
}
