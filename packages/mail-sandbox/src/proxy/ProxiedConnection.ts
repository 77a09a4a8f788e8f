// SPDX-License-Identifier: Apache-2.0
import { connect, type Socket } from 'node:net';
import type { CutBy, FaultPlan } from './FaultPlan';
import { Pump } from './Pump';

export interface ProxiedConnectionOptions {
  readonly client: Socket;
  readonly target: { readonly host: string; readonly port: number };
  readonly plan: () => FaultPlan;
  /** Asked at each cut, and counts it. */
  readonly mayCut: () => boolean;
  readonly countBytes: (direction: Direction, count: number) => void;
  readonly countLost: (count: number) => void;
}

export type Direction = 'toTarget' | 'toClient';

const CONNECT_DEADLINE_MS = 10_000;
/** As long as IDLE may last (RFC 2177), and a little. */
const IDLE_DEADLINE_MS = 31 * 60_000;

/** A client, the target, and a pump for each way between them. */
export class ProxiedConnection {
  readonly #client: Socket;
  readonly #target: Socket;
  readonly #ended = new AbortController();
  readonly #pumps: readonly Pump[];
  /** The direction in which a cut began; the other one stands still. */
  #cutting: Direction | undefined;
  /** Resolves when both sides are gone. */
  readonly closed: Promise<void>;

  constructor(options: ProxiedConnectionOptions) {
    const { client, target, plan, mayCut, countBytes, countLost } = options;
    this.#client = client;
    this.#target = connect({ ...target, allowHalfOpen: true });
    this.#target.setTimeout(CONNECT_DEADLINE_MS);
    this.#target.once('connect', () =>
      this.#target.setTimeout(IDLE_DEADLINE_MS),
    );
    for (const [socket, other] of [
      [client, this.#target],
      [this.#target, client],
    ]) {
      socket.setNoDelay(true);
      // What breaks on one side breaks on the other.
      socket.on('error', () => other.resetAndDestroy());
      socket.on('timeout', () => this.cut('reset'));
    }
    this.closed = Promise.all([
      untilClosed(client),
      untilClosed(this.#target),
    ]).then(() => this.#ended.abort());
    const pumpOf = (direction: Direction, from: Socket, to: Socket) =>
      new Pump({
        ...{ from, to, countLost, signal: this.#ended.signal },
        orders: () => {
          const { [direction]: own = {}, paused, blackHole } = plan();
          return {
            direction: own,
            isPaused: paused || (this.#cutting ?? direction) !== direction,
            isBlackHole: blackHole ?? own.blackHole ?? false,
          };
        },
        beginCut: () => {
          if (!mayCut()) return false;
          this.#cutting = direction;
          return true;
        },
        cut: () => this.cut(plan().cutBy),
        countBytes: count => countBytes(direction, count),
      });
    this.#pumps = [
      pumpOf('toTarget', client, this.#target),
      pumpOf('toClient', this.#target, client),
    ];
    for (const pump of this.#pumps) void pump.run();
  }

  /** Says that the plan changed. */
  reorder(): void {
    for (const pump of this.#pumps) pump.reorder();
  }

  /** Ends both sides; each gets what was forwarded to it before. */
  cut(by: CutBy = 'reset'): void {
    this.#ended.abort();
    this.#target.destroySoon();
    if (by === 'end') this.#client.destroySoon();
    else this.#client.resetAndDestroy();
  }

  /** Ends both sides at once, whatever is on its way. */
  destroy(): void {
    this.#ended.abort();
    this.#target.destroy();
    this.#client.destroy();
  }
}

function untilClosed(socket: Socket): Promise<void> {
  return new Promise(resolve => {
    socket.once('close', () => resolve());
  });
}
