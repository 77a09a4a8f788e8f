// SPDX-License-Identifier: Apache-2.0
import { sandboxLibrary } from './sandboxLibrary.mjs';
import { ask } from './waiting.mjs';

/**
 * A mail that was put into a mailbox.
 *
 * @typedef {object} Delivered
 * @property {string} uuid - stands in the mail's text, first line
 * @property {Buffer} raw
 * @property {number} copies - how often it lies there
 * @property {boolean} mayVanish - somebody may have taken it away unread
 * @property {string} row - which row of the suite put it there
 */

/** A channel of a project of its own, with the mailbox behind it. */
export class Channel {
  #world;
  #protocol;
  /** Far above what Dovecot begins with, the seconds since 1970. */
  #validity = 3_000_000_000;

  constructor({ world, name, protocol = 'imap' }) {
    this.#world = world;
    this.#protocol = protocol;
    this.name = name;
    this.address = `${name}@corp.test`;
    this.project = `/projects/component/default/${name}`;
    this.path = `${this.project}/channel`;
    /** @type {Delivered[]} */
    this.mails = [];
  }

  /** Saves the channel and has its mailbox's owner consent. */
  async connect({ id, mailHosts }) {
    const server = mailHosts.find(host => host.protocol === this.#protocol);
    await this.#world.api.call('POST', this.path, {
      address: this.address,
      server,
      authentication: { method: 'oauth', integrationId: id },
    });
    await this.#world.consent(this.path, this.address);
  }

  read() {
    return this.#world.api.call('GET', this.path);
  }

  /** Replaces some of the settings. */
  async update(settings) {
    const { address, server, folder, authentication, version } =
      await this.read();
    await this.#world.api.call('PUT', this.path, {
      ...{ address, server, folder, authentication, version },
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
    await this.#world.dovecot.mail.deliver(this.address, raw);
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
