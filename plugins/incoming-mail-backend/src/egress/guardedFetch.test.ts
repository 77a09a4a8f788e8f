// SPDX-License-Identifier: Apache-2.0
import { once } from 'node:events';
import { createServer, RequestListener, Server } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import { AddressInfo, createServer as createTcpServer, Socket } from 'node:net';
import * as oauth from 'oauth4webapi';
import { selfSignedCertificate } from '../__testUtils__/selfSignedCertificate';
import { createGuardedFetch } from './guardedFetch';
import { createHostPolicy } from './hostPolicy';

const local = createHostPolicy({ allowPrivate: ['127.0.0.1'] });
const strict = createHostPolicy({ allowPrivate: [] });

const closers: (() => void)[] = [];

afterEach(() => {
  closers.splice(0).forEach(close => close());
});

async function listen(server: Server | ReturnType<typeof createTcpServer>) {
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve));
  closers.push(() => {
    server.close();
    if ('closeAllConnections' in server) {
      server.closeAllConnections();
    }
  });
  return (server.address() as AddressInfo).port;
}

async function serve(listener: RequestListener) {
  const server = createServer(listener);
  const port = await listen(server);
  const sockets: Socket[] = [];
  server.on('connection', socket => sockets.push(socket));
  return {
    port,
    url: `http://127.0.0.1:${port}/token`,
    connections: () => sockets.length,
    /** Pending for ever where the client leaves a connection open. */
    hungUp: () => Promise.all(sockets.map(s => s.closed || once(s, 'close'))),
  };
}

