// SPDX-License-Identifier: Apache-2.0
import { mkdirSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import type { AccountRegistry } from '../AccountRegistry';
import { Mailbox } from './Mailbox';
import { MailboxFiles } from './MailboxFiles';

const MAX_MAILBOXES = 50;

/** Mail of one account: its mailboxes by name. */
export class MailAccount {
  readonly address: string;
  readonly #mailboxes = new Map<string, Mailbox>();
  readonly #openFiles: (name: string) => MailboxFiles | undefined;

  constructor(
    address: string,
    openFiles: (name: string) => MailboxFiles | undefined,
  ) {
    this.address = address;
    this.#openFiles = openFiles;
  }

  get inbox(): Mailbox {
    return this.open('INBOX');
  }

  get mailboxes(): readonly Mailbox[] {
    return [...this.#mailboxes.values()];
  }

  /** Finds a mailbox; the case matters except for INBOX (RFC 3501, 5.1). */
  find(name: string): Mailbox | undefined {
    return this.#mailboxes.get(canonicalName(name));
  }

  /** Finds a mailbox or makes it. */
  open(name: string): Mailbox {
    const canonical = canonicalName(name);
    let mailbox = this.#mailboxes.get(canonical);
    if (!mailbox) {
      mailbox = new Mailbox(canonical, this.#openFiles(canonical));
      this.#mailboxes.set(canonical, mailbox);
    }
    return mailbox;
  }

  /** @returns the new mailbox; `undefined` if there are too many already. */
  create(name: string): Mailbox | undefined {
    return this.#mailboxes.size < MAX_MAILBOXES ? this.open(name) : undefined;
  }
}

function canonicalName(name: string): string {
  return name.toUpperCase() === 'INBOX' ? 'INBOX' : name;
}

/**
 * The mail of all accounts, in memory and, with a state folder, on disk as
 * `mail/<address>/<mailbox>/…`. A message is on disk before anybody is told of
 * it, so a SIGKILL at any moment loses no message and repeats no UID.
 */
export class MailStore {
  readonly #accounts: AccountRegistry;
  readonly #root: string | undefined;
  readonly #opened = new Map<string, MailAccount>();

  constructor(accounts: AccountRegistry, stateDir: string | undefined) {
    this.#accounts = accounts;
    this.#root = stateDir && join(stateDir, 'mail');
    // Files that cannot be read end the start and not somebody's session.
    for (const { address } of accounts.list()) this.find(address);
  }

  /**
   * Finds the mail of an account by its address; the case of the address is
   * ignored.
   */
  find(address: string): MailAccount | undefined {
    const account = this.#accounts.find(address);
    if (!account) return undefined;
    let opened = this.#opened.get(account.address);
    if (!opened) {
      opened = openAccount(account.address, this.#root);
      this.#opened.set(account.address, opened);
    }
    return opened;
  }
}

function openAccount(address: string, root: string | undefined): MailAccount {
  if (!root)
    return withStandardMailboxes(new MailAccount(address, () => undefined));
  const folder = join(root, folderName(address));
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const account = new MailAccount(
    address,
    name => new MailboxFiles(join(folder, folderName(name))),
  );
  for (const entry of readdirSync(folder)) {
    account.open(decodeURIComponent(entry));
  }
  return withStandardMailboxes(account);
}

function withStandardMailboxes(account: MailAccount): MailAccount {
  for (const name of ['INBOX', 'Archive']) account.open(name);
  return account;
}

/** A name of any characters as one folder name; `.` and `..` included. */
function folderName(name: string): string {
  return encodeURIComponent(name).replace(/[.*]/g, character =>
    character === '.' ? '%2E' : '%2A',
  );
}
