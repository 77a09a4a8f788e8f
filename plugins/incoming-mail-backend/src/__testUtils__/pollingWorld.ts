// SPDX-License-Identifier: Apache-2.0
import { mockServices } from '@backstage/backend-test-utils';
import { Knex } from 'knex';
import { aChannel } from './aChannel';
import { FakeMailServer } from './FakeMailSession';
import { ScriptedPop3Server } from './scriptedPop3Server';
import { createStores } from '../createStores';
import { claimDue, LeaseTicket, tables } from '../database';
import { createHostPolicy } from '../egress';
import { InboxStores } from '../inbox';
import { Mailbox } from '../mailboxes';
import { Secret } from '../secrets';
import { createOpenSession, MailSession } from '../transport';
import { pollMailbox } from '../polling/pollMailbox';
import { PollDeps } from '../polling/types';

/** A mailbox on a server, and all that a visit of it needs. */
export interface World<Server = FakeMailServer> {
  readonly db: Knex;
  readonly server: Server;
  readonly deps: PollDeps & InboxStores;
  mailbox: Mailbox;
  ticket: LeaseTicket;
}

/** Credentials with a token, which servers of tests take or refuse. */
export const oauth = (token: string) =>
  ({
    method: 'oauth',
    user: 'support@corp.test',
    accessToken: new Secret(token),
  } as const);

export async function claim(db: Knex): Promise<LeaseTicket> {
  const [ticket] = await claimDue(db, {
    kind: 'poll',
    holder: 'test',
    limit: 1,
    durationMs: 60_000,
  });
  return ticket;
}

/** A channel at a fake server that is read by UIDs. */
export async function createWorld(
  db: Knex,
  policy: Partial<PollDeps['policy']> = {},
): Promise<World> {
  const server = new FakeMailServer();
  const { openSession } = server;
  return { server, ...(await aVisitedChannel(db, { openSession, policy })) };
}

/** A channel at a scripted POP3 server, whose sessions are real. */
export async function createPop3World(
  db: Knex,
  server: ScriptedPop3Server,
  policy: Partial<PollDeps['policy']> = {},
): Promise<World<ScriptedPop3Server>> {
  const openSession = createOpenSession({
    policy: createHostPolicy({ allowPrivate: ['127.0.0.1'] }),
    allowPlaintextLoopback: true,
  });
  const world = await aVisitedChannel(db, { openSession, policy });
  await db(tables.mailboxes)
    .where({ id: world.mailbox.id })
    .update(server.host());
  return { server, ...world };
}

/** A channel whose sessions are opened like this; what it says of its server counts. */
export async function aVisitedChannel(
  db: Knex,
  {
    openSession,
    policy,
  }: Pick<PollDeps, 'openSession'> & { policy: Partial<PollDeps['policy']> },
): Promise<Omit<World, 'server'>> {
  const mailbox = await aChannel(db);
  return {
    db,
    mailbox,
    ticket: await claim(db),
    deps: {
      ...createStores({ db, logger: mockServices.logger.mock() }),
      db,
      openSession,
      credentials: async () => oauth('good-token'),
      policy: {
        intervalMs: 60_000,
        messagesPerVisit: 1_000,
        maxMessageBytes: 10_000,
        maxWaiting: 5_000,
        ...policy,
      },
    },
  };
}

/** Visits the mailbox with the settings that it has now. */
export async function visit(
  world: World<unknown>,
  deps: Partial<PollDeps> = {},
) {
  world.mailbox = await world.deps.mailboxes.getById(world.mailbox.id);
  return pollMailbox(
    world.mailbox,
    world.ticket,
    { ...world.deps, ...deps },
    new AbortController().signal,
  );
}

/** The texts of all stored mails, sorted. */
export async function stored(world: World<unknown>): Promise<string[]> {
  const { messageLog, rawMails } = world.deps;
  const { items } = await messageLog.list(world.mailbox.id, { limit: 100 });
  const raws = await Promise.all(items.map(item => rawMails.read(item.id)));
  return raws.map(raw => raw.toString('latin1')).sort();
}

/** Has all mails that wait be done. */
export async function processAll({ db, mailbox }: World<unknown>) {
  await db(tables.inboxMessages)
    .where({ mailbox_id: mailbox.id, state: 'stored' })
    .update({ state: 'done' });
}

/**
 * Has a mailbox visited, and the process die at a point of it: before and after
 * each call of the session, before each commit and after each whose answer
 * then never arrives.
 *
 * @returns whether it survived, as the visit has no such point
 */
export async function visitDyingAt(
  point: number,
  world: World<unknown>,
): Promise<boolean> {
  const error = new Error('the process dies');
  let steps = 0;
  let isDead = false;
  const step = () => {
    steps += 1;
    isDead ||= steps > point;
    if (isDead) {
      throw error;
    }
  };
  try {
    await visit(world, {
      db: dyingDatabase(world.db, step),
      openSession: async options => {
        step();
        const session = await world.deps.openSession(options);
        return dyingSession(session, { step, isDead: () => isDead });
      },
    });
    return true;
  } catch (thrown) {
    if (thrown !== error) {
      throw thrown;
    }
    return false;
  }
}

function dyingSession(
  session: MailSession,
  { step, isDead }: { step: () => void; isDead: () => boolean },
): MailSession {
  return new Proxy(session, {
    get: (target, name: keyof MailSession) => {
      const method = target[name];
      if (name === 'close') {
        // The dead do not end a session well.
        return (options?: { stored: boolean }) =>
          target.close(isDead() ? { stored: false } : options);
      }
      return (
        method &&
        (async (...args: unknown[]) => {
          step();
          const result = await (
            method as (...a: unknown[]) => Promise<unknown>
          ).apply(target, args);
          step();
          return result;
        })
      );
    },
  });
}

function dyingDatabase(db: Knex, step: () => void): Knex {
  return new Proxy(db, {
    get: (target, name) =>
      name === 'transaction'
        ? async (work: Parameters<Knex['transaction']>[0]) => {
            const result = await target.transaction(async tx => {
              const made = await work(tx);
              step();
              return made;
            });
            step();
            return result;
          }
        : target[name as keyof Knex],
  });
}
