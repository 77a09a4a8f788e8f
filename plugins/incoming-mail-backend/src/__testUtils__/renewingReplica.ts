// SPDX-License-Identifier: Apache-2.0
import { ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { resolve } from 'node:path';
import knexFactory, { Knex } from 'knex';
import { KeyringKey } from '../secrets';

/** What a replica is told to do. */
export interface RenewOrder {
  readonly connection: Knex.PgConnectionConfig;
  readonly vaultKeys: readonly KeyringKey[];
  readonly mailboxId: string;
  /** How many ask for the token at the same moment. */
  readonly callers: number;
  /** Kills the process between the provider's answer and its storage. */
  readonly dieAfterTheAnswer?: boolean;
}

/** What each caller got. */
export type RenewReport = ReadonlyArray<{ token?: string; failure?: string }>;

/** What the process sends: once when it is ready, then for each order. */
export interface ReplicaAnswer {
  readonly answer: RenewReport;
}

/** Opens a database again that a test has opened, in whatever process. */
export function createKnex(connection: Knex.PgConnectionConfig): Knex {
  return knexFactory({ client: 'pg', connection });
}

/** A database's connection as it can be sent to another process. */
export function connectionOf(db: Knex): Knex.PgConnectionConfig {
  const { host, port, user, password, database } =
    db.client.config.connection ?? {};
  return { host, port, user, password, database };
}

/** A replica of the vault in a process of its own. */
export class RenewingReplica {
  readonly #process: ChildProcess;

  private constructor(process: ChildProcess) {
    this.#process = process;
  }

  static async start(): Promise<RenewingReplica> {
    const child = fork(resolve(__dirname, 'renewingProcess.ts'), {
      // What `backstage-cli package start` runs TypeScript with.
      execArgv: [
        '--require',
        require.resolve('@backstage/cli/config/nodeTransform.cjs'),
      ],
    });
    await answerOf(child);
    return new RenewingReplica(child);
  }

  /** Resolves with what each caller got; rejects where the process dies. */
  async renew(order: RenewOrder): Promise<RenewReport> {
    const answer = answerOf(this.#process);
    this.#process.send(order);
    return answer;
  }

  async stop(): Promise<void> {
    if (this.#process.exitCode === null && this.#process.signalCode === null) {
      const exit = once(this.#process, 'exit');
      this.#process.kill();
      await exit;
    }
  }
}

/** Rejects where the process ends before it answers. */
function answerOf(child: ChildProcess): Promise<RenewReport> {
  return new Promise((fulfil, reject) => {
    // The transform sends messages of its own, about files to be watched.
    const onMessage = (message: object) => {
      if ('answer' in message) {
        stopListening();
        fulfil((message as ReplicaAnswer).answer);
      }
    };
    const onExit = (code: number | null, signal: string | null) => {
      stopListening();
      reject(new Error(`The process ended with ${signal ?? code}`));
    };
    function stopListening() {
      child.off('message', onMessage).off('exit', onExit);
    }
    child.on('message', onMessage).on('exit', onExit);
  });
}
