// SPDX-License-Identifier: Apache-2.0
import { spawn } from 'node:child_process';
import {
  chmodSync,
  chownSync,
  linkSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort } from '../lib/ports.mjs';
import { runTypeScript } from './runTypeScript.mjs';

/** `nobody` and `nogroup` of Debian, who own the mail. */
const NOBODY = 65534;
const START_MS = 15_000;

export const HOST = '127.0.0.1';
export const PASSWORD = 'bench';

/**
 * A Dovecot with any number of mailboxes, all with the same password, and a
 * corpus that they can be filled with. Without TLS, which would be measured
 * with the others' libraries. Takes root.
 *
 * @param {{ program: string, count: number }} options - count: mails of the
 *   corpus
 */
export async function startMailServer({ program, count }) {
  const dir = mkdtempSync(join(tmpdir(), 'postroom-bench-'));
  const corpus = join(dir, 'corpus');
  const homes = join(dir, 'homes');
  const port = await freePort();
  const pop3Port = await freePort();
  chmodSync(dir, 0o755);
  [corpus, homes, join(dir, 'run')].forEach(path => mkdirSync(path));
  chownSync(homes, NOBODY, NOBODY);
  const config = join(dir, 'dovecot.conf');
  writeFileSync(config, toConfig({ dir, homes, port, pop3Port }));
  const bytes = await writeCorpus(corpus, count);
  const names = readdirSync(corpus).sort();
  names.forEach(name => chownSync(join(corpus, name), NOBODY, NOBODY));

  const server = spawn(program, ['-F', '-c', config], { stdio: 'ignore' });
  const ended = new Promise(resolve => server.once('exit', resolve));
  await untilGreeted(port);
  const maildirOf = user => join(homes, user, 'Maildir');
  let mailboxes = 0;

  return {
    port,
    pop3Port,
    pid: server.pid,
    bytes,
    /** Makes a mailbox without mail. @returns its user name */
    add() {
      mailboxes += 1;
      const user = `bench${mailboxes}@example.com`;
      const maildir = maildirOf(user);
      for (const path of ['', 'cur', 'new', 'tmp']) {
        mkdirSync(join(maildir, path), { recursive: true });
        chownSync(join(maildir, path), NOBODY, NOBODY);
      }
      chownSync(join(homes, user), NOBODY, NOBODY);
      return user;
    },
    /** Puts the first `some` mails of the corpus into a mailbox. */
    fill(user, some) {
      for (const name of names.slice(0, some)) {
        linkSync(join(corpus, name), join(maildirOf(user), 'new', name));
      }
    },
    /** Puts one mail into a mailbox, after all that were put there before. */
    put(user, raw) {
      const path = join(maildirOf(user), 'tmp', 'bench');
      writeFileSync(path, raw);
      chownSync(path, NOBODY, NOBODY);
      const name = `${Date.now()}.M0P1.bench`;
      renameSync(path, join(maildirOf(user), 'new', name));
    },
    remove(user) {
      rmSync(join(homes, user), { recursive: true, force: true });
    },
    async stop() {
      server.kill('SIGTERM');
      await ended;
      rmSync(dir, { recursive: true, force: true });
    },
  };
}

async function writeCorpus(directory, count) {
  const writer = runTypeScript('writeCorpus.mjs', {
    directory,
    count,
    to: 'support@corp.test',
  });
  const { bytes } = await writer.hear('written');
  await writer.end();
  return bytes;
}

async function untilGreeted(port) {
  const deadline = Date.now() + START_MS;
  while (!(await greets(port))) {
    if (Date.now() > deadline) {
      throw new Error('Dovecot did not start');
    }
    await new Promise(resolve => setTimeout(resolve, 50));
  }
}

function greets(port) {
  return new Promise(resolve => {
    const socket = connect({ port, host: HOST, timeout: 1000 });
    const end = answer => {
      socket.destroy();
      resolve(answer);
    };
    socket.once('data', data =>
      end(data.toString('latin1').startsWith('* OK')),
    );
    socket.once('timeout', () => end(false));
    socket.once('error', () => end(false));
  });
}

function toConfig({ dir, homes, port, pop3Port }) {
  return `
protocols = imap pop3
listen = ${HOST}
base_dir = ${dir}/run
state_dir = ${dir}/run
log_path = ${dir}/dovecot.log
ssl = no
disable_plaintext_auth = no
auth_mechanisms = plain login
passdb {
  driver = static
  args = password=${PASSWORD}
}
userdb {
  driver = static
  args = uid=${NOBODY} gid=${NOBODY} home=${homes}/%u allow_all_users=yes
}
first_valid_uid = 1
first_valid_gid = 1
mail_location = maildir:~/Maildir
mail_fsync = never
# Some peers name each of ten thousand mails in one line.
imap_max_line_length = 1 M
service imap-login {
  inet_listener imap {
    port = ${port}
  }
  inet_listener imaps {
    port = 0
  }
}
service pop3-login {
  inet_listener pop3 {
    port = ${pop3Port}
  }
  inet_listener pop3s {
    port = 0
  }
}
service stats {
  unix_listener stats-writer {
    mode = 0666
  }
}
`;
}
