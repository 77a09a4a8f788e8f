// SPDX-License-Identifier: Apache-2.0
import { spawn, type ChildProcess } from 'node:child_process';
import type { Writable } from 'node:stream';
import { setTimeout as delay } from 'node:timers/promises';
import { livingProcesses } from './livingProcesses';

const POLL_MS = 20;
const GRACE_MS = 10_000;
const KEPT_LOG_CHARACTERS = 8000;

/**
 * Ends the program when file descriptor 3 is closed, which the system does
 * when this process dies, however it dies.
 */
const SUPERVISOR = `
"$@" 3<&- & program=$!
(read -r _ <&3; kill "$program") & reader=$!
wait "$program"; code=$?
kill "$reader" 2>/dev/null
exit "$code"
`;

/** A running Dovecot with all its processes, one process group. */
export class DovecotProcess {
  readonly #shell: ChildProcess;
  /** It has ended, and its last words are in the log. */
  readonly #closed: Promise<void>;
  #log = '';

  constructor(program: string, configFile: string) {
    this.#shell = spawn(
      '/bin/sh',
      ['-c', SUPERVISOR, 'supervisor', program, '-F', '-c', configFile],
      { stdio: ['ignore', 'ignore', 'pipe', 'pipe'], detached: true },
    );
    this.#shell.stderr?.setEncoding('utf8').on('data', chunk => {
      this.#log = (this.#log + chunk).slice(-KEPT_LOG_CHARACTERS);
    });
    this.#shell.on('error', error => {
      this.#log += `${error}\n`;
    });
    // A descriptor that the dead no longer read.
    this.#lifeline.on('error', () => undefined);
    this.#closed = new Promise(resolve => {
      this.#shell.once('close', () => resolve());
    });
  }

  /** The end of what Dovecot logged. */
  get log(): string {
    return this.#log;
  }

  get hasEnded(): boolean {
    return this.#shell.exitCode !== null || this.#shell.signalCode !== null;
  }

  /** Ends all processes, with force after 10 s; resolves when none is left. */
  async stop(): Promise<void> {
    this.#lifeline.destroy();
    const { pid: group } = this.#shell;
    // Without a number there was no shell to start.
    if (group === undefined) return;
    const deadline = Date.now() + GRACE_MS;
    while ((await livingProcesses(group)).length > 0) {
      if (Date.now() > deadline) kill(group);
      await delay(POLL_MS);
    }
    await this.#closed;
  }

  get #lifeline(): Writable {
    return this.#shell.stdio[3] as Writable;
  }
}

function kill(group: number): void {
  try {
    process.kill(-group, 'SIGKILL');
  } catch {
    // Gone since it was looked for.
  }
}
