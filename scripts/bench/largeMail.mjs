// SPDX-License-Identifier: Apache-2.0
// Usage: node scripts/bench/largeMail.mjs [--megabytes 50] [--only imap,pop3]
// What one large mail costs the whole way: fetched, stored in pieces, read in a
// thread, made a request with an attachment. The plugin runs in a process of
// its own on a real Dovecot; memory is what Linux says of that process.
import { randomBytes } from 'node:crypto';
import { parseArgs } from 'node:util';
import { ensureDovecot } from '../lib/dovecot.mjs';
import { PlainError, runMain } from '../lib/plainly.mjs';
import { openDatabases } from './databases.mjs';
import { HOST, PASSWORD, startMailServer } from './mailServer.mjs';
import { forgetPeak, memoryOf, peakMemoryOf } from './processCosts.mjs';
import { runTypeScript } from './runTypeScript.mjs';

const MEGABYTE = 1_048_576;
const MAX_MESSAGE_BYTES = 60 * MEGABYTE;
const LINE_BYTES = 57;
const WARM_UP_MAILS = 20;

const engines = [
  { engine: 'pg', name: 'PostgreSQL' },
  { engine: 'sqlite', name: 'SQLite' },
];

function buildMail(subject, attachmentBytes) {
  const encoded = randomBytes(attachmentBytes)
    .toString('base64')
    .replace(new RegExp(`.{${(LINE_BYTES / 3) * 4}}`, 'g'), '$&\r\n');
  return Buffer.from(
    [
      'From: Ada <ada@example.com>',
      'To: support@corp.test',
      `Subject: ${subject}`,
      `Message-ID: <${subject}@example.com>`,
      'MIME-Version: 1.0',
      'Content-Type: multipart/mixed; boundary="b"',
      '',
      '--b',
      'Content-Type: text/plain; charset=utf-8',
      '',
      'See the attachment.',
      '--b',
      'Content-Type: application/octet-stream; name="large.bin"',
      'Content-Disposition: attachment; filename="large.bin"',
      'Content-Transfer-Encoding: base64',
      '',
      encoded,
      '--b--',
      '',
    ].join('\r\n'),
    'latin1',
  );
}

/**
 * Has the plugin read some small mails, so that all its code and its thread
 * are there, and then the large one.
 */
async function measure({ protocol, engine, raw }, { mail, databases }) {
  const database = await databases.open(engine);
  const user = mail.add();
  const reader = runTypeScript('reader.mjs', {
    database: database.config,
    server: {
      protocol,
      host: HOST,
      port: protocol === 'imap' ? mail.port : mail.pop3Port,
      user,
      password: PASSWORD,
    },
    processes: true,
    maxMessageBytes: MAX_MESSAGE_BYTES,
  });
  const read = async count => {
    const done = reader.hear('done');
    reader.say(count);
    return done;
  };
  try {
    await reader.hear('ready');
    mail.fill(user, WARM_UP_MAILS);
    await read(WARM_UP_MAILS);
    mail.put(user, raw);
    const idle = memoryOf(reader.pid);
    forgetPeak(reader.pid);
    const startedAt = performance.now();
    const { blockedMs } = await read(WARM_UP_MAILS + 1);
    const seconds = (performance.now() - startedAt) / 1000;
    const peak = peakMemoryOf(reader.pid);
    const { done, made } = await database.count();
    if (done !== WARM_UP_MAILS + 1 || made !== done) {
      throw new Error(`${done} mails are done, ${made} are requests`);
    }
    return { idle, peak, cost: peak - idle, seconds, blockedMs };
  } finally {
    await reader.end();
    mail.remove(user);
    await database.remove();
  }
}

function toLine(cells) {
  return cells
    .map((cell, at) => (at < 2 ? `${cell}`.padEnd(11) : `${cell}`.padStart(9)))
    .join(' ');
}

await runMain(async () => {
  const { values } = parseArgs({
    options: {
      megabytes: { type: 'string', default: '50' },
      only: { type: 'string', default: 'imap,pop3' },
    },
  });
  const program = ensureDovecot();
  if (!program || process.getuid?.() !== 0) {
    throw new PlainError('It needs Dovecot 2.3, and root, whom it runs under.');
  }
  const megabytes = Number(values.megabytes);
  const raw = buildMail(
    'large',
    Math.floor((megabytes * MEGABYTE * 19) / 26.1),
  );
  const mail = await startMailServer({ program, count: WARM_UP_MAILS });
  const databases = await openDatabases();
  try {
    console.log(`One mail of ${Math.round(raw.length / MEGABYTE)} MB`);
    console.log(
      toLine(['', '', 'idle MB', 'peak MB', 'cost MB', 's', 'pause ms']),
    );
    for (const protocol of values.only.split(',')) {
      for (const { engine, name } of engines) {
        const { idle, peak, cost, seconds, blockedMs } = await measure(
          { protocol, engine, raw },
          { mail, databases },
        );
        const rounded = [idle, peak, cost].map(Math.round);
        console.log(
          toLine([
            protocol,
            name,
            ...rounded,
            seconds.toFixed(1),
            Math.round(blockedMs),
          ]),
        );
      }
    }
    return 0;
  } finally {
    await databases.stop();
    await mail.stop();
  }
});
