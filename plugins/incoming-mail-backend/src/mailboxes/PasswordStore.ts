// SPDX-License-Identifier: Apache-2.0
import { randomUUID } from 'node:crypto';
import { MailFailure } from '@postroom/plugin-incoming-mail-node';
import { Knex } from 'knex';
import { DbMailboxRow, dbNow, tables, Tx } from '../database';
import { openFrom, sealedColumns, sealFor } from '../oauth';
import { Keyring, Secret } from '../secrets';

/**
 * The passwords of mailboxes, sealed for the mailbox that they are of on their
 * way in. Opened for signing in and for nothing else.
 */
export class PasswordStore {
  readonly #db: Knex;
  readonly #keyring: Keyring;

  constructor(options: { db: Knex; keyring: Keyring }) {
    this.#db = options.db;
    this.#keyring = options.keyring;
  }

  /** Stores a password that was just entered. */
  async put(tx: Tx, mailboxId: string, password: Secret): Promise<void> {
    await this.#rows(tx)
      .where({ id: mailboxId })
      .update({
        password_sealed: await this.#seal(mailboxId, password),
        password_id: randomUUID(),
        password_updated_at: dbNow(tx),
        refused_sign_ins: null,
      } as {});
  }

  /** A mailbox that is signed in to in another way keeps no password. */
  async remove(tx: Tx, mailboxId: string): Promise<void> {
    await this.#rows(tx).where({ id: mailboxId }).update({
      password_sealed: null,
      password_id: null,
      password_updated_at: null,
      refused_sign_ins: null,
    });
  }

  /**
   * Gives one mailbox the password of another, which stays the same one by its
   * id; sealed anew, as a record opens for the mailbox only that it is of.
   *
   * @throws MailFailure where the vault cannot open it
   */
  async copy(
    tx: Tx,
    mailboxes: { readonly from: string; readonly to: string },
  ): Promise<void> {
    const { from, to } = mailboxes;
    const row = await this.#rows(tx).where({ id: from }).first();
    const password = row && (await this.#open(row));
    if (!row || !password) {
      await this.remove(tx, to);
      return;
    }
    await this.#rows(tx)
      .where({ id: to })
      .update({
        password_sealed: await this.#seal(to, password),
        password_id: row.password_id,
        password_updated_at: row.password_updated_at,
        refused_sign_ins: null,
      });
  }

  /**
   * @throws MailFailure `password-missing`, or `vault-…` where the vault
   *   cannot open it
   */
  async open(mailboxId: string): Promise<Secret> {
    const row = await this.#rows().where({ id: mailboxId }).first();
    const password = row && (await this.#open(row));
    if (!password) {
      throw new MailFailure(
        'password-missing',
        `The mailbox ${mailboxId} has no password`,
      );
    }
    return password;
  }

  #open(row: DbMailboxRow): Promise<Secret | undefined> {
    return openFrom(
      this.#keyring,
      sealedColumns.mailboxPassword,
      row.id,
      row.password_sealed,
    );
  }

  #seal(mailboxId: string, password: Secret): Promise<string> {
    return sealFor(
      this.#keyring,
      sealedColumns.mailboxPassword,
      mailboxId,
      password,
    );
  }

  #rows(db: Knex = this.#db) {
    return db<DbMailboxRow>(tables.mailboxes);
  }
}
