// SPDX-License-Identifier: Apache-2.0
import { listPages } from '../lib/listPages.mjs';
import { pause } from './waiting.mjs';

const CALL_DEADLINE_MS = 10_000;
const RETRY_MS = 100;
const USER = 'user:default/olga';

/**
 * The plugin's HTTP API, asked of whichever replica lives. Replicas die, so a
 * call that fails is made again of the next one until its deadline.
 */
export class Api {
  #replicas;
  #turn = 0;

  /** @param {() => import('./Replica.mjs').Replica[]} replicas - those that serve */
  constructor(replicas) {
    this.#replicas = replicas;
  }

  /**
   * @param {object} [options]
   * @param {number} [options.deadlineMs]
   * @param {string} [options.as] - who asks, an entity ref
   * @returns the reply's JSON, if it has any
   * @throws with the last failure where none answered well in time
   */
  async call(method, path, body, { deadlineMs = 30_000, as = USER } = {}) {
    const deadline = Date.now() + deadlineMs;
    for (;;) {
      const { ok, isFinal, text } = await this.#try(method, path, body, as);
      if (ok) {
        return text ? JSON.parse(text) : undefined;
      }
      if (isFinal || Date.now() > deadline) {
        throw new Error(`${method} ${path}: ${text}`);
      }
      await pause(RETRY_MS);
    }
  }

  /** One call; whether it was answered well. */
  async attempt(method, path, body) {
    return (await this.#try(method, path, body)).ok;
  }

  /** All rows of a list. */
  list(path) {
    return listPages(page => this.call('GET', page), path);
  }

  /** The text of a file, each byte a character. */
  async download(path) {
    const replica = this.#next();
    const reply = await send(replica, 'GET', path);
    return Buffer.from(await reply.arrayBuffer());
  }

  async #try(method, path, body, as = USER) {
    const replica = this.#next();
    if (!replica) {
      return { ok: false, text: 'no replica serves' };
    }
    try {
      const reply = await send(replica, method, path, { body, as });
      const text = await reply.text();
      // What the plugin refuses, it refuses again.
      const isFinal = reply.status >= 400 && reply.status < 500;
      return reply.ok ? { ok: true, text } : { ok: false, isFinal, text };
    } catch (error) {
      return { ok: false, text: `${error.message} ${error.cause ?? ''}` };
    }
  }

  #next() {
    const replicas = this.#replicas();
    this.#turn += 1;
    return replicas[this.#turn % Math.max(1, replicas.length)];
  }
}

function send({ base }, method, path, { body, as = USER } = {}) {
  return fetch(`${base}/api/incoming-mail${path}`, {
    method,
    headers: {
      authorization: `Bearer ${as}`,
      ...(body && { 'content-type': 'application/json' }),
    },
    body: body && JSON.stringify(body),
    signal: AbortSignal.timeout(CALL_DEADLINE_MS),
  });
}
