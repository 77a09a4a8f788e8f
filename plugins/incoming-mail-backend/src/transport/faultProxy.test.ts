// SPDX-License-Identifier: Apache-2.0
import {
  demoPassword,
  FaultPlan,
  FaultProxy,
  Sandbox,
  startFaultProxy,
  startSandbox,
} from '@postroom/mail-sandbox';
import { MailHost } from '@postroom/plugin-incoming-mail-common';
import { MailFailure } from '@postroom/plugin-incoming-mail-node';
import {
  dovecotHost,
  DovecotWorld,
  onDovecot,
  startDovecotWorld,
  SUPPORT,
} from '../__testUtils__/dovecotWorld';
import { mailSessionContract } from '../__testUtils__/mailSessionContract';
import { createHostPolicy } from '../egress';
import { Secret } from '../secrets';
import { createOpenSession } from './openSession';
import { FetchedMessage, MailSession } from './types';

jest.setTimeout(120_000);

const KIB = 1024;
const limits = { maxBytes: 256 * KIB, truncateBytes: KIB };
/** Shorter than any of the usual times, so that only it can be what ends a call. */
const SHORT_MS = 400;
const LESS_THAN_USUAL_MS = 9_000;

const openSession = createOpenSession({
  policy: createHostPolicy({ allowPrivate: ['127.0.0.1'] }),
  lookup: async () => [{ address: '127.0.0.1' }],
  allowPlaintextLoopback: true,
});
const credentialsOf = (user: string) =>
  ({ method: 'password', user, password: new Secret(demoPassword) } as const);

const mails = [
  'Subject: one\r\n\r\nHello.\r\n',
  `Subject: two\r\n\r\n.\r\n..\r\n${'line\r\n'.repeat(200)})\r\n* 1 FETCH\r\n`,
  'Subject: three\r\n\r\ngr\xfc\xdfe\r\n',
].map(text => Buffer.from(text, 'latin1'));

/** A real server, and a way to put mail into an account of its own. */
interface FaultyWorld {
  port(protocol: MailHost['protocol']): number;
  addAccount(): Promise<string>;
  deliver(user: string, raw: Buffer): Promise<void>;
  /** What is marked as read; of the sandbox's IMAP only. */
  seenKeys?(user: string): Promise<string[]>;
  close(): Promise<void>;
}

let accounts = 0;
const addTo = (sandbox: Sandbox) => {
  accounts += 1;
  const address = `faults-${accounts}@corp.test`;
  sandbox.addAccount({ address, password: demoPassword });
  return address;
};

async function sandboxWorld(): Promise<FaultyWorld> {
  const sandbox = await startSandbox({ httpPort: 0, imapPort: 0 });
  return {
    port: protocol =>
      protocol === 'imap' ? sandbox.imapPort : sandbox.pop3Port,
    addAccount: async () => addTo(sandbox),
    async deliver(user, raw) {
      const api = `http://localhost:${sandbox.httpPort}/api`;
      const reply = await fetch(`${api}/messages?to=${user}`, {
        method: 'POST',
        headers: { 'content-type': 'message/rfc822' },
        body: raw,
      });
      if (reply.status !== 201) {
        throw new Error(`The sandbox took no mail: ${reply.status}`);
      }
    },
    async seenKeys(user) {
      const api = `http://localhost:${sandbox.httpPort}/api`;
      const reply = await fetch(`${api}/mailboxes/${user}/messages`);
      const found: Array<{ uid: number; flags: string[] }> = await reply.json();
      return found
        .filter(({ flags }) => flags.includes('\\Seen'))
        .map(({ uid }) => `${uid}`);
    },
    close: () => sandbox.close(),
  };
}

async function dovecotFaults(): Promise<FaultyWorld> {
  const world: DovecotWorld = await startDovecotWorld();
  return {
    port: protocol => dovecotHost(world, protocol, 'none').port,
    // Its accounts are given; an empty one is as good as a new one.
    async addAccount() {
      await world.dovecot.mail.remove(SUPPORT);
      return SUPPORT;
    },
    async deliver(user, raw) {
      await world.dovecot.mail.deliver(user, raw);
    },
    close: () => world.close(),
  };
}

const protocols = ['imap', 'pop3'] as const;

describe.each(protocols)('in segments of one byte, by %s (R19)', protocol => {
  let world: FaultyWorld;
  let proxy: FaultProxy;
  beforeAll(async () => {
    world = await sandboxWorld();
    const plan = { toClient: { segmentBytes: 1 } };
    proxy = await startFaultProxy({
      target: { port: world.port(protocol) },
      plan,
    });
  });
  afterAll(async () => {
    await proxy.close();
    await world.close();
  });

  mailSessionContract('a session', async () => {
    const user = await world.addAccount();
    return {
      openSession,
      server: {
        protocol,
        host: 'localhost',
        port: proxy.port,
        security: 'none' as const,
      },
      credentials: credentialsOf(user),
      deliver: raw => world.deliver(user, raw),
      ...(protocol === 'imap' && {
        otherFolder: () => 'Archive',
        tellsNews: true,
        seenKeys: () => world.seenKeys!(user),
      }),
      hungUp: () => {},
      stop: () => {},
    };
  });
});

