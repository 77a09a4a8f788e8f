// SPDX-License-Identifier: Apache-2.0
import {
  appendFileSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
} from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { readIfThere } from '../disk/readStateFile';
import { writeFileAtomically } from '../disk/writeFileAtomically';

/** What is kept of a message; the change counter is of one run only. */
interface SavedMessage {
  readonly uid: number;
  readonly internalDate: Date;
  readonly raw: Buffer;
  readonly flags: ReadonlySet<string>;
}

export interface SavedMailbox {
  readonly uidValidity: number;
  readonly uidNext: number;
  readonly messages: readonly SavedMessage[];
}

const uid = z.number().int().positive();

/** One line of the journal. The first is always a `mailbox` line. */
const entrySchema = z.discriminatedUnion('op', [
  z.object({ op: z.literal('mailbox'), uidValidity: uid, uidNext: uid }),
  z.object({
    op: z.literal('add'),
    uid,
    flags: z.array(z.string()),
    /** Milliseconds since 1970. */
    internalDate: z.number(),
  }),
  z.object({ op: z.literal('flags'), uid, flags: z.array(z.string()) }),
  z.object({ op: z.literal('remove'), uid }),
]);

type Entry = z.infer<typeof entrySchema>;

interface IndexEntry {
  flags: string[];
  internalDate: number;
}

/**
 * The folder of one mailbox: each message is a file `<uidvalidity>-<uid>.eml`
 * that is never rewritten, and `journal.jsonl` tells what happened, one line
 * per change. So a delivery costs one file and one line, however full the
 * mailbox is.
 *
 * All writes are synchronous and ordered: the message before its line. After
 * a SIGKILL there can be a message without a line (it was never announced; it
 * is removed) and a last line that is torn (it is dropped). The journal is
 * rewritten at each start.
 */
export class MailboxFiles {
  readonly #folder: string;
  #uidValidity = 0;

  constructor(folder: string) {
    this.#folder = folder;
  }

  /** Reads the mailbox; `undefined` if there is none yet. */
  load(): SavedMailbox | undefined {
    const journal = readIfThere(this.#journalPath);
    if (!journal) return undefined;
    const { uidValidity, uidNext, index } = replay(readEntries(journal));
    this.#uidValidity = uidValidity;
    const messages = [...index].map(([messageUid, entry]) => ({
      uid: messageUid,
      internalDate: new Date(entry.internalDate),
      flags: new Set(entry.flags),
      raw: readFileSync(this.#messagePath(messageUid)),
    }));
    this.#writeJournal(uidNext, messages);
    this.#removeStrays(new Set(index.keys()));
    return { uidValidity, uidNext, messages };
  }

  create(uidValidity: number, uidNext: number): void {
    mkdirSync(this.#folder, { recursive: true, mode: 0o700 });
    this.#uidValidity = uidValidity;
    this.#writeJournal(uidNext, []);
  }

  add(messages: readonly SavedMessage[]): void {
    for (const message of messages) {
      writeFileAtomically(this.#messagePath(message.uid), message.raw);
    }
    this.#append(messages.map(addEntry));
  }

  setFlags(messages: readonly SavedMessage[]): void {
    this.#append(
      messages.map(message => ({
        op: 'flags',
        uid: message.uid,
        flags: [...message.flags],
      })),
    );
  }

  remove(uids: readonly number[]): void {
    this.#append(uids.map(gone => ({ op: 'remove', uid: gone })));
    for (const gone of uids) rmSync(this.#messagePath(gone), { force: true });
  }

  /** Starts over under a new UIDVALIDITY. */
  replace(
    uidValidity: number,
    uidNext: number,
    messages: readonly SavedMessage[],
  ): void {
    this.#uidValidity = uidValidity;
    for (const message of messages) {
      writeFileAtomically(this.#messagePath(message.uid), message.raw);
    }
    // The journal names the UIDVALIDITY and so switches to the new files.
    this.#writeJournal(uidNext, messages);
    this.#removeStrays(new Set(messages.map(message => message.uid)));
  }

  get #journalPath(): string {
    return join(this.#folder, 'journal.jsonl');
  }

  #messageFile(messageUid: number): string {
    return `${this.#uidValidity}-${messageUid}.eml`;
  }

  #messagePath(messageUid: number): string {
    return join(this.#folder, this.#messageFile(messageUid));
  }

  #append(entries: readonly Entry[]): void {
    if (entries.length === 0) return;
    const lines = entries.map(entry => `${JSON.stringify(entry)}\n`);
    appendFileSync(this.#journalPath, lines.join(''), { mode: 0o600 });
  }

  #writeJournal(uidNext: number, messages: readonly SavedMessage[]): void {
    const entries: Entry[] = [
      { op: 'mailbox', uidValidity: this.#uidValidity, uidNext },
      ...messages.map(addEntry),
    ];
    writeFileAtomically(
      this.#journalPath,
      entries.map(entry => `${JSON.stringify(entry)}\n`).join(''),
    );
  }

  #removeStrays(uids: ReadonlySet<number>): void {
    const known = new Set(['journal.jsonl']);
    for (const messageUid of uids) known.add(this.#messageFile(messageUid));
    for (const file of readdirSync(this.#folder)) {
      if (!known.has(file)) rmSync(join(this.#folder, file), { force: true });
    }
  }
}

function addEntry(message: SavedMessage): Entry {
  return {
    op: 'add',
    uid: message.uid,
    flags: [...message.flags],
    internalDate: message.internalDate.getTime(),
  };
}

/** Reads the lines; what follows the last line break is a torn line. */
function readEntries(journal: Buffer): Entry[] {
  const whole = journal.toString('utf8', 0, journal.lastIndexOf('\n') + 1);
  return whole
    .split('\n')
    .filter(line => line !== '')
    .map(line => entrySchema.parse(JSON.parse(line)));
}

function replay(entries: readonly Entry[]) {
  const index = new Map<number, IndexEntry>();
  let uidValidity = 1;
  let uidNext = 1;
  for (const entry of entries) {
    switch (entry.op) {
      case 'mailbox':
        ({ uidValidity, uidNext } = entry);
        break;
      case 'add':
        index.set(entry.uid, entry);
        uidNext = Math.max(uidNext, entry.uid + 1);
        break;
      case 'flags': {
        const known = index.get(entry.uid);
        if (known) known.flags = entry.flags;
        break;
      }
      default:
        index.delete(entry.uid);
    }
  }
  return { uidValidity, uidNext, index };
}
