// SPDX-License-Identifier: Apache-2.0
import { sandboxLibrary } from './sandboxLibrary.mjs';
import { ask } from './waiting.mjs';

const BASELINE_DEADLINE_MS = 20_000;

/**
 * A mail that was put into a mailbox.
 *
 * @typedef {object} Delivered
 * @property {string} uuid - stands in the mail's text, first line
 * @property {Buffer} raw
 * @property {number} copies - how often it lies there; 0: as old mail, which is
 *   to become nothing
 * @property {boolean} mayVanish - somebody may have taken it away unread
 * @property {string} row - which row of the suite put it there
 */

/** A channel of a project of its own, with the mailbox behind it. */
export class Channel {
  #world;
  #server;
  #deletes;
  #afterStoring;
  #mail;
  /** Where its mail goes; undefined: the built-in tracker. */
  elsewhere;
  /** Far above what Dovecot begins with, the seconds since 1970. */
  #validity = 3_000_000_000;

  /**
   * @param {object} options
   * @param {import('./World.mjs').World} options.world
   * @param {string} options.name - of the project, and before the `@`
   * @param {'imap' | 'pop3' | 'odd-imap' | 'odd-pop3' | 'spare-imap'}
   *   [options.server] - Dovecot, or the sandbox's, which can be told to be
   *   odd, or the one that a row has for itself
   * @param {boolean} [options.deletes] - stored mail is deleted on the server
   * @param {object} [options.afterStoring] - as the API has it
   * @param {{ deliver(address: string, raw: Buffer): Promise<void> }}
   *   [options.mail] - where its mail is put; that of the server by default
   * @param {string} [options.address] - where another one has it as well
   * @param {string} [options.folder]
   */
  constructor({
    world,
    name,
    server = 'imap',
    deletes = false,
    afterStoring,
    mail,
    address = `${name}@corp.test`,
    folder,
  }) {
    this.#world = world;
    this.#server = server;
    this.#deletes = deletes;
    this.#afterStoring = afterStoring;
    this.#mail = mail;
    this.name = name;
    this.address = address;
    this.folder = folder;
    this.project = `/projects/component/default/${name}`;
    this.path = `${this.project}/channel`;
    /** @type {Delivered[]} */
    this.mails = [];
  }

  /** Saves the channel, has its mailbox's owner consent, and begins to read. */
  async connect(integration) {
    const isPop3 = this.#server.endsWith('pop3');
    const wire = isPop3 ? 'imap' : this.#server;
    await this.#world.api.call('POST', this.path, {
      address: this.address,
      server: this.#world.mailHostOf(wire, integration),
      authentication: { method: 'oauth', integrationId: integration.id },
      afterStoring: this.#afterStoring,
      folder: this.folder,
    });
    await this.#world.consent(this.path, this.address);
    if (isPop3) {
      await this.#readByPop3(this.#world.mailHostOf(this.#server, integration));
    }
  }

  // Past the API, which takes IMAP alone for channels so far.
  async #readByPop3({ port }) {
    await this.#world.query(
      `UPDATE mailboxes SET protocol = 'pop3', port = $2, after_storing = $3
        WHERE address = $1`,
      [this.address, port, this.#deletes ? 'delete' : 'leave'],
    );
    // As a change of settings does: a connection may be kept by now.
    await this.#world.query(
      `UPDATE leases SET ticket = ticket + 1, due_at = 0,
          holder = NULL, kept_by = NULL, lease_until = NULL
        FROM mailboxes
        WHERE kind = 'poll' AND subject_id = mailboxes.id AND address = $1`,
      [this.address],
    );
    // The first visit takes what is there for old.
    await ask(
      async () => {
        await this.#world.poke([this]);
        const known = await this.#world.query(
          `SELECT 1 FROM mailbox_cursors
            JOIN mailboxes ON mailboxes.id = mailbox_cursors.mailbox_id
            WHERE address = $1 AND keyed_by IS NOT NULL`,
          [this.address],
        );
        return known.length > 0;
      },
      { timeoutMs: BASELINE_DEADLINE_MS, everyMs: 200 },
    );
  }

  /**
   * Has its mail handled by a service elsewhere. Past the API, which leaves a
   * project's mail to the tracker.
   */
  async handleElsewhere() {
    this.elsewhere = this.#world.elsewhere;
    await this.#world.query(
      `UPDATE handler_bindings SET handler_id = 'elsewhere', settings = '{}'
        FROM mailboxes
        WHERE mailboxes.id = handler_bindings.mailbox_id AND address = $1`,
      [this.address],
    );
  }

  read() {
    return this.#world.api.call('GET', this.path);
  }

  /** Replaces some of the settings. */
  async update(settings) {
    const { address, server, folder, authentication, afterStoring, version } =
      await this.read();
    await this.#world.api.call('PUT', this.path, {
      ...{ address, server, folder, authentication, afterStoring, version },
      ...settings,
    });
  }

  /** Waits until the channel is as wanted; undefined where it is not in time. */
  until(isGood, timeoutMs) {
    return ask(
      async () => {
        const channel = await this.read();
        if (isGood(channel)) {
          return channel;
        }
        await this.#world.poke([this]);
        return undefined;
      },
      { timeoutMs, everyMs: 500 },
    );
  }

  /** The mailbox's owner, at a mail program. */
  signInAsOwner() {
    return this.#world.signInAsOwner(this.address);
  }

  /** A mail that is in no mailbox yet. */
  compose(row, index) {
    const { generateMail } = sandboxLibrary();
    const seed = `${this.#world.seed} ${row} ${this.name}`;
    const { uuid, raw } = generateMail({ seed, index, to: this.address });
    return { uuid, raw, copies: 1, mayVanish: false, row };
  }

  /** Puts a mail into the mailbox and remembers it. */
  async deliver(mail) {
    await this.#put(mail.raw);
    if (!this.mails.includes(mail)) {
      this.mails.push(mail);
    }
    return mail;
  }

  /** Puts a mail into the mailbox a second time. */
  async deliverAgain(mail) {
    await this.#put(mail.raw);
    mail.copies += 1;
  }

  /** Puts the next so many mails of a row into the mailbox. */
  async deliverMany(row, count) {
    const from = this.mails.filter(mail => mail.row === row).length;
    const mails = [];
    for (let n = 0; n < count; n += 1) {
      mails.push(await this.deliver(this.compose(row, from + n)));
    }
    return mails;
  }

  async #put(raw) {
    if (this.#mail) {
      await this.#mail.deliver(this.address, raw);
    } else if (this.#server.startsWith('odd')) {
      await this.#world.putIntoSandbox(this.address, raw);
    } else {
      await this.#world.dovecot.mail.deliver(this.address, raw);
    }
  }

  /** Gives the mailbox another UIDVALIDITY; its mails stay. */
  async renumber() {
    this.#validity += 1;
    await this.#world.dovecot.mail.setUidValidity(this.address, this.#validity);
  }

  /**
   * Whether all mail seems to have ended. Only a hint of when to look: what
   * became of it is told by the oracle.
   */
  async isDrained() {
    const channel = await this.read().catch(() => undefined);
    const least = this.mails
      .filter(({ mayVanish }) => !mayVanish)
      .reduce((sum, { copies }) => sum + copies, 0);
    return (
      channel !== undefined &&
      channel.counts.lastDay >= least &&
      channel.counts.waiting === 0
    );
  }
}
