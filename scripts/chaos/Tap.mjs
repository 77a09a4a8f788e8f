// SPDX-License-Identifier: Apache-2.0
import { connect, createServer } from 'node:net';

const CONNECT_DEADLINE_MS = 10_000;

/**
 * A moment on a wire.
 *
 * @typedef {object} Moment
 * @property {string} wire - `imap`, `pop3`, `provider`, `database`, …
 * @property {'toServer' | 'toClient'} [direction] - `toServer` by default
 * @property {string[]} bytes - to be seen one after the other on one connection
 * @property {'before' | 'answered'} at - before the last of these bytes go on;
 *   or when the server has got and answered them, and nothing of the answer has
 *   been passed back. `before` is the only one for `toClient`.
 */

/**
 * Waits for the n-th time that a moment comes, over all wires on which it is
 * armed, and holds the connection until `onHit` has ended. Once.
 */
export class Watch {
  #left;
  #isOver = false;
  #hit;
  #resolveHit;
  /** When the moment came so far, on the monotonic clock, in milliseconds. */
  seenAt = [];

  /**
   * @param {Moment} moment
   * @param {object} options
   * @param {number} [options.occurrence] - from 1; `Infinity` only counts
   * @param {(tap: Tap) => Promise<'go on' | void>} options.onHit - without
   *   `go on` the connection ends there, and what was held is lost
   */
  constructor(moment, { occurrence = 1, onHit }) {
    this.moment = { direction: 'toServer', ...moment };
    this.#left = occurrence;
    this.onHit = onHit;
    this.#hit = new Promise(resolve => {
      this.#resolveHit = resolve;
    });
  }

  /** Whether it still waits. */
  get isArmed() {
    return !this.#isOver;
  }

  /** Resolves when the moment has come, after `onHit`. */
  get hit() {
    return this.#hit;
  }

  disarm() {
    this.#isOver = true;
  }

  /** @returns whether this was the one that is waited for */
  count() {
    if (this.#isOver) {
      return false;
    }
    this.seenAt.push(performance.now());
    this.#left -= 1;
    this.#isOver = this.#left === 0;
    return this.#isOver;
  }

  /** @returns whether the connection goes on */
  async carryOut(tap) {
    const goesOn = await this.onHit(tap);
    this.#resolveHit();
    return goesOn === 'go on';
  }
}

/** How far a connection has come on the way to a watch's moment. */
class Trail {
  #watch;
  #step = 0;
  /** The end of what came before, as far as a match may have begun in it. */
  #tail = Buffer.alloc(0);

  constructor(watch) {
    this.#watch = watch;
  }

  get watch() {
    return this.#watch;
  }

  /**
   * @returns {{ start: number } | undefined} where the moment is in the chunk,
   *   if it is the one that is waited for
   */
  find(chunk) {
    const { bytes } = this.#watch.moment;
    const text = Buffer.concat([this.#tail, chunk]);
    const before = this.#tail.length;
    let from = 0;
    for (;;) {
      const wanted = bytes[this.#step];
      const start = text.indexOf(wanted, from);
      if (start === -1) {
        const longest = Math.max(...bytes.map(each => each.length)) - 1;
        this.#tail = text.subarray(Math.max(from, text.length - longest));
        return undefined;
      }
      from = start + wanted.length;
      this.#step = (this.#step + 1) % bytes.length;
      if (this.#step === 0 && this.#watch.count()) {
        return { start: Math.max(0, start - before) };
      }
    }
  }
}

/**
 * Stands on one wire of one replica, sees all that goes through, and changes
 * nothing, but where a {@link Watch} says so.
 */
export class Tap {
  #server;
  #target;
  #watches = new Set();
  #connections = new Set();
  #makeFilter;

  /**
   * @param {object} options
   * @param {string} options.replica - whose wire it is
   * @param {Moment['wire']} options.wire
   * @param {number} options.target - a port of loopback
   */
  constructor({ replica, wire, target }) {
    this.replica = replica;
    this.wire = wire;
    this.#target = target;
    this.#server = createServer({ allowHalfOpen: true }, client =>
      this.#serve(client),
    );
  }

  listen(port, host) {
    return new Promise((resolve, reject) => {
      this.#server.once('error', reject);
      this.#server.listen(port, host, () =>
        resolve(this.#server.address().port),
      );
    });
  }

  /** @param {Watch} watch */
  arm(watch) {
    if (watch.moment.wire === this.wire) {
      this.#watches.add(watch);
    }
  }

  disarm(watch) {
    this.#watches.delete(watch);
  }

  /**
   * Has each connection looked at by something that may answer in the server's
   * place, those that are open too.
   *
   * @param {(() => import('./FullDisk.mjs').FullDisk) | undefined} makeFilter -
   *   one for each connection; undefined takes them away
   */
  setFilter(makeFilter) {
    this.#makeFilter = makeFilter;
    this.#connections.forEach(connection => {
      connection.filter = makeFilter?.();
    });
  }

