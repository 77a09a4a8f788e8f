// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect, createServer } from 'node:net';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { Tap, Watch } from './Tap.mjs';

const HOST = '127.0.0.1';

describe('a tap', () => {
  /** All that the server got, over all connections. */
  let received;
  let server;
  let tap;
  let port;
  const clients = [];

  beforeEach(async () => {
    received = '';
    server = createServer(socket => {
      socket.on('error', () => {});
      socket.on('data', data => {
        received += data;
        socket.write('OK\n');
      });
    });
    server.listen(0, HOST);
    await once(server, 'listening');
    tap = new Tap({
      ...{ replica: 'one', wire: 'database' },
      target: server.address().port,
    });
    port = await tap.listen(0, HOST);
  });

  afterEach(async () => {
    clients.splice(0).forEach(client => client.destroy());
    await tap.close();
    await new Promise(resolve => {
      server.close(resolve);
    });
  });

  async function dial() {
    const client = connect(port, HOST);
    clients.push(client);
    client.on('error', () => {});
    await once(client, 'connect');
    client.setNoDelay(true);
    return client;
  }

  /** Has a client say things one by one; the answers, and whether it was cut. */
  async function converse(client, ...words) {
    let answers = 0;
    for (const word of words) {
      client.write(word);
      const [outcome] = await Promise.race([
        once(client, 'data'),
        once(client, 'close').then(() => ['cut']),
      ]);
      if (outcome === 'cut') {
        return { answers, isCut: true };
      }
      answers += 1;
    }
    return { answers, isCut: false };
  }

  function armed(moment, options = {}) {
    const watch = new Watch(
      { wire: 'database', ...moment },
      { onHit: async () => {}, ...options },
    );
    tap.arm(watch);
    return watch;
  }

  it('changes nothing where nobody watches', async () => {
    const end = await converse(await dial(), 'insert', 'COMMIT');
    assert.deepEqual(end, { answers: 2, isCut: false });
    assert.equal(received, 'insertCOMMIT');
  });

  it('cuts before the last of the bytes that come one after the other', async () => {
    const watch = armed({ at: 'before', bytes: ['insert', 'COMMIT'] });
    const end = await converse(
      await dial(),
      'COMMIT 1;',
      'ins',
      'ert;',
      'COMMIT 2;',
    );
    await watch.hit;
    assert.deepEqual(end, { answers: 3, isCut: true });
    assert.equal(received, 'COMMIT 1;insert;');
  });

  it('cuts when the server has answered, and passes nothing of that on', async () => {
    const watch = armed({ at: 'answered', bytes: ['insert', 'COMMIT'] });
    const end = await converse(await dial(), 'insert;', 'COMMIT;');
    await watch.hit;
    assert.deepEqual(end, { answers: 1, isCut: true });
    assert.equal(received, 'insert;COMMIT;');
  });

  it('waits for the n-th time, over all connections, once', async () => {
    const watch = armed({ at: 'before', bytes: ['x'] }, { occurrence: 3 });
    const [one, other] = [await dial(), await dial()];
    assert.equal((await converse(one, 'x')).isCut, false);
    assert.equal((await converse(other, 'x')).isCut, false);
    assert.equal(watch.isArmed, true);
    assert.equal((await converse(one, 'x')).isCut, true);
    assert.equal((await converse(other, 'x')).isCut, false);
    assert.equal(received, 'xxx');
  });

  it('goes on where it is told to, and not before', async () => {
    let release;
    const watch = armed(
      { at: 'before', bytes: ['x'] },
      {
        onHit: () =>
          new Promise(resolve => {
            release = () => resolve('go on');
          }),
      },
    );
    const client = await dial();
    const answered = converse(client, 'x');
    while (!release) {
      await new Promise(resolve => {
        setTimeout(resolve, 5);
      });
    }
    assert.equal(received, '');
    release();
    await watch.hit;
    assert.equal((await answered).isCut, false);
    assert.equal(received, 'x');
  });
});
