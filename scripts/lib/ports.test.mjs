// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { describe, it } from 'node:test';
import { checkPortsAreFree, freePort, readDemoPorts } from './ports.mjs';

describe('the ports of the demo', () => {
  it('are the usual ones unless the environment names others', () => {
    assert.deepEqual(readDemoPorts({ POSTROOM_BACKEND_PORT: '7010' }), {
      portal: 3000,
      backend: 7010,
      sandboxHttp: 7070,
      sandboxImap: 7143,
    });
    for (const text of ['http', '0', '65536', '70.5']) {
      assert.throws(
        () => readDemoPorts({ POSTROOM_PORTAL_PORT: text }),
        /POSTROOM_PORTAL_PORT must be a port/,
      );
    }
  });

  for (const host of ['127.0.0.1', '0.0.0.0']) {
    it(`are refused with a way out where ${host} holds one`, async t => {
      const server = createServer();
      server.listen(0, host);
      await once(server, 'listening');
      t.after(() => server.close());
      const { port } = server.address();

      await assert.rejects(
        checkPortsAreFree({ backend: port }),
        new RegExp(`Port ${port}, .* POSTROOM_BACKEND_PORT=${port + 1}`),
      );
    });
  }

  it('pass where nobody listens', async () => {
    await checkPortsAreFree({ portal: await freePort() });
  });
});