  async close() {
    this.#watches.clear();
    this.#connections.forEach(connection => connection.destroy());
    await new Promise(resolve => {
      this.#server.close(resolve);
    });
  }

  #serve(client) {
    const server = connect({
      port: this.#target,
      host: '127.0.0.1',
      allowHalfOpen: true,
      timeout: CONNECT_DEADLINE_MS,
    });
    const connection = {
      trails: new Map(),
      filter: this.#makeFilter?.(),
      /** Set while a moment is held: the other direction waits for it. */
      answer: undefined,
      destroy() {
        client.destroy();
        server.destroy();
      },
    };
    this.#connections.add(connection);
    for (const [socket, other] of [
      [client, server],
      [server, client],
    ]) {
      socket.setNoDelay(true);
      socket.on('error', () => other.destroy());
    }
    server.once('connect', () => server.setTimeout(0));
    server.once('timeout', () => connection.destroy());
    void Promise.allSettled([
      this.#pump(connection, 'toServer', client, server),
      this.#pump(connection, 'toClient', server, client),
    ]).then(() => {
      connection.destroy();
      this.#connections.delete(connection);
    });
  }

  async #pump(connection, direction, from, to) {
    for await (const chunk of from) {
      const { answer } = connection;
      if (direction === 'toClient' && answer) {
        // The server has answered what was waited for: nobody hears of it.
        answer.arrived();
        await answer.ended;
      }
      const bytes =
        direction === 'toServer'
          ? await filterForServer(connection, chunk, from)
          : filterForClient(connection, chunk);
      await this.#forward(connection, direction, bytes, to);
    }
    to.end();
  }

  async #forward(connection, direction, chunk, to) {
    const hit = this.#look(connection, direction, chunk);
    if (!hit) {
      await write(to, chunk);
      return;
    }
    const { watch, start } = hit;
    if (watch.moment.at === 'before') {
      await write(to, chunk.subarray(0, start));
      if (await watch.carryOut(this)) {
        await write(to, chunk.subarray(start));
      } else {
        connection.destroy();
      }
      return;
    }
    let finish;
    const ended = new Promise(resolve => {
      finish = resolve;
    });
    const arrived = new Promise(resolve => {
      connection.answer = { arrived: resolve, ended };
    });
    // All of it: the rest of a command may be behind what it is told by.
    await write(to, chunk);
    await arrived;
    if (!(await watch.carryOut(this))) {
      connection.destroy();
    }
    connection.answer = undefined;
    finish();
  }

  #look(connection, direction, chunk) {
    for (const watch of this.#watches) {
      if (watch.isArmed && watch.moment.direction === direction) {
        const trail = connection.trails.get(watch) ?? new Trail(watch);
        connection.trails.set(watch, trail);
        const found = trail.find(chunk);
        if (found) {
          return { watch, ...found };
        }
      }
    }
    return undefined;
  }
}

/** What goes on to the server; the client is answered what does not. */
async function filterForServer({ filter }, chunk, client) {
  if (!filter) {
    return chunk;
  }
  const { pass, answer } = filter.fromClient(chunk);
  await write(client, answer);
  return pass;
}

function filterForClient({ filter }, chunk) {
  filter?.fromServer(chunk);
  return chunk;
}

/** Resolves when the system has the bytes, or the other side is gone. */
function write(socket, bytes) {
  return new Promise(resolve => {
    if (bytes.length > 0 && socket.writable && !socket.destroyed) {
      socket.write(bytes, () => resolve());
    } else {
      resolve();
    }
  });
}
