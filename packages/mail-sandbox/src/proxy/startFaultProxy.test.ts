// SPDX-License-Identifier: Apache-2.0
import { once } from 'node:events';
import {
  connect,
  createServer,
  type AddressInfo,
  type Server,
  type Socket,
} from 'node:net';
import fc from 'fast-check';
import { TestSandbox } from '../__testUtils__/TestSandbox';
import { CutPoint } from './CutPoint';
import type { FaultPlan } from './FaultPlan';
import { segmentsOf } from './segmentsOf';
import { startFaultProxy, type FaultProxy } from './startFaultProxy';

const closing: (() => unknown)[] = [];

afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
});

/** One end of a connection, with all that it got. */
class Peer {
  readonly socket: Socket;
  readonly chunks: Buffer[] = [];
  /** How it ended; `undefined` while it is open. */
  end: string | undefined;
  #wake = () => {};

  constructor(socket: Socket) {
    this.socket = socket;
    closing.push(() => socket.destroy());
    socket.on('data', chunk => this.chunks.push(chunk));
    for (const event of ['data', 'end', 'error', 'close']) {
      socket.on(event, () => this.#wake());
    }
    socket.once('end', () => {
      this.end ??= 'end';
    });
    socket.once('error', error => {
      this.end ??= 'code' in error ? String(error.code) : error.message;
    });
  }

  get received(): string {
    return Buffer.concat(this.chunks).toString('latin1');
  }

  send(text: string): this {
    this.socket.write(text, 'latin1');
    return this;
  }

  async got(text: string): Promise<void> {
    while (!this.received.includes(text)) await this.#next();
  }

  async ended(): Promise<string> {
    while (this.end === undefined) await this.#next();
    return this.end;
  }

  async #next(): Promise<void> {
    if (this.end === undefined && !this.socket.destroyed) {
      await new Promise<void>(resolve => {
        this.#wake = resolve;
      });
    }
    await new Promise(setImmediate);
  }
}

let server: Server;
let accepted: Peer[];
let waiting: ((peer: Peer) => void)[];

