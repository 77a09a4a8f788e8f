// SPDX-License-Identifier: Apache-2.0
import { appendFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { signalGroup, startNode, stop } from '../lib/processes.mjs';
import { fromRoot, requireFromRoot, ROOT } from '../lib/repository.mjs';

const START_DEADLINE_MS = 60_000;

/**
 * One replica: a process that is started, killed and stopped as often as one
 * likes, with the same port and wires each time.
 */
export class Replica {
  #running;
  #ready;
  #state = 'down';
  /** Of the process that runs now; those of former ones are over. */
  #generation = 0;

  /**
   * @param {object} options
   * @param {string} options.name
   * @param {number} options.port
   * @param {import('./Wires.mjs').Wires} options.wires
   * @param {string} options.logFile
   * @param {import('./Guard.mjs').Guard} options.guard
   * @param {() => object} options.order - what `replica.cjs` is told
   * @param {() => NodeJS.ProcessEnv} options.env - on top of this process's
   */
  constructor(options) {
    this.name = options.name;
    this.wires = options.wires;
    this.base = `http://127.0.0.1:${options.port}`;
    this.options = options;
  }

  /** `down`, `starting`, `up` or `stopped` (SIGSTOP). */
  get state() {
    return this.#state;
  }

  /** Starts the process unless there is one; resolves when it serves. */
  start() {
    if (this.#state === 'down') {
      this.#state = 'starting';
      this.#ready = this.#launch();
      // Who starts it in passing learns of a failure from the next call.
      this.#ready.catch(() => {});
    }
    return this.#ready;
  }

  async #launch() {
    const { name, logFile, guard, order, env } = this.options;
    this.#generation += 1;
    const generation = this.#generation;
    let sayReady;
    const ready = new Promise(resolve => {
      sayReady = resolve;
    });
    const running = startNode({
      name,
      // Arguments of Node's, so that the threads that read mail have them too.
      args: [
        '--require',
        fromRoot('scripts', 'chaos', 'transformOnce.cjs'),
        '--require',
        requireFromRoot.resolve('@backstage/cli/config/nodeTransform.cjs'),
        '--require',
        fromRoot('scripts', 'chaos', 'poisonThreads.cjs'),
        fromRoot('scripts', 'chaos', 'replica.cjs'),
      ],
      cwd: ROOT,
      env: {
        NODE_ENV: 'production',
        LOG_LEVEL: 'info',
        NO_COLOR: '1',
        CHAOS_TRANSFORMED: join(dirname(logFile), 'transformed'),
        ...env(),
        CHAOS_REPLICA: JSON.stringify(order()),
      },
      onLine: line => {
        appendFileSync(logFile, `${new Date().toISOString()} ${line}\n`);
        if (line === 'CHAOS ready') {
          sayReady('ready');
        }
      },
    });
    this.#running = running;
    const unguard = guard.watch(-running.pid, 'SIGKILL');
    void running.ended.then(() => {
      unguard();
      if (this.#generation === generation) {
        this.#state = 'down';
      }
    });
    const outcome = await Promise.race([
      ready,
      running.ended.then(() => 'ended'),
      new Promise(resolve => {
        setTimeout(resolve, START_DEADLINE_MS, 'late').unref();
      }),
    ]);
    if (outcome === 'ready' && this.#generation === generation) {
      this.#state = 'up';
      return true;
    }
    if (outcome === 'late') {
      throw new Error(`${name} does not start; see ${logFile}`);
    }
    return false;
  }

  /** SIGKILL; resolves when nothing is left of it. */
  async kill() {
    signalGroup(this.#running, 'SIGKILL');
    this.#state = 'down';
    this.#generation += 1;
    await this.#running.ended;
  }

  /** SIGSTOP: not a step further until {@link resume}. */
  freeze() {
    signalGroup(this.#running, 'SIGSTOP');
    this.#state = 'stopped';
  }

  resume() {
    signalGroup(this.#running, 'SIGCONT');
    this.#state = 'up';
  }

  /** SIGTERM; resolves with how long it took to end, in milliseconds. */
  async terminate(graceMs = 15_000) {
    const startedAt = performance.now();
    this.#state = 'stopping';
    await stop(this.#running, { graceMs });
    await this.#running.ended;
    this.#state = 'down';
    return performance.now() - startedAt;
  }

  /** Ends it, whatever its state. */
  async remove() {
    if (this.#running && signalGroup(this.#running, 0)) {
      await this.kill();
    }
  }

  /** How often it has said something, in all its lives. */
  async timesSaid(text) {
    const log = await readFile(this.options.logFile, 'utf8');
    return log.split(text).length - 1;
  }

  /** Of the process that runs now. */
  get pid() {
    return this.#running.pid;
  }

  tail() {
    return this.#running?.tail() ?? '';
  }
}
