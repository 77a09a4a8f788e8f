// SPDX-License-Identifier: Apache-2.0
import { createBackendModule } from '@backstage/backend-plugin-api';
import { TestDatabaseId, TestDatabases } from '@backstage/backend-test-utils';
import { MessageSummary } from '@postroom/plugin-incoming-mail-common';
import { incomingMailHandlersExtensionPoint } from '@postroom/plugin-incoming-mail-node';
import { Knex } from 'knex';
import { openTestDatabase } from '../__testUtils__/createTestDatabase';
import { expectInvariants } from '../__testUtils__/expectInvariants';
import { GOOD_TOKEN } from '../__testUtils__/scriptedImapServer';
import {
  olga,
  PROJECT,
  startTestPlugin,
} from '../__testUtils__/startTestPlugin';
import {
  ScriptedWorld,
  startScriptedWorld,
  until,
} from '../__testUtils__/startScriptedWorld';
import { DbLeaseRow, LeaseKind, readDbNow, tables } from '../database';
import { randomToken } from '../secrets';

jest.setTimeout(120_000);

const databases = TestDatabases.create({ ids: ['SQLITE_3', 'POSTGRES_18'] });

/** Something that a test waits for, or lets happen. */
function createGate() {
  let open = () => {};
  const opened = new Promise<void>(resolve => {
    open = resolve;
  });
  return { open, opened };
}

const mail = (subject: string) =>
  `From: Carla <carla@customer.test>\r\nMessage-ID: <${subject}@customer.test>\r\nSubject: ${subject}\r\n\r\nHello.\r\n`;

describe.each(databases.eachSupportedId())('a stop (%s)', databaseId => {
  let db: Knex;
  let world: ScriptedWorld;
  /** The handler's: which mails it was given, and what it waits for. */
  let calls: string[];
  let handling: ReturnType<typeof createGate>;
  let mayEnd: ReturnType<typeof createGate>;
  let config: object;

  const slowly = createBackendModule({
    pluginId: 'incoming-mail',
    moduleId: 'slowly',
    register(env) {
      env.registerInit({
        deps: { handlers: incomingMailHandlersExtensionPoint },
        async init({ handlers }) {
          handlers.addHandler({
            id: 'slowly',
            title: 'Takes its time',
            async handle(message) {
              calls.push(message.subject ?? '');
              handling.open();
              await mayEnd.opened;
              return { kind: 'created', target: 'note:1' };
            },
          });
        },
      });
    },
  });

  beforeEach(async () => {
    [calls, handling, mayEnd] = [[], createGate(), createGate()];
    db = await openTestDatabase(databases, databaseId as TestDatabaseId);
    config = {
      vault: { keys: [{ kid: 'shared', secret: randomToken() }] },
      // Whoever had to wait for a lease to run out would not be in time.
      leases: { duration: { hours: 1 } },
    };
    world = await startScriptedWorld(db, { config, features: [slowly] });
    world.provider.answer(() => ({
      body: {
        access_token: GOOD_TOKEN,
        refresh_token: 'refresh',
        token_type: 'Bearer',
        expires_in: 3600,
      },
    }));
    const integration = await world.addIntegration();
    await world.addChannel(integration.id);
    await world.consent(integration.redirectUrl, { code: 'code' });
    await world.visit();
    await db(tables.handlerBindings).update({ handler_id: 'slowly' });
  });

  afterEach(() => world.close());

  const startVisit = async () => {
    const { status } = await world.call(
      olga,
      'post',
      `${PROJECT}/channel/visits`,
    );
    expect(status).toBe(202);
  };

  /** Nothing is held, and what was under way is due. */
  const expectFreeAndDue = async (underWay: LeaseKind) => {
    const now = await readDbNow(db);
    const leases = await db<DbLeaseRow>(tables.leases);
    expect(leases).toHaveLength(2);
    for (const { kind, holder, lease_until, due_at } of leases) {
      expect({ holder, lease_until }).toEqual({
        holder: null,
        lease_until: null,
      });
      if (kind === underWay) {
        expect(Number(due_at ?? Infinity)).toBeLessThanOrEqual(now);
      }
    }
    await expectInvariants(db);
  };

  /** Another replica finishes what was begun. */
  const expectNextGoesOn = async () => {
    mayEnd.open();
    const next = await startTestPlugin(db, { config, features: [slowly] });
    const messages: MessageSummary[] = await until(
      async () => (await next.as(olga).get(`${PROJECT}/messages`)).body.items,
      items =>
        items.length === 1 &&
        items.every(({ state }: MessageSummary) => state === 'done'),
    );
    expect(messages).toMatchObject([{ subject: 'hello' }]);
    expect(await db(tables.deliveries)).toHaveLength(1);
    await next.stop();
    await world.imap.hungUp();
    await expectInvariants(db);
  };

  it('R40: gives a mailbox back whose mail is being fetched, and the next owner reads it at once', async () => {
    const { imap } = world;
    const fetching = createGate();
    imap.deliver(mail('hello'));
    // As a server that does not come to an end.
    imap.on('UID FETCH', () => fetching.open());
    await startVisit();
    await fetching.opened;
    await world.stop();
    await imap.hungUp();
    await expectFreeAndDue('poll');
    expect(await db(tables.inboxMessages)).toHaveLength(0);

    imap.on('UID FETCH', command => command.proceed());
    await expectNextGoesOn();
    expect(calls).toEqual(['hello']);
    expect(imap.received).toContain('LOGOUT');
  });

  it('R40: gives up a handler at work, of which nothing stands, and the next owner calls it again at once', async () => {
    world.imap.deliver(mail('hello'));
    await startVisit();
    await handling.opened;
    await world.stop();
    await world.imap.hungUp();
    expect(await db(tables.deliveries)).toHaveLength(0);
    await expectFreeAndDue('process');
    await expectNextGoesOn();
    expect(calls).toEqual(['hello', 'hello']);
  });
});
