// SPDX-License-Identifier: Apache-2.0
import { execFile } from 'node:child_process';
import { chown, mkdir, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { dovecotPaths, type DovecotUser } from './dovecotConfig';

export interface DovecotMailOptions {
  readonly dir: string;
  readonly doveadm: string;
  readonly user: DovecotUser;
}

const DEADLINE_MS = 30_000;
const INBOX = 'INBOX';

/**
 * The mailboxes of a Dovecot, worked on behind the back of IMAP. A mailbox
 * comes into being with its first mail, folder or login.
 */
export class DovecotMail {
  readonly #options: DovecotMailOptions;
  #delivered = 0;

  constructor(options: DovecotMailOptions) {
    this.#options = options;
  }

  /**
   * Puts a mail into INBOX. Written as a file of the Maildir and not handed to
   * a delivery agent, which would change line ends: what goes in with CRLF
   * comes out byte for byte. Dovecot itself makes CRLF of a lone LF, and 0x80
   * of NUL. Mails that are put in at the same time get their UIDs in the order
   * of the calls, unless somebody looks meanwhile.
   */
  async deliver(address: string, raw: Buffer): Promise<void> {
    const name = this.#nextName();
    const maildir = this.#maildir(address);
    for (const folder of ['tmp', 'new', 'cur']) {
      await this.#makeFolder(join(maildir, folder));
    }
    const written = join(maildir, 'tmp', name);
    await writeFile(written, raw, { mode: 0o600 });
    await this.#own(written);
    await rename(written, join(maildir, 'new', name));
  }

  /** The UIDs of INBOX, ascending: all, or those of read mail. */
  async uids(
    address: string,
    query: 'all' | 'seen' = 'all',
  ): Promise<number[]> {
    const rows = await this.#doveadm('search', address, [
      ...['mailbox', INBOX],
      query,
    ]);
    // A row: the mailbox's GUID, the UID.
    return [...rows.matchAll(/^\S+ (\d+)$/gm)]
      .map(([, uid]) => Number(uid))
      .sort((a, b) => a - b);
  }

  /** Removes a mail from INBOX. */
  async expunge(address: string, uid: number): Promise<void> {
    await this.#doveadm('expunge', address, [
      'mailbox',
      INBOX,
      'uid',
      `${uid}`,
    ]);
  }

  /** Gives INBOX a UIDVALIDITY; the UIDs stay. */
  async setUidValidity(address: string, value: number): Promise<void> {
    await this.#doveadm('mailbox update', address, [
      ...['--uid-validity', `${value}`],
      INBOX,
    ]);
  }

  async createFolder(address: string, folder: string): Promise<void> {
    await this.#doveadm('mailbox create', address, [folder]);
  }

  /** Leaves the owner no right but to see a folder and read in it (RFC 4314). */
  async makeReadOnly(address: string, folder: string): Promise<void> {
    await this.#doveadm('acl set', address, [
      folder,
      ...['owner', 'lookup', 'read'],
    ]);
  }

  /** Removes the whole mailbox. Nobody may be signed in to it. */
  async remove(address: string): Promise<void> {
    await rm(this.#home(address), { recursive: true, force: true });
  }

  async #doveadm(
    command: string,
    address: string,
    args: readonly string[],
  ): Promise<string> {
    const { dir, doveadm } = this.#options;
    const { stdout } = await promisify(execFile)(
      doveadm,
      [
        ...['-c', dovecotPaths(dir).config],
        ...command.split(' '),
        ...['-u', address],
        ...args,
      ],
      { timeout: DEADLINE_MS },
    );
    return stdout;
  }

  /** Dovecot gives UIDs in the order of the seconds, then of what M counts. */
  #nextName(): string {
    this.#delivered += 1;
    const seconds = Math.floor(Date.now() / 1000);
    return `${seconds}.M${this.#delivered}P${process.pid}.sandbox`;
  }

  #home(address: string): string {
    return join(dovecotPaths(this.#options.dir).homes, address);
  }

  #maildir(address: string): string {
    return join(this.#home(address), 'Maildir');
  }

  async #makeFolder(path: string): Promise<void> {
    // The first that was missing, if any; all below it are ours to hand over.
    const made = await mkdir(path, { recursive: true, mode: 0o700 });
    if (!made) return;
    for (
      let folder = path;
      folder.length >= made.length;
      folder = join(folder, '..')
    ) {
      await this.#own(folder);
    }
  }

  async #own(path: string): Promise<void> {
    const { mailUid, mailGid } = this.#options.user;
    await chown(path, mailUid, mailGid);
  }
}
