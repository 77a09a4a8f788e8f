// SPDX-License-Identifier: Apache-2.0
import { sandboxLibrary } from './sandboxLibrary.mjs';
import { Tap } from './Tap.mjs';

/**
 * The wires between one replica and everything that it talks to: on each a tap,
 * which sees, and behind it a fault proxy, which breaks.
 *
 *     replica ─► tap ─► fault proxy ─► server
 */
export class Wires {
  #replica;
  #taps = new Map();
  #proxies = new Map();

  /**
   * @param {object} options
   * @param {string} options.replica - its name
   * @param {string} options.address - of loopback, where its wires begin
   */
  constructor({ replica, address }) {
    this.#replica = replica;
    this.address = address;
  }

  /**
   * Lays one wire.
   *
   * @param {string} wire - its name
   * @param {object} options
   * @param {number} options.port - that the replica connects to
   * @param {number} options.server - the port of the server, on loopback
   */
  async lay(wire, { port, server }) {
    const proxy = await sandboxLibrary().startFaultProxy({
      target: { port: server },
    });
    this.#proxies.set(wire, proxy);
    const tap = new Tap({
      replica: this.#replica,
      wire,
      target: proxy.port,
    });
    this.#taps.set(wire, tap);
    await tap.listen(port, this.address);
  }

  /** The fault proxy of a wire. */
  proxy(wire) {
    return this.#proxies.get(wire);
  }

  /** What sees all that goes through a wire. */
  tap(wire) {
    return this.#taps.get(wire);
  }

  arm(watch) {
    this.#taps.forEach(tap => tap.arm(watch));
  }

  disarm(watch) {
    this.#taps.forEach(tap => tap.disarm(watch));
  }

  /** Nothing is broken any more. */
  async heal() {
    this.#taps.forEach(tap => tap.setFilter(undefined));
    await Promise.all(
      [...this.#proxies.values()].map(each => each.setPlan({})),
    );
  }

  async close() {
    await Promise.all([...this.#taps.values()].map(tap => tap.close()));
    await Promise.all([...this.#proxies.values()].map(proxy => proxy.close()));
  }
}
