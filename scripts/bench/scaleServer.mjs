// SPDX-License-Identifier: Apache-2.0
// A mail server that is only as much of one as visits of empty mailboxes need:
// every account has one old mail, and whoever waits for news waits for ever.
// In a process of its own, so that what it costs is not the plugin's.
import { createServer } from 'node:net';

const ANSWERS = {
  CAPABILITY: '* CAPABILITY IMAP4rev1 AUTH=PLAIN SASL-IR IDLE UIDPLUS\r\n',
  NAMESPACE: '* NAMESPACE (("" "/")) NIL NIL\r\n',
  LIST: '* LIST (\\HasNoChildren) "/" INBOX\r\n',
  SELECT:
    '* 1 EXISTS\r\n* OK [UIDVALIDITY 1] valid\r\n* OK [UIDNEXT 2] next\r\n',
  'UID SEARCH': '* SEARCH 1\r\n',
  LOGOUT: '* BYE\r\n',
};

function answer(socket, line) {
  if (line === 'DONE') {
    socket.write(`${socket.idling} OK done\r\n`);
    return;
  }
  const [, tag, name] = /^(\S+) ((?:UID )?\S+)/i.exec(line) ?? [];
  const command = name?.toUpperCase();
  if (command === 'IDLE') {
    socket.idling = tag;
    socket.write('+ idling\r\n');
    return;
  }
  socket.write(`${ANSWERS[command] ?? ''}${tag} OK done\r\n`);
  if (command === 'LOGOUT') {
    socket.end();
  }
}

function serve(socket) {
  let pending = '';
  socket.setNoDelay(true);
  socket.on('error', () => {});
  socket.on('data', chunk => {
    const lines = (pending + chunk.toString('latin1')).split('\r\n');
    pending = lines.pop();
    lines.forEach(line => answer(socket, line));
  });
  socket.write('* OK ready\r\n');
}

// Takes connections, and never says a word.
function hang(socket) {
  socket.on('error', () => {});
  socket.resume();
}

const listen = (onSocket, host) =>
  new Promise(resolve => {
    const server = createServer(onSocket);
    server.listen({ port: 0, host, backlog: 4096 }, () =>
      resolve(server.address().port),
    );
  });

// All of 127.0.0.0/8 is this machine: each address is a host for itself.
const facts = {
  port: await listen(serve, '127.0.0.1'),
  hangingPort: await listen(hang, '0.0.0.0'),
};
process.stdout.write(`${JSON.stringify(facts)}\n`);
process.stdin.on('close', () => process.exit(0)).resume();