const worlds = [
  ['the sandbox', describe, sandboxWorld],
  ['Dovecot', onDovecot, dovecotFaults],
] as const;

for (const [name, describeWorld, startWorld] of worlds) {
  describeWorld(`a broken line to ${name}`, () => {
    let world: FaultyWorld;
    beforeAll(async () => {
      world = await startWorld();
    });
    afterAll(() => world.close());

    describe.each(protocols)('by %s', protocol => {
      let proxy: FaultProxy;
      let user: string;
      const sessions: MailSession[] = [];

      beforeEach(async () => {
        proxy = await startFaultProxy({
          target: { port: world.port(protocol) },
        });
        user = await world.addAccount();
        for (const raw of mails) {
          await world.deliver(user, raw);
        }
      });
      afterEach(async () => {
        await Promise.all(sessions.splice(0).map(session => session.close()));
        await proxy.close();
      });

      const connect = async (timeoutMs?: number) => {
        const session = await openSession({
          server: {
            protocol,
            host: 'localhost',
            port: proxy.port,
            security: 'none',
          },
          credentials: credentialsOf(user),
          signal: new AbortController().signal,
          timeoutMs,
        });
        sessions.push(session);
        return session;
      };

      /** One visit: what was got, and how it ended. */
      const visit = async (timeoutMs = 5_000) => {
        const got: FetchedMessage[] = [];
        let session: MailSession | undefined;
        try {
          session = await connect(timeoutMs);
          await session.open('INBOX');
          const refs = await session.list({ after: 0, limit: 10 });
          got.push(...(await session.fetch(refs, limits)).messages);
          return { got, refs };
        } catch (error) {
          return { got, failure: error };
        } finally {
          await session?.close();
        }
      };
      const rawsOf = (got: readonly FetchedMessage[]) =>
        got.map(({ raw }) => raw.toString('latin1'));
      const whole = rawsOf(mails.map(raw => ({ raw } as FetchedMessage)));

      it('gives every mail byte for byte, however late and cut its segments come (R19)', async () => {
        const plans: FaultPlan[] = [
          { toClient: { segmentBytes: 1 }, toTarget: { segmentBytes: 1 } },
          { toClient: { segmentBytes: 7, latencyMs: 3 } },
          { toTarget: { latencyMs: 20 } },
        ];
        await visit();
        const { bytesToClient } = proxy.counts();
        for (let at = 1; at < bytesToClient; at += 97) {
          plans.push({ toClient: { splitAt: [at, at + 1 + (at % 13)] } });
        }
        for (const plan of plans) {
          await proxy.setPlan(plan);
          const { got, failure } = await visit();
          expect(failure).toBeUndefined();
          expect(rawsOf(got)).toEqual(whole);
        }
      });

      it('gives whole mails only, wherever the connection is cut (R20)', async () => {
        await visit();
        const { bytesToClient } = proxy.counts();
        let cut = 0;
        for (let at = 0; at < bytesToClient; at += 61) {
          await proxy.setPlan({
            toClient: { cutAfterBytes: at },
            cutBy: at % 2 ? 'reset' : 'end',
          });
          const { got, failure } = await visit();
          expect(whole.slice(0, got.length)).toEqual(rawsOf(got));
          expect(got.some(({ truncated }) => truncated)).toBe(false);
          expect(failure === undefined || MailFailure.is(failure)).toBe(true);
          cut += failure || got.length < mails.length ? 1 : 0;
        }
        expect(cut).toBeGreaterThan(5);
      });

      const stalls = {
        connecting: async () => {
          await proxy.setPlan({ blackHole: true });
          return connect(SHORT_MS);
        },
        opening: async () => {
          const session = await connect(SHORT_MS);
          await proxy.setPlan({ blackHole: true });
          return session.open('INBOX');
        },
        fetching: async () => {
          const session = await connect(SHORT_MS);
          await session.open('INBOX');
          const refs = await session.list({ after: 0, limit: 10 });
          // The command arrives, and its answer does not.
          await proxy.setPlan({ toClient: { blackHole: true } });
          return session.fetch(refs, limits);
        },
      };
      it.each(['connecting', 'opening', 'fetching'] as const)(
        'gives up within the time that the mailbox is given where the server stalls while %s (R21)',
        async stage => {
          await expect(stalls[stage]()).rejects.toMatchObject({
            code: 'connection-timed-out',
          });
        },
        LESS_THAN_USUAL_MS,
      );

      it('finishes on a slow line, and gives up cleanly on one that is too slow (R22)', async () => {
        const large = Buffer.from(
          `Subject: large\r\n\r\n${'0123456789\r\n'.repeat(4 * KIB)}`,
        );
        await world.deliver(user, large);
        await proxy.setPlan({ toClient: { bytesPerSecond: 64 * KIB } });
        expect(rawsOf((await visit()).got)).toEqual([
          ...whole,
          large.toString('latin1'),
        ]);

        await proxy.setPlan({ toClient: { bytesPerSecond: 8 * KIB } });
        const { got, failure } = await visit(1_000);
        expect(whole.slice(0, got.length)).toEqual(rawsOf(got));
        expect(failure === undefined || MailFailure.is(failure)).toBe(true);
        expect(got.length).toBeLessThan(4);
      });
    });
  });
}
