// SPDX-License-Identifier: Apache-2.0
import { setTimeout as sleep } from 'node:timers/promises';
import { HOST, PASSWORD } from './mailServer.mjs';
import { cpuSecondsOf } from './processCosts.mjs';
import { runTypeScript } from './runTypeScript.mjs';

const SETTLE_MS = 500;

const NAMES = {
  emptyVisitNewConnection: 'Empty visit, new connection',
  emptyVisitKeptConnection: 'Empty visit, kept connection',
  keptConnectionMemory: 'A kept connection',
};

/**
 * What the plugin costs where there is no mail.
 *
 * @param {{ visits: number, connections: number }} run
 * @returns rows of an id, a name, a value and its unit
 */
export async function measureCosts(run, { mail, databases }) {
  const database = await databases.open('pg');
  const user = mail.add();
  const child = runTypeScript(
    'costs.mjs',
    {
      database: database.config,
      server: { host: HOST, port: mail.port, user, password: PASSWORD },
      ...run,
    },
    ['--expose-gc'],
  );
  try {
    const { costs } = await child.hear('measured');
    return Object.entries(costs).map(([id, { value, unit }]) => ({
      id,
      name: NAMES[id],
      value: Number(value.toFixed(2)),
      unit,
    }));
  } finally {
    await child.end();
    mail.remove(user);
    await database.remove();
  }
}

/**
 * How long it takes from the delivery of a mail until its request stands.
 *
 * @param {{ mails: number }} run
 * @returns one more row of costs
 */
export async function measureLatency({ mails }, { mail, databases }) {
  const database = await databases.open('pg');
  const user = mail.add();
  const child = runTypeScript('latency.mjs', {
    database: database.config,
    server: { host: HOST, port: mail.port, user, password: PASSWORD },
  });
  const took = [];
  try {
    await child.hear('ready');
    for (let count = 1; count <= mails; count += 1) {
      // Not always at the same point of whatever the server does regularly.
      await sleep(SETTLE_MS * (1 + Math.random()));
      const waiting = child.hear('waiting');
      child.say(`${count}`);
      await waiting;
      const handled = child.hear('handled');
      const startedAt = performance.now();
      mail.fill(user, count, count - 1);
      await handled;
      took.push(performance.now() - startedAt);
    }
    child.say('end');
  } finally {
    await child.end();
    mail.remove(user);
    await database.remove();
  }
  const sorted = took.sort((a, b) => a - b);
  const at95 = sorted[Math.ceil(sorted.length * 0.95) - 1];
  return {
    id: 'deliveryToRequest',
    name: 'Delivery until its request stands, IDLE, 95 %',
    value: Math.round(at95),
    unit: 'ms',
  };
}

/**
 * What a visit and a mail cost among so many channels. The first number warms
 * the compiler up, and is not told.
 *
 * @param {{ channels: number[], mails: number, visits: number }} run
 */
export async function measureGrowth(run, { mail, databases }) {
  const { channels, mails, visits } = run;
  const database = await databases.open('pg');
  const users = channels.map(() => mail.add());
  const child = runTypeScript('growth.mjs', {
    database: database.config,
    server: { host: HOST, port: mail.port, password: PASSWORD },
    users,
    channels,
    visits,
  });
  const rows = [];
  try {
    for (const [at, user] of users.entries()) {
      await child.hear('ready');
      mail.fill(user, mails);
      const before = cpuSecondsOf(database.pid);
      const heard = child.hear('measured');
      child.say(JSON.stringify({ mails }));
      const { channels: among, ...measured } = await heard;
      const databaseCpuMs = (cpuSecondsOf(database.pid) - before) * 1000;
      rows.push({
        channels: among,
        cpuMsPerVisit: Number(measured.cpuMsPerVisit.toFixed(2)),
        cpuMsPerMail: Number(measured.cpuMsPerMail.toFixed(2)),
        databaseCpuMs: Math.round(databaseCpuMs),
      });
      console.log(`  among ${among} channels`);
      if (at < users.length - 1) {
        child.say('next');
      }
    }
    return rows.slice(1);
  } finally {
    await child.end();
    users.forEach(user => mail.remove(user));
    await database.remove();
  }
}
