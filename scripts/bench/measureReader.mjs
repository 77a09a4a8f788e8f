// SPDX-License-Identifier: Apache-2.0
import { HOST, PASSWORD } from './mailServer.mjs';
import {
  cpuSecondsOf,
  forgetPeak,
  memoryOf,
  peakMemoryOf,
} from './processCosts.mjs';
import { runTypeScript } from './runTypeScript.mjs';

// One visit of what a visit reads at most.
const WARM_UP_MAILS = 500;

/**
 * Has the plugin read one full mailbox, and counts in the database what came
 * of it.
 *
 * @param {{ engine: 'pg' | 'sqlite', processes: boolean, count: number }} run -
 *   processes: the whole way, and not only until the mail is stored
 */
export async function measureReader(run, { mail, databases }) {
  const { engine, processes, count } = run;
  const database = await databases.open(engine);
  const user = mail.add();
  const warmUp = {
    user: mail.add(),
    count: Math.min(WARM_UP_MAILS, mail.count),
  };
  const reader = runTypeScript('reader.mjs', {
    database: database.config,
    server: { host: HOST, port: mail.port, user, password: PASSWORD },
    processes,
    count,
    warmUp,
  });
  try {
    await reader.hear('begun');
    const idle = memoryOf(reader.pid);
    mail.fill(warmUp.user, warmUp.count);
    const ready = reader.hear('ready');
    reader.say('go');
    await ready;
    mail.fill(user, count);
    forgetPeak(reader.pid);
    const before = costs(reader, mail, database);
    const startedAt = performance.now();
    const done = reader.hear('done');
    reader.say('go');
    await done;
    const seconds = (performance.now() - startedAt) / 1000;
    const after = costs(reader, mail, database);
    const peak = peakMemoryOf(reader.pid);
    reader.say('end');
    await reader.end();
    judge(await database.count(), { processes, count: count + warmUp.count });
    return {
      count,
      seconds,
      cpuSeconds: after.reader - before.reader,
      serverCpuSeconds: after.mail - before.mail,
      ...(database.pid && {
        databaseCpuSeconds: after.database - before.database,
      }),
      peakMb: peak,
      overIdleMb: peak - idle,
    };
  } finally {
    await reader.end();
    mail.remove(user);
    mail.remove(warmUp.user);
    await database.remove();
  }
}

function costs(reader, mail, database) {
  return {
    reader: cpuSecondsOf(reader.pid),
    mail: cpuSecondsOf(mail.pid),
    database: database.pid ? cpuSecondsOf(database.pid) : 0,
  };
}

function judge(rows, { processes, count }) {
  const expected = processes ? [count, count, count] : [count, 0, 0];
  const found = [rows.stored, rows.done, rows.made];
  if (`${found}` !== `${expected}` || rows.journal === 0) {
    throw new Error(
      `Of ${count} mails the database has ${JSON.stringify(rows)}`,
    );
  }
}
