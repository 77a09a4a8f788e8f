// SPDX-License-Identifier: Apache-2.0
import { createRequire } from 'node:module';
import { fromRoot } from '../lib/repository.mjs';

const requireFromPlugin = createRequire(
  fromRoot('plugins', 'incoming-mail-backend', 'package.json'),
);

/** A person at the mailbox, with a mail program, past all wires. */
export class MailboxOwner {
  #client;

  constructor(client) {
    this.#client = client;
  }

  /** With an access token or a password. */
  static async signIn({ port, address, accessToken, password }) {
    const { ImapFlow } = requireFromPlugin('imapflow');
    const client = new ImapFlow({
      host: '127.0.0.1',
      port,
      secure: false,
      doSTARTTLS: false,
      auth: { user: address, accessToken, pass: password },
      logger: false,
    });
    client.on('error', () => {});
    await client.connect();
    await client.mailboxOpen('INBOX');
    return new MailboxOwner(client);
  }

  /** Reads everything, and deletes what came last. */
  async readAllAndDeleteLast() {
    await this.#client.noop();
    await this.#client.messageFlagsAdd('1:*', ['\\Seen']);
    await this.#client.messageDelete('*');
  }

  /** Marks everything as deleted, and leaves it there. */
  async markAllAsDeleted() {
    await this.#client.messageFlagsAdd('1:*', ['\\Deleted']);
  }

  async createFolder(path) {
    await this.#client.mailboxCreate(path);
  }

  async leave() {
    await this.#client.logout().catch(() => {});
  }
}
