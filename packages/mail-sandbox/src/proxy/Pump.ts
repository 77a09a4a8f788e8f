// SPDX-License-Identifier: Apache-2.0
import type { Socket } from 'node:net';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { sleep } from '../sleep';
import { CutPoint } from './CutPoint';
import type { DirectionPlan } from './FaultPlan';
import { segmentsOf } from './segmentsOf';

/** What a pump does at this moment. */
export interface PumpOrders {
  readonly direction: DirectionPlan;
  readonly isPaused: boolean;
  readonly isBlackHole: boolean;
}

export interface PumpOptions {
  readonly from: Socket;
  readonly to: Socket;
  readonly orders: () => PumpOrders;
  /**
   * Called at a cut before its last bytes go on, so that no answer to them
   * comes back; false lets all bytes go on.
   */
  readonly beginCut: () => boolean;
  /** Called after the bytes before the cut were handed over. */
  readonly cut: () => void;
  readonly countBytes: (count: number) => void;
  readonly countLost: (count: number) => void;
  /** Ends all waits. */
  readonly signal: AbortSignal;
}

/** Bytes that wait in one direction; beyond it the sender is stopped. */
const MAX_WAITING_BYTES = 256 * 1024;

/**
 * What the other side gets to read the last bytes before a cut: a reset that
 * comes in one go with them looks like an ordinary end to libuv.
 */
const READING_TIME_MS = 10;

interface Arrival {
  readonly chunk: Buffer;
  /** Milliseconds, on the clock of `performance`. */
  readonly at: number;
}

/** Moves the bytes of one direction of a connection, as its orders say. */
export class Pump {
  readonly #options: PumpOptions;
  readonly #arrivals: Arrival[] = [];
  #waitingBytes = 0;
  #hasEnded = false;
  #wake = () => {};
  #cutPoint: CutPoint;
  /** Of the next byte, since the orders changed. */
  #offset = 0;

  constructor(options: PumpOptions) {
    this.#options = options;
    this.#cutPoint = new CutPoint(options.orders().direction);
    const { from, signal } = options;
    from.on('data', chunk => this.#arrive(chunk));
    from.on('end', () => {
      this.#hasEnded = true;
      this.#wake();
    });
    signal.addEventListener('abort', () => this.#wake(), { once: true });
  }

  /** Says that the orders changed: counting begins anew. */
  reorder(): void {
    this.#cutPoint = new CutPoint(this.#options.orders().direction);
    this.#offset = 0;
    this.#wake();
  }

  /** Moves bytes until the stream or the connection ends. */
  async run(): Promise<void> {
    const { signal, orders, to } = this.#options;
    while (!signal.aborted) {
      const arrival = this.#arrivals[0];
      if (orders().isPaused || (!arrival && !this.#hasEnded)) {
        await this.#news();
      } else if (arrival) {
        await this.#forward(arrival);
        this.#arrivals.shift();
        this.#waitingBytes -= arrival.chunk.length;
        if (this.#waitingBytes <= MAX_WAITING_BYTES) {
          this.#options.from.resume();
        }
      } else {
        // A black hole swallows the end as well.
        if (!orders().isBlackHole) to.end();
        return;
      }
    }
  }

  #arrive(chunk: Buffer): void {
    this.#arrivals.push({ chunk, at: performance.now() });
    this.#waitingBytes += chunk.length;
    if (this.#waitingBytes > MAX_WAITING_BYTES) this.#options.from.pause();
    this.#wake();
  }

  #news(): Promise<void> {
    return new Promise(resolve => {
      this.#wake = resolve;
    });
  }

  async #forward({ chunk, at }: Arrival): Promise<void> {
    const { orders, signal, beginCut, cut, countLost } = this.#options;
    const { latencyMs = 0 } = orders().direction;
    await sleep(at + latencyMs - performance.now(), signal);
    while (orders().isPaused && !signal.aborted) await this.#news();
    if (orders().isBlackHole) {
      countLost(chunk.length);
      return;
    }
    const { pass, cuts } = this.#cutPoint.take(chunk);
    const isCut = cuts && beginCut();
    await this.#send(isCut ? pass : chunk);
    if (!isCut) return;
    await sleep(READING_TIME_MS, signal);
    cut();
  }

  async #send(bytes: Buffer): Promise<void> {
    const { signal, orders, countBytes } = this.#options;
    const { direction } = orders();
    const { bytesPerSecond } = direction;
    for (const segment of segmentsOf(bytes, this.#offset, direction)) {
      if (signal.aborted) return;
      await this.#write(segment);
      countBytes(segment.length);
      if (bytesPerSecond) {
        await sleep((segment.length / bytesPerSecond) * 1000, signal);
      } else if (segment.length < bytes.length) {
        // The other side gets a chance to read this one by itself.
        await nextTurn();
      }
    }
    this.#offset += bytes.length;
  }

  /** Resolves when the system has the bytes, or the other side is gone. */
  #write(bytes: Buffer): Promise<void> {
    const { to } = this.#options;
    return new Promise(resolve => {
      if (to.writable) to.write(bytes, () => resolve());
      else resolve();
    });
  }
}
