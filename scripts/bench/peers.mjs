// SPDX-License-Identifier: Apache-2.0
import { spawnSync } from 'node:child_process';
import {
  chmodSync,
  chownSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { HOST, NOBODY, PASSWORD } from './mailServer.mjs';
import { redmine } from './redmine.mjs';

// Each peer reads one mailbox as its manual says, and nothing else.
//
// - limit: how many mails are enough; a rate does not depend on it
// - startsSlowly: its start is measured with an empty mailbox, and taken off
// - setUp: what is done once for all rounds; what it gives is handed to the
//   other two as `world`, and removed by its `remove`
// - prepare: writes its configuration into a folder; tells what is run
// - countArrived: how many mails came, by what it left behind

const countFiles = directory =>
  existsSync(directory) ? readdirSync(directory).length : 0;

function write(dir, name, text) {
  const path = join(dir, name);
  writeFileSync(path, text, { mode: 0o600 });
  return path;
}

// getmail does not deliver as root.
const GETMAIL_USER = 'nobody';

function makeMaildir(dir) {
  const maildir = join(dir, 'mail');
  chmodSync(dir, 0o711);
  for (const part of ['', 'cur', 'new', 'tmp']) {
    mkdirSync(join(maildir, part), { recursive: true, mode: 0o700 });
    chownSync(join(maildir, part), NOBODY, NOBODY);
  }
  return maildir;
}

const mbsync = {
  id: 'mbsyncFsync',
  name: 'mbsync, Maildir, FSync yes',
  debian: 'isync',
  program: 'mbsync',
  limit: 10_000,
  prepare({ dir, user, port }) {
    mkdirSync(join(dir, 'mail'));
    const config = write(
      dir,
      'mbsyncrc',
      `FSync yes
SyncState *

IMAPAccount bench
Host ${HOST}
Port ${port}
User ${user}
Pass ${PASSWORD}
SSLType None
AuthMechs LOGIN

IMAPStore far
Account bench

MaildirStore near
Path ${dir}/mail/
Inbox ${dir}/mail/inbox

Channel bench
Far :far:
Near :near:
Patterns INBOX
Sync Pull
Create Near
`,
    );
    return { command: ['mbsync', '-c', config, '-q', 'bench'] };
  },
  countArrived: ({ dir }) =>
    countFiles(join(dir, 'mail', 'inbox', 'new')) +
    countFiles(join(dir, 'mail', 'inbox', 'cur')),
};

// mail_room never ends by itself.
const COUNT_DELIVERIES = `require 'mail_room'
require 'mail_room/delivery/noop'
module CountDeliveries
  def deliver(message)
    result = super
    $deliveries = ($deliveries || 0) + 1
    if $deliveries == ENV['BENCH_COUNT'].to_i
      File.write(ENV['BENCH_ARRIVED'], $deliveries.to_s)
      exit!(0)
    end
    result
  end
end
MailRoom::Delivery::Noop.prepend(CountDeliveries)
`;

const mailRoom = {
  id: 'mailRoom',
  name: 'mail_room, noop (stores nothing)',
  debian: 'ruby-mail-room',
  program: 'mail_room',
  limit: 10_000,
  prepare({ dir, user, port, count }) {
    const config = write(
      dir,
      'mail_room.yml',
      `---
:mailboxes:
  - :email: "${user}"
    :password: "${PASSWORD}"
    :host: "${HOST}"
    :port: ${port}
    :ssl: false
    :name: "inbox"
    :delivery_method: noop
`,
    );
    const counter = write(dir, 'count.rb', COUNT_DELIVERIES);
    return {
      command: ['ruby', '-r', counter, '/usr/bin/mail_room', '-c', config],
      env: { BENCH_COUNT: `${count}`, BENCH_ARRIVED: join(dir, 'arrived') },
    };
  },
  countArrived: ({ dir }) =>
    existsSync(join(dir, 'arrived'))
      ? Number(readFileSync(join(dir, 'arrived'), 'utf8'))
      : 0,
};

const getmail = {
  id: 'getmail6',
  name: 'getmail6, Maildir',
  debian: 'getmail6',
  program: 'getmail',
  limit: 500,
  prepare({ dir, user, port }) {
    const maildir = makeMaildir(dir);
    write(
      dir,
      'getmailrc',
      `[retriever]
type = SimpleIMAPRetriever
server = ${HOST}
port = ${port}
username = ${user}
password = ${PASSWORD}

[destination]
type = Maildir
path = ${maildir}/
user = ${GETMAIL_USER}

[options]
read_all = true
delivered_to = false
received = false
verbose = 0
`,
    );
    return { command: ['getmail', '--getmaildir', dir] };
  },
  countArrived: ({ dir }) => countFiles(join(dir, 'mail', 'new')),
};

const fetchmail = {
  id: 'fetchmail',
  name: 'fetchmail, mda',
  debian: 'fetchmail',
  program: 'fetchmail',
  limit: 2_000,
  prepare({ dir, user, port }) {
    const mda = write(
      dir,
      'mda',
      `#!/bin/sh\ncat >/dev/null\necho >> ${dir}/arrived\n`,
    );
    chmodSync(mda, 0o700);
    const config = write(
      dir,
      'fetchmailrc',
      `poll ${HOST} service ${port} protocol imap
  user "${user}" password "${PASSWORD}" sslproto ""
  fetchall keep mda "${mda}"
`,
    );
    return {
      command: ['fetchmail', '-f', config, '--nodetach', '--silent'],
      env: { FETCHMAILHOME: dir },
    };
  },
  countArrived: ({ dir }) =>
    existsSync(join(dir, 'arrived'))
      ? readFileSync(join(dir, 'arrived')).length
      : 0,
};

/** In the order in which they are measured. */
export const peers = [mbsync, mailRoom, getmail, fetchmail, redmine];

/** The version that Debian's package has; undefined where it is not there. */
export function versionOf({ debian, program }) {
  const { status, stdout } = spawnSync(
    'dpkg-query',
    ['-W', '-f', '${Version}', debian],
    { encoding: 'utf8' },
  );
  const found = spawnSync('which', [program]).status === 0;
  return status === 0 && found ? stdout.trim() : undefined;
}
