// SPDX-License-Identifier: Apache-2.0
import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { cpuSecondsOf, watchLargest } from './processCosts.mjs';

const TICKS_PER_SECOND = 100;
const TIMEOUT_MS = 15 * 60_000;

/** Runs a program, and leaves what its shell counted of it in a file. */
const COUNTED = '"$@"; code=$?; cat /proc/$$/stat > "$COUNTED"; exit $code';

/**
 * Has a program read one full mailbox in a folder of its own.
 *
 * @param {object} peer - see `peers.mjs`
 */
export async function measureProgram(peer, place) {
  const started = peer.startsSlowly
    ? await runOnce(peer, { ...place, count: 0 })
    : undefined;
  const result = await runOnce(peer, place);
  if (!started) {
    return result;
  }
  const without = field => Math.max(0, result[field] - started[field]);
  return {
    ...result,
    seconds: without('seconds'),
    cpuSeconds: without('cpuSeconds'),
  };
}

async function runOnce(peer, { mail, count, ...rest }) {
  const dir = mkdtempSync(join(tmpdir(), 'postroom-bench-peer-'));
  const user = mail.add();
  try {
    mail.fill(user, count);
    const place = { dir, user, count, port: mail.port, ...rest };
    const {
      command,
      env = {},
      cwd = dir,
      databasePid,
    } = await peer.prepare(place);
    const serverBefore = cpuSecondsOf(mail.pid);
    const databaseBefore = databasePid ? cpuSecondsOf(databasePid) : 0;
    const ran = await run(command, { cwd, env, dir });
    const arrived = await peer.countArrived(place);
    if (arrived !== count) {
      throw new Error(
        `${peer.name} ended with ${ran.code} and read ${arrived} of ${count} mails\n${ran.words}`,
      );
    }
    return {
      count,
      seconds: ran.seconds,
      cpuSeconds: ran.cpuSeconds,
      serverCpuSeconds: cpuSecondsOf(mail.pid) - serverBefore,
      ...(databasePid && {
        databaseCpuSeconds: cpuSecondsOf(databasePid) - databaseBefore,
      }),
      peakMb: ran.peakMb,
    };
  } finally {
    mail.remove(user);
    rmSync(dir, { recursive: true, force: true });
  }
}

async function run(command, { cwd, env, dir }) {
  const counted = join(dir, 'counted');
  const startedAt = performance.now();
  const child = spawn('/bin/sh', ['-c', COUNTED, 'sh', ...command], {
    cwd,
    env: { ...process.env, ...env, COUNTED: counted },
    stdio: ['ignore', 'ignore', 'pipe'],
    timeout: TIMEOUT_MS,
  });
  const said = [];
  child.stderr.on('data', chunk => said.push(chunk));
  const stopWatching = watchLargest(child.pid);
  const code = await new Promise(resolve => child.once('close', resolve));
  return {
    code,
    seconds: (performance.now() - startedAt) / 1000,
    peakMb: stopWatching(),
    cpuSeconds: childrensSeconds(counted),
    words: Buffer.concat(said).toString('utf8').slice(-2000),
  };
}

/** Of a shell's stat: the time of its children, in user mode and in the kernel. */
function childrensSeconds(path) {
  const stat = readFileSync(path, 'utf8');
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return (Number(fields[13]) + Number(fields[14])) / TICKS_PER_SECOND;
}