describe('createGuardedFetch', () => {
  it('serves oauth4webapi', async () => {
    const received: unknown[] = [];
    const { url, hungUp } = await serve((req, res) => {
      let body = '';
      req.on('data', chunk => {
        body += chunk;
      });
      req.on('end', () => {
        received.push([req.method, req.headers.authorization, body]);
        res.setHeader('content-type', 'application/json');
        res.setHeader('set-cookie', 'a=b');
        res.end(
          JSON.stringify({
            access_token: 'at-1',
            token_type: 'bearer',
            expires_in: 300,
          }),
        );
      });
    });
    const server = { issuer: 'http://127.0.0.1', token_endpoint: url };
    const client = { client_id: 'postroom' };

    const response = await oauth.refreshTokenGrantRequest(
      server,
      client,
      oauth.ClientSecretBasic('s3cret'),
      'rt-1',
      {
        [oauth.customFetch]: createGuardedFetch({ policy: local }),
        [oauth.allowInsecureRequests]: true,
      },
    );
    const tokens = await oauth.processRefreshTokenResponse(
      server,
      client,
      response,
    );

    expect(tokens.access_token).toBe('at-1');
    expect(received).toEqual([
      [
        'POST',
        `Basic ${Buffer.from('postroom:s3cret').toString('base64')}`,
        'refresh_token=rt-1&grant_type=refresh_token',
      ],
    ]);
    expect(response.headers.get('set-cookie')).toBeNull();
    await hungUp();
  });

  it('lets oauth4webapi hand on a failure as it is', async () => {
    await expect(
      oauth.refreshTokenGrantRequest(
        { issuer: 'https://idp.example', token_endpoint: 'https://10.0.0.1/t' },
        { client_id: 'postroom' },
        oauth.None(),
        'rt-1',
        { [oauth.customFetch]: createGuardedFetch({ policy: strict }) },
      ),
    ).rejects.toMatchObject({ code: 'host-not-allowed' });
  });

  it.each([301, 302, 303, 307, 308])(
    'follows no redirect (%d)',
    async status => {
      const second = await serve((_req, res) => res.end('secret posted here'));
      const first = await serve((_req, res) => {
        res.writeHead(status, { location: second.url }).end();
      });

      await expect(
        createGuardedFetch({ policy: local })(first.url, {
          method: 'POST',
          body: new URLSearchParams({ client_secret: 's3cret' }),
        }),
      ).rejects.toMatchObject({ code: 'token-reply-unusable' });
      expect(first.connections()).toBe(1);
      expect(second.connections()).toBe(0);
    },
  );

  it('stops reading a body that is too long', async () => {
    let written = 0;
    const { url } = await serve((_req, res) => {
      const chunk = 'x'.repeat(1024);
      const more = () => {
        while (written < 1024 * 1024) {
          written += chunk.length;
          if (!res.write(chunk)) {
            res.once('drain', more);
            return;
          }
        }
        res.end();
      };
      more();
    });
    const fetch = createGuardedFetch({ policy: local, maxBytes: 4096 });

    await expect(fetch(url)).rejects.toMatchObject({
      code: 'token-reply-unusable',
      message: expect.stringContaining('more than 4096 bytes'),
    });

    const enough = await createGuardedFetch({
      policy: local,
      maxBytes: 2 * 1024 * 1024,
    })(url);
    expect(enough.status).toBe(200);
  });

  it('ends at the deadline, however the server dawdles', async () => {
    const silent = await serve(() => {});
    const stalled = await serve((_req, res) => res.write('{'));
    const dripping = await serve((_req, res) => {
      const timer = setInterval(() => res.write(' '), 5);
      res.on('close', () => clearInterval(timer));
    });
    const fetch = createGuardedFetch({ policy: local, timeoutMs: 100 });

    for (const server of [silent, stalled, dripping]) {
      await expect(fetch(server.url)).rejects.toMatchObject({
        code: 'token-endpoint-unreachable',
      });
    }
  });

  it('connects to the answer that was judged and never asks again', async () => {
    const { port, connections } = await serve((_req, res) => res.end('{}'));
    const lookup = jest
      .fn()
      .mockResolvedValueOnce([{ address: '127.0.0.1' }])
      .mockResolvedValue([{ address: '10.0.0.1' }]);
    const fetch = createGuardedFetch({ policy: local, lookup });
    const url = `http://idp.test:${port}/token`;

    await expect(fetch(url)).resolves.toMatchObject({ status: 200 });
    expect(lookup).toHaveBeenCalledTimes(1);
    await expect(fetch(url)).rejects.toMatchObject({
      code: 'host-not-allowed',
    });
    expect(connections()).toBe(1);
  });

  it('refuses this machine unless it is allowed', async () => {
    const { port, connections } = await serve((_req, res) => res.end('{}'));
    const fetch = createGuardedFetch({ policy: strict });

    for (const host of ['127.0.0.1', '127.1', '0x7f.1', 'localhost', '[::1]']) {
      await expect(fetch(`http://${host}:${port}/`)).rejects.toMatchObject({
        code: 'host-not-allowed',
      });
    }
    expect(connections()).toBe(0);
  });

  it('refuses plain http to anything but this machine', async () => {
    const policy = createHostPolicy({
      allowPrivate: ['127.0.0.1', '10.0.0.1'],
    });
    const lookup = async () => [
      { address: '127.0.0.1' },
      { address: '10.0.0.1' },
    ];

    for (const host of ['10.0.0.1', '8.8.8.8', 'idp.test']) {
      await expect(
        createGuardedFetch({ policy, lookup })(`http://${host}/token`),
      ).rejects.toMatchObject({ code: 'plaintext-refused' });
    }
  });

  it('trusts the configured authority, for its name only', async () => {
    const { key, cert } = selfSignedCertificate({ name: 'idp.test' });
    const port = await listen(
      createTlsServer({ key, cert }, (_req, res) => res.end('{}')),
    );
    const lookup = async () => [{ address: '127.0.0.1' }];
    const options = { policy: local, lookup };

    const trusting = createGuardedFetch({ ...options, ca: [cert] });
    await expect(trusting(`https://idp.test:${port}/`)).resolves.toMatchObject({
      status: 200,
    });
    await expect(trusting(`https://other.test:${port}/`)).rejects.toMatchObject(
      { code: 'tls-failed' },
    );
    await expect(
      createGuardedFetch(options)(`https://idp.test:${port}/`),
    ).rejects.toMatchObject({ code: 'tls-failed' });
  });

  it('speaks of a server that is away or talks nonsense', async () => {
    const gone = await serve(() => {});
    closers.pop()?.();
    const garbage = await listen(
      createTcpServer(socket => {
        socket.on('error', () => {});
        socket.end('SSH-2.0-OpenSSH\r\n\r\n');
      }),
    );
    const fetch = createGuardedFetch({ policy: local });

    for (const url of [gone.url, `http://127.0.0.1:${garbage}/`]) {
      await expect(fetch(url)).rejects.toMatchObject({
        code: 'token-endpoint-unreachable',
      });
    }
  });

  it('throws the reason of an abort', async () => {
    const { url, hungUp } = await serve(() => {});
    const controller = new AbortController();
    const pending = createGuardedFetch({ policy: local })(url, {
      signal: controller.signal,
    });
    setTimeout(() => controller.abort(new Error('stopped')), 20);

    await expect(pending).rejects.toThrow('stopped');
    await hungUp();
  });

  it('takes the status alone where nothing else counts', async () => {
    let visits = 0;
    const { url, hungUp } = await serve((_request, response) => {
      visits += 1;
      response.writeHead(302, { location: '/next' }).end('x'.repeat(300_000));
    });
    const fetch = createGuardedFetch({ policy: local });
    await expect(fetch(url)).rejects.toMatchObject({
      code: 'token-reply-unusable',
      detail: 'It answered with a redirect (HTTP 302)',
    });
    const response = await fetch(url, { statusOnly: true });
    expect([response.status, await response.text()]).toEqual([302, '']);
    expect(visits).toBe(2);
    // Broken off in the middle of the page, which the server sees as a reset.
    await Promise.allSettled([hungUp()]);
    await expect(
      createGuardedFetch({ policy: strict })(url, { statusOnly: true }),
    ).rejects.toMatchObject({ code: 'host-not-allowed' });
  });
});
