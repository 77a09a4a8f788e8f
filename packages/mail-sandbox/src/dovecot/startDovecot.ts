// SPDX-License-Identifier: Apache-2.0
import { execFile } from 'node:child_process';
import { chmod, chown, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { tmpdir, userInfo } from 'node:os';
import { dirname, join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { promisify } from 'node:util';
import { saslMechanisms, type SaslMechanism } from '../login/sasl';
import {
  dovecotConfig,
  dovecotPaths,
  type DovecotIntrospection,
  type DovecotUser,
} from './dovecotConfig';
import { DovecotMail } from './DovecotMail';
import { DovecotProcess } from './DovecotProcess';
import { freePorts } from './freePorts';
import { makeCertificate } from './makeCertificate';
import { openConnections } from './openConnections';

export interface DovecotOptions {
  /** The program `dovecot`; `doveadm` is looked for in `../bin`. */
  readonly program: string;
  readonly introspection: DovecotIntrospection;
  /** What is offered; all three by default. */
  readonly mechanisms?: readonly SaslMechanism[];
  /** How many connections of one account there may be; 10, as usual, by default. */
  readonly connectionsPerAccount?: number;
}

/** A Dovecot of one's own. Its accounts and passwords are the sandbox's. */
export interface Dovecot {
  /** Without TLS, with STARTTLS on offer. */
  readonly imapPort: number;
  /** With TLS, for the name `localhost`. */
  readonly imapsPort: number;
  /** POP3 without TLS, with STLS on offer. */
  readonly pop3Port: number;
  /** POP3 with TLS, for the name `localhost`. */
  readonly pop3sPort: number;
  /** The PEM certificate to trust for TLS. */
  readonly ca: string;
  readonly mail: DovecotMail;
  /** Resolves when no connection is open; rejects after 10 s. */
  hungUp(): Promise<void>;
  /** Ends every process and removes all mail. */
  close(): Promise<void>;
}

const ATTEMPTS = 3;
const START_DEADLINE_MS = 15_000;
const HANG_UP_DEADLINE_MS = 10_000;
const POLL_MS = 20;

/** `nobody` and `nogroup` of Debian. */
const NOBODY = 65534;

/**
 * Starts a real IMAP and POP3 server (Dovecot 2.3) on free ports of loopback, with
 * everything it has in a temporary folder. Runs as root or as anybody; ends
 * with this process at the latest.
 *
 * @throws with what Dovecot logged, where it is not there within 15 s; nothing
 * keeps running then
 */
export async function startDovecot(options: DovecotOptions): Promise<Dovecot> {
  const dir = await mkdtemp(join(tmpdir(), 'postroom-dovecot-'));
  const removeAll = () => rm(dir, { recursive: true, force: true });
  try {
    const user = await whoRuns();
    const ca = await makeCertificate(dovecotPaths(dir));
    await makeFolders(dir, user);
    const { server, ports } = await startOnFreePorts(dir, user, options);
    return {
      imapPort: ports[0],
      imapsPort: ports[1],
      pop3Port: ports[2],
      pop3sPort: ports[3],
      ca,
      mail: new DovecotMail({
        dir,
        user,
        doveadm: join(dirname(options.program), '..', 'bin', 'doveadm'),
      }),
      hungUp: () => waitUntilHungUp(ports),
      async close() {
        await server.stop();
        await removeAll();
      },
    };
  } catch (error) {
    await removeAll();
    throw error;
  }
}

async function whoRuns(): Promise<DovecotUser> {
  const { username, uid, gid } = userInfo();
  // Node knows no names of groups.
  const { stdout } = await promisify(execFile)('id', ['-gn'], {
    timeout: START_DEADLINE_MS,
  });
  const isRoot = uid === 0;
  return {
    isRoot,
    name: username,
    group: stdout.trim(),
    mailUid: isRoot ? NOBODY : uid,
    mailGid: isRoot ? NOBODY : gid,
  };
}

async function makeFolders(dir: string, user: DovecotUser): Promise<void> {
  const { homes, run } = dovecotPaths(dir);
  // Its several users have to get through to what is theirs.
  await chmod(dir, 0o711);
  await mkdir(run, { mode: 0o755 });
  await mkdir(homes, { mode: 0o700 });
  await chown(homes, user.mailUid, user.mailGid);
}

/** Tries again where somebody took a port between choice and use. */
async function startOnFreePorts(
  dir: string,
  user: DovecotUser,
  {
    program,
    introspection,
    mechanisms = saslMechanisms,
    connectionsPerAccount = 10,
  }: DovecotOptions,
) {
  for (let attempt = 1; ; attempt += 1) {
    const ports = await freePorts(4);
    const [imapPort, imapsPort, pop3Port, pop3sPort] = ports;
    const files = dovecotConfig({
      ...{ dir, user, introspection, mechanisms, connectionsPerAccount },
      ...{ imapPort, imapsPort, pop3Port, pop3sPort },
    });
    for (const [path, text] of files) {
      await writeFile(path, text, { mode: 0o600 });
    }
    const server = new DovecotProcess(program, dovecotPaths(dir).config);
    try {
      await waitUntilReady(server, imapPort);
      return { server, ports };
    } catch (error) {
      await server.stop();
      const taken = server.log.includes('Address already in use');
      if (!taken || attempt === ATTEMPTS) throw error;
    }
  }
}

async function waitUntilReady(
  server: DovecotProcess,
  port: number,
): Promise<void> {
  const deadline = Date.now() + START_DEADLINE_MS;
  while (!(await greets(port))) {
    const isLost = server.hasEnded || server.log.includes('Fatal:');
    if (isLost || Date.now() > deadline) {
      // Its last words may still be on their way.
      await server.stop();
      throw new Error(`Dovecot did not start:\n${server.log}`);
    }
    await delay(POLL_MS);
  }
}

/** Whether an IMAP server says hello; false after a second without. */
function greets(port: number): Promise<boolean> {
  return new Promise(resolve => {
    const socket = connect({ port, host: '127.0.0.1', timeout: 1000 });
    const end = (answer: boolean) => {
      socket.destroy();
      resolve(answer);
    };
    socket.on('data', data => end(data.toString('latin1').startsWith('* OK')));
    socket.on('timeout', () => end(false));
    socket.on('error', () => end(false));
    socket.on('end', () => end(false));
  });
}

async function waitUntilHungUp(ports: readonly number[]): Promise<void> {
  const deadline = Date.now() + HANG_UP_DEADLINE_MS;
  for (;;) {
    const count = await openConnections(ports);
    if (count === 0) return;
    if (Date.now() > deadline) {
      throw new Error(`Dovecot still has ${count} open connection(s)`);
    }
    await delay(POLL_MS);
  }
}
