// SPDX-License-Identifier: Apache-2.0
import { createServer } from 'node:http';

/**
 * A notice that arrived.
 *
 * @typedef {object} ArrivedNotice
 * @property {string} to - an entity ref
 * @property {string} title
 * @property {string} [scope] - by which the portal knows a notice again
 */

/**
 * Where the portal's notifications would be: takes what replicas tell people,
 * and keeps it. A notice has arrived when its request has, whether or not
 * anybody hears of that.
 */
export class NoticeBoard {
  #server;
  /** @type {ArrivedNotice[]} */
  arrived = [];

  constructor() {
    this.#server = createServer(async (req, res) => {
      let text = '';
      for await (const chunk of req) {
        text += chunk;
      }
      const { recipients, payload } = JSON.parse(text);
      const { title, scope } = payload;
      this.arrived.push({ to: recipients.entityRef, title, scope });
      res.end();
    });
  }

  /** @returns {Promise<NoticeBoard>} */
  static async start() {
    const board = new NoticeBoard();
    await new Promise((resolve, reject) => {
      board.#server.once('error', reject);
      board.#server.listen(0, '127.0.0.1', resolve);
    });
    return board;
  }

  get port() {
    return this.#server.address().port;
  }

  async close() {
    this.#server.closeAllConnections();
    await new Promise(resolve => {
      this.#server.close(resolve);
    });
  }
}
