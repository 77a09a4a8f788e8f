// SPDX-License-Identifier: Apache-2.0
import { mockServices, TestDatabases } from '@backstage/backend-test-utils';
import { Knex } from 'knex';
import { aChannel } from '../__testUtils__/aChannel';
import { openTestDatabase } from '../__testUtils__/createTestDatabase';
import {
  olga,
  PROJECT,
  rita,
  startTestPlugin,
} from '../__testUtils__/startTestPlugin';
import { dbNowPlus, inTransaction, tables } from '../database';
import { createInboxStores } from '../inbox';
import { CursorStore } from '../polling';

jest.setTimeout(60_000);

const databases = TestDatabases.create({ ids: ['SQLITE_3'] });

const RAW = '<html><script>alert(1)</script>\r\nno mail at all\r\n';

describe('a mail byte for byte', () => {
  let db: Knex;
  let as: Awaited<ReturnType<typeof startTestPlugin>>['as'];
  let path: string;
  let messageId: string;
  const auditor = mockServices.auditor.mock({
    createEvent: async () => ({
      success: async () => {},
      fail: async () => {},
    }),
  });

  beforeEach(async () => {
    auditor.createEvent.mockClear();
    db = await openTestDatabase(databases, 'SQLITE_3');
    ({ as } = await startTestPlugin(db, { features: [auditor.factory] }));
    const { id: mailboxId } = await aChannel(db);
    await db(tables.handlerBindings).delete();
    // Nobody works on it here.
    await db(tables.mailboxes).update({ paused_at: 1 });
    await inTransaction(db, async tx => {
      const { id: cursorId } = await new CursorStore(db).create(tx, {
        mailboxId,
        folder: 'INBOX',
        uidValidity: 1,
        baseUid: 0,
      });
      await createInboxStores(db).inbox.accept(tx, {
        mailboxId,
        cursorId,
        recognisesBytes: false,
        acknowledges: false,
        messages: [
          {
            sourceKey: '1',
            raw: Buffer.from(RAW),
            sizeBytes: RAW.length,
            truncated: false,
          },
        ],
      });
    });
    [{ id: messageId }] = await db(tables.inboxMessages);
    path = `${PROJECT}/messages/${messageId}`;
  });

  const audited = () =>
    auditor.createEvent.mock.calls.map(([event]) => event.eventId);

  it('is for those alone who may read it, and each download is in the audit log (T31)', async () => {
    const listed = await as(rita).get(`${PROJECT}/messages`);
    expect(listed.body.items).toMatchObject([{ id: messageId }]);
    expect((await as(rita).get(`${path}/raw`)).status).toBe(403);
    expect(audited()).toEqual([]);
    for (const _ of [1, 2]) {
      expect((await as(olga).get(`${path}/raw`)).status).toBe(200);
    }
    expect(audited()).toEqual(['message-download', 'message-download']);
  });

  it('is saved and never shown, whatever it is (T46, T48)', async () => {
    const reply = await as(olga).get(`${path}/raw`).buffer();
    expect(reply.headers).toMatchObject({
      'content-type': 'message/rfc822',
      'content-disposition': 'attachment; filename="message.eml"',
      'x-content-type-options': 'nosniff',
      'content-security-policy': "sandbox; default-src 'none'",
      'cache-control': 'no-store',
    });
  });

  it('is missed with a reason once it was removed for its age (T61)', async () => {
    await db(tables.inboxMessages).update({
      state: 'quarantined',
      failure_code: 'handler-failed',
      next_attempt_at: null,
      finished_at: dbNowPlus(db, -2),
    });
    expect((await as(olga).get(`${path}/raw`)).status).toBe(200);
    await createInboxStores(db).rawMails.removeOld({
      ageMs: 1,
      limit: 10,
      states: ['quarantined'],
    });
    for (const [reply, status] of [
      [await as(olga).get(`${path}/raw`), 404],
      [await as(olga).post(`${path}/dry-runs`), 404],
      [await as(olga).post(`${path}/runs`), 409],
    ] as const) {
      expect(reply.status).toBe(status);
      expect(reply.body.error.message).toContain('no longer kept');
    }
    const listed = await as(olga).get(`${PROJECT}/messages`);
    expect(listed.body.items).toMatchObject([
      { state: 'quarantined', rawRemovedAt: expect.any(String) },
    ]);
  });
});
