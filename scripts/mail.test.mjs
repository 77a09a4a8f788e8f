// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { freePort } from './lib/ports.mjs';
import { fromRoot } from './lib/repository.mjs';

const MAIL = Buffer.from('Subject: \xfc\r\n\r\nhello\r\n', 'latin1');

/** Takes mail for one account, as the sandbox does. */
function startSandboxStandIn(received) {
  const server = createServer(async (req, res) => {
    const url = new URL(req.url, 'http://localhost');
    const chunks = await req.toArray();
    received.push({
      path: url.pathname,
      to: url.searchParams.get('to'),
      type: req.headers['content-type'],
      body: Buffer.concat(chunks),
    });
    const known = url.searchParams.get('to') === 'a+b@corp.test';
    res.writeHead(known ? 201 : 404).end('{}');
  });
  server.listen(0, '127.0.0.1');
  return server;
}

async function runMail(...args) {
  const child = spawn(process.execPath, [
    fromRoot('scripts', 'mail.mjs'),
    ...args,
  ]);
  const said = [];
  child.stdout.on('data', chunk => said.push(chunk));
  child.stderr.on('data', chunk => said.push(chunk));
  const [code] = await once(child, 'close');
  return { code, said: Buffer.concat(said).toString('utf8') };
}

describe('npm run mail', () => {
  const received = [];
  let dir;
  let file;
  let server;
  let sandbox;
  before(async () => {
    dir = mkdtempSync(join(tmpdir(), 'postroom-mail-'));
    file = join(dir, 'hello.eml');
    writeFileSync(file, MAIL);
    server = startSandboxStandIn(received);
    await once(server, 'listening');
    sandbox = `http://127.0.0.1:${server.address().port}`;
  });
  after(() => {
    server.close();
    rmSync(dir, { recursive: true, force: true });
  });

  it('delivers the file byte for byte', async () => {
    const { code, said } = await runMail(
      '--to',
      'a+b@corp.test',
      file,
      '--sandbox',
      sandbox,
    );
    assert.equal(code, 0, said);
    assert.match(said, /Delivered \d+ bytes to a\+b@corp\.test/);
    assert.deepEqual(received, [
      {
        path: '/api/messages',
        to: 'a+b@corp.test',
        type: 'message/rfc822',
        body: MAIL,
      },
    ]);
  });

  it('says in a sentence what is wrong', async () => {
    const nobody = `http://127.0.0.1:${await freePort()}`;
    const to = ['--to', 'x@corp.test'];
    for (const [args, sentence] of [
      [[], /Say who gets which mail/],
      [to, /Say who gets which mail/],
      [[...to, file, '--loud'], /Unknown option '--loud'/],
      [[...to, join(dir, 'none.eml')], /There is no file .*none\.eml/],
      [[...to, file, '--sandbox', sandbox], /has no mailbox x@corp\.test/],
      [[...to, file, '--sandbox', nobody], /No sandbox answers at/],
    ]) {
      const { code, said } = await runMail(...args);
      assert.equal(code, 1);
      assert.match(said, sentence);
      assert.doesNotMatch(said, /\n\s+at /);
    }
  });
});
