// SPDX-License-Identifier: Apache-2.0
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:http';

/**
 * What the service has made of one idempotency key.
 *
 * @typedef {object} Made
 * @property {string} id
 * @property {string} messageId - of the product
 * @property {string} text - of the mail
 * @property {string} [html]
 * @property {string} project - an entity ref
 */

/**
 * A service elsewhere that makes something of each mail, as a request tracker
 * of one's own would: what it made stands before it answers, and is answered
 * again to whoever comes with the same key (`Idempotency-Key`).
 */
export class OtherService {
  #server;
  /** @type {Map<string, Made>} by idempotency key */
  #made = new Map();
  /** How often it was called, also with a key that it knew. */
  calls = 0;

  constructor() {
    this.#server = createServer((req, res) => {
      this.#serve(req, res).catch(() => res.destroy());
    });
  }

  /** @returns {Promise<OtherService>} */
  static async start() {
    const service = new OtherService();
    service.#server.listen(0, '127.0.0.1');
    await once(service.#server, 'listening');
    return service;
  }

  get port() {
    return this.#server.address().port;
  }

  /** What it has made of a channel's mail. @returns {Made[]} */
  madeFor({ name }) {
    return [...this.#made.values()].filter(
      ({ project }) => project === `component:default/${name}`,
    );
  }

  async close() {
    this.#server.closeAllConnections();
    await new Promise(resolve => {
      this.#server.close(resolve);
    });
  }

  async #serve(req, res) {
    let body = '';
    for await (const chunk of req) {
      body += chunk;
    }
    this.calls += 1;
    const key = req.headers['idempotency-key'];
    const made = this.#made.get(key) ?? {
      id: randomUUID(),
      ...JSON.parse(body),
    };
    this.#made.set(key, made);
    res.setHeader('content-type', 'application/json');
    res.end(JSON.stringify({ id: made.id }));
  }
}