beforeEach(async () => {
  accepted = [];
  waiting = [];
  server = createServer({ allowHalfOpen: true }, socket => {
    const peer = new Peer(socket);
    accepted.push(peer);
    waiting.shift()?.(peer);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  closing.push(() => server.close());
});

async function proxyWith(plan?: FaultPlan): Promise<FaultProxy> {
  const { port } = server.address() as AddressInfo;
  const proxy = await startFaultProxy({ target: { port }, plan });
  closing.push(() => proxy.close());
  return proxy;
}

/** A client of the proxy and what the target sees of it. */
async function pair(proxy: FaultProxy): Promise<[Peer, Peer]> {
  const target = new Promise<Peer>(resolve => waiting.push(resolve));
  const client = new Peer(connect(proxy.port, '127.0.0.1'));
  return [client, await target];
}

describe('startFaultProxy', () => {
  it('forwards bytes and ends, each way by itself, and counts', async () => {
    const proxy = await proxyWith();
    const [client, target] = await pair(proxy);
    client.send('question').socket.end();
    expect(await target.ended()).toBe('end');
    expect(target.received).toBe('question');
    expect(proxy.counts()).toMatchObject({ connections: 1, open: 1 });
    target.send('answer').socket.end();
    expect(await client.ended()).toBe('end');
    expect(client.received).toBe('answer');
    while (proxy.counts().open > 0) await new Promise(setImmediate);
    expect(proxy.counts()).toEqual({
      connections: 1,
      open: 0,
      cuts: 0,
      bytesToTarget: 8,
      bytesToClient: 6,
      bytesLost: 0,
    });
  });

  it('passes resets on', async () => {
    const proxy = await proxyWith();
    const [client, target] = await pair(proxy);
    target.socket.resetAndDestroy();
    expect(await client.ended()).toBe('ECONNRESET');
    const [other, otherTarget] = await pair(proxy);
    other.send('x');
    await otherTarget.got('x');
    other.socket.resetAndDestroy();
    expect(await otherTarget.ended()).toBe('ECONNRESET');
  });

  it.each([
    [undefined, 'ECONNRESET'],
    ['end', 'end'],
  ] as const)(
    'cuts after so many bytes to the client (%s)',
    async (cutBy, end) => {
      const proxy = await proxyWith({ toClient: { cutAfterBytes: 5 }, cutBy });
      const [client, target] = await pair(proxy);
      target.send('abc');
      await client.got('abc');
      target.send('defg');
      expect(await client.ended()).toBe(end);
      expect(client.received).toBe('abcde');
      expect(await target.ended()).toBe('end');
      expect(proxy.counts().cuts).toBe(1);
    },
  );

  it('cuts after so many bytes to the target, and before the first', async () => {
    const proxy = await proxyWith({ toTarget: { cutAfterBytes: 2 } });
    const [client, target] = await pair(proxy);
    client.send('abc');
    expect(await client.ended()).toBe('ECONNRESET');
    expect(await target.ended()).toBe('end');
    expect(target.received).toBe('ab');
    await proxy.setPlan({ toTarget: { cutAfterBytes: 0 } });
    const [second, secondTarget] = await pair(proxy);
    second.send('x');
    await second.ended();
    await secondTarget.ended();
    expect(secondTarget.received).toBe('');
  });

  it('cuts after COMMIT was forwarded, so often and no more (R8)', async () => {
    const proxy = await proxyWith({
      toTarget: { cutOnPattern: { pattern: 'COMMIT;', when: 'after' } },
      maxCuts: 1,
    });
    const [client, target] = await pair(proxy);
    client.send('BEGIN; COM');
    await target.got('COM');
    // The answer of a server that is quicker than any cut.
    target.socket.on('data', () => target.send('done'));
    client.send('MIT;more');
    expect(await client.ended()).toBe('ECONNRESET');
    expect(await target.ended()).toBe('end');
    expect(target.received).toBe('BEGIN; COMMIT;');
    expect(client.received).toBe('');
    const [again, againTarget] = await pair(proxy);
    again.send('COMMIT;more');
    await againTarget.got('COMMIT;more');
  });

  it('cuts before a pattern, the second of it if that is asked for', async () => {
    const proxy = await proxyWith({
      toClient: {
        cutOnPattern: { pattern: '\r\n.\r\n', when: 'before', occurrence: 2 },
      },
      cutBy: 'end',
    });
    const [client, target] = await pair(proxy);
    target.send('one\r\n.\r\ntwo\r\n.\r\n');
    await client.ended();
    expect(client.received).toBe('one\r\n.\r\ntwo');
  });

  it('swallows everything, both ways or one, and goes on later (R9, R21)', async () => {
    const proxy = await proxyWith();
    const [client, target] = await pair(proxy);
    await proxy.setPlan({ toClient: { blackHole: true } });
    client.send('heard');
    await target.got('heard');
    target.send('lost');
    await proxy.setPlan({ blackHole: true });
    client.send('lost');
    const [late] = await pair(proxy);
    late.send('lost').socket.end();
    while (proxy.counts().bytesLost < 3 * 'lost'.length) {
      await new Promise(setImmediate);
    }
    await proxy.setPlan({});
    client.send('again');
    target.send('again');
    await Promise.all([client.got('again'), target.got('again')]);
    expect([client.received, target.received]).toEqual(['again', 'heardagain']);
    expect(late.end).toBeUndefined();
    expect(proxy.counts().bytesToClient).toBe(5);
  });

  it('pauses without a loss and with bounded memory', async () => {
    const proxy = await proxyWith({ paused: true });
    const [client, target] = await pair(proxy);
    const megabytes = 'x'.repeat(8 * 1024 * 1024);
    client.send(megabytes);
    // The sender is stopped: most of it is still with it.
    await new Promise(resolve => setTimeout(resolve, 50));
    expect(client.socket.writableLength).toBeGreaterThan(0);
    expect(target.received).toBe('');
    await proxy.setPlan({});
    client.send('!');
    await target.got('!');
    expect(target.received.length).toBe(megabytes.length + 1);
  });

  it('sends one byte at a time (R19)', async () => {
    const proxy = await proxyWith({ toClient: { segmentBytes: 1 } });
    const [client, target] = await pair(proxy);
    const text = 'a001 OK done\r\n'.repeat(20);
    target.send(text);
    await client.got(text);
    expect(client.chunks.length).toBeGreaterThan(text.length / 2);
  });

  it('holds bytes back and limits how many there are (R22)', async () => {
    const proxy = await proxyWith({
      toClient: { latencyMs: 30, bytesPerSecond: 2_000 },
    });
    const [client, target] = await pair(proxy);
    target.send('x'.repeat(200)).socket.end();
    await client.ended();
    expect(client.received).toHaveLength(200);
    // A slice each twentieth of a second.
    expect(client.chunks.length).toBeGreaterThan(1);
  });

  it('refuses connections and takes them again, and open ones go on', async () => {
    const proxy = await proxyWith();
    const [client, target] = await pair(proxy);
    await proxy.setPlan({ refuse: true });
    const refused = new Peer(connect(proxy.port, '127.0.0.1'));
    expect(await refused.ended()).toBe('ECONNREFUSED');
    client.send('still here');
    await target.got('still here');
    await proxy.setPlan({});
    await pair(proxy);
    const { port } = proxy;
    const closed = await proxyWith({ refuse: true });
    expect(await new Peer(connect(closed.port, '127.0.0.1')).ended()).toBe(
      'ECONNREFUSED',
    );
    await expect(
      startFaultProxy({ target: { port: 1 }, port }),
    ).rejects.toMatchObject({ code: 'EADDRINUSE' });
  });

  it('resets the client where the target is not there', async () => {
    const proxy = await proxyWith();
    server.close();
    const client = new Peer(connect(proxy.port, '127.0.0.1'));
    expect(await client.ended()).toBe('ECONNRESET');
  });

  it('cuts all connections at once, and ends them with itself', async () => {
    const proxy = await proxyWith();
    const [reset] = await pair(proxy);
    proxy.cutAll();
    expect(await reset.ended()).toBe('ECONNRESET');
    const [ended] = await pair(proxy);
    proxy.cutAll('end');
    expect(await ended.ended()).toBe('end');
    const [last, lastTarget] = await pair(proxy);
    await proxy.close();
    await Promise.all([last.ended(), lastTarget.ended()]);
    expect(proxy.counts()).toMatchObject({ cuts: 2, open: 0 });
  });

  it('lets IMAP through in single bytes (R19)', async () => {
    const sandbox = await TestSandbox.start();
    closing.push(() => sandbox.close());
    await sandbox.deliver(
      'support@corp.test',
      `Subject: x\r\n\r\n${'y\r\n'.repeat(500)}`,
    );
    const one = { segmentBytes: 1 };
    const proxy = await startFaultProxy({
      target: { port: sandbox.imapPort },
      plan: { toClient: one, toTarget: one },
    });
    closing.push(() => proxy.close());
    const client = await sandbox.connectImap(undefined, { port: proxy.port });
    await client.mailboxOpen('INBOX');
    const message = await client.fetchOne('1', { source: true });
    expect(message && message.source?.length).toBe(1514);
  });
});

describe('CutPoint', () => {
  it('cuts at the same byte however the stream is chunked', () => {
    const text = Buffer.from('aXbXXcXdXXXe');
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: 1, max: 5 }), { minLength: 1 }),
        fc.constantFrom('X', 'XX', 'cX', 'XXXe', 'never'),
        fc.integer({ min: 1, max: 2 }),
        (sizes, pattern, occurrence) => {
          const cut = new CutPoint({
            cutOnPattern: { pattern, when: 'after', occurrence },
          });
          const passed: Buffer[] = [];
          let from = 0;
          for (let turn = 0; from < text.length; turn += 1) {
            const size = sizes[turn % sizes.length];
            const verdict = cut.take(text.subarray(from, from + size));
            passed.push(verdict.pass);
            if (verdict.cuts) break;
            from += size;
          }
          const parts = text.toString().split(pattern);
          const whole = parts.slice(0, occurrence).join(pattern) + pattern;
          expect(Buffer.concat(passed).toString()).toBe(
            parts.length > occurrence ? whole : text.toString(),
          );
        },
      ),
    );
  });
});

describe('segmentsOf', () => {
  it('ends segments where it is told, without a loss', () => {
    const chunk = Buffer.from('0123456789');
    const cut = (plan: Parameters<typeof segmentsOf>[2], offset = 0) =>
      [...segmentsOf(chunk, offset, plan)].map(String);
    expect(cut({})).toEqual(['0123456789']);
    expect(cut({ splitAt: [3, 7] })).toEqual(['012', '3456', '789']);
    expect(cut({ splitAt: [3, 104] }, 100)).toEqual(['0123', '456789']);
    expect(cut({ segmentBytes: 4, splitAt: [5] })).toEqual([
      '0123',
      '4',
      '5678',
      '9',
    ]);
    expect(cut({ bytesPerSecond: 60 })).toEqual(['012', '345', '678', '9']);
  });
});
