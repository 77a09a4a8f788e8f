// SPDX-License-Identifier: Apache-2.0
import { randomUUID } from 'node:crypto';
import { TestDatabases } from '@backstage/backend-test-utils';
import {
  HandlerSettings,
  requestSchema,
} from '@postroom/plugin-incoming-mail-common';
import { IncomingMessage } from '@postroom/plugin-incoming-mail-node';
import { aMessage } from '@postroom/plugin-incoming-mail-node/testUtils';
import { openTestDatabase } from '../__testUtils__/createTestDatabase';
import { inTransaction, tables } from '../database';
import { RequestStore } from './RequestStore';
import { RequestTracker, TrackerMode } from './RequestTracker';

jest.setTimeout(60_000);

const databases = TestDatabases.create();
const shop = 'component:default/shop';

describe.each(databases.eachSupportedId())('RequestTracker on %p', id => {
  async function open() {
    const db = await openTestDatabase(databases, id);
    const store = new RequestStore(db);
    const handleAs =
      (mode: TrackerMode, settings: HandlerSettings = {}) =>
      (message: IncomingMessage, threadId: string = randomUUID()) =>
        inTransaction(db, tx => {
          const tracker = new RequestTracker(store, mode);
          return tracker.handle(message, {
            tx,
            thread: { id: threadId, isReply: false },
            settings: tracker.parseSettings(settings, message),
          });
        });
    return { db, store, handleAs, handle: handleAs('create-or-comment') };
  }

  const aMail = () => aMessage().project(shop);

  it('makes a request of a mail, with all that is shown of it', async () => {
    const { store, handle } = await open();
    const message = aMail()
      .subject('It burns')
      .html('<script>x</script><p>Hi</p>')
      .attachment('a.txt', { content: 'abc' })
      .build();

    await expect(handle(message)).resolves.toEqual({
      kind: 'created',
      target: 'request:1',
    });

    const request = await store.getByNumber(shop, 1);
    expect(request).toEqual({
      id: expect.any(String),
      projectRef: shop,
      number: 1,
      subject: 'It burns',
      sender: { name: 'Ann Example', address: 'ann@example.com' },
      sentAt: '2030-01-01T12:00:00.000Z',
      createdAt: expect.any(String),
      lastActivityAt: expect.any(String),
      text: message.text,
      html: message.html,
      attachments: [
        {
          name: 'a.txt',
          contentType: 'application/octet-stream',
          sizeBytes: 3,
        },
      ],
      commentCount: 0,
      labels: [],
      messageId: message.id,
    });
    expect(requestSchema.safeParse(request).success).toBe(true);
  });

  it('makes comments of the mails of a known conversation, and moves the request up', async () => {
    const { db, store, handle } = await open();
    await handle(aMail().subject('first').build(), 't1');
    await handle(aMail().subject('second').build(), 't2');
    await db(tables.requests).update({ last_activity_at: 1 });

    const outcome = await handle(aMail().text('More').build(), 't1');
    await handle(aMail().text('Even more').build(), 't1');

    expect(outcome).toEqual({
      kind: 'commented',
      target: expect.stringMatching(/^request:1#[0-9a-f-]{36}$/),
    });
    const { items } = await store.list(shop, { limit: 10 });
    expect(
      items.map(({ number, commentCount }) => [number, commentCount]),
    ).toEqual([
      [1, 2],
      [2, 0],
    ]);
    const comments = await store.listComments(shop, 1, { limit: 10 });
    expect(comments.items.map(({ text }) => text)).toEqual([
      'More',
      'Even more',
    ]);
    expect(outcome).toMatchObject({
      target: `request:1#${comments.items[0].id}`,
    });
  });

  it('counts requests per project', async () => {
    const { handle } = await open();
    const inProject = (projectRef: string) =>
      handle(aMessage().project(projectRef).build());

    const targets = [];
    for (const projectRef of [shop, 'component:default/other', shop]) {
      targets.push(await inProject(projectRef));
    }

    expect(targets).toMatchObject([
      { target: 'request:1' },
      { target: 'request:1' },
      { target: 'request:2' },
    ]);
  });

  it('gives every request a number of its own, also when many are made at once, and wastes none', async () => {
    const { store, handle } = await open();
    const broken = { ...aMail().build(), text: undefined as never };
    const made = await Promise.allSettled(
      Array.from({ length: 20 }, (_, n) =>
        handle(n % 4 === 3 ? broken : aMail().build()),
      ),
    );

    expect(made.filter(({ status }) => status === 'rejected')).toHaveLength(5);
    const { items } = await store.list(shop, { limit: 50 });
    expect(items.map(({ number }) => number).sort((a, b) => a - b)).toEqual(
      Array.from({ length: 15 }, (_, n) => n + 1),
    );
  });

  it('makes a mail into one thing only, however often it is called', async () => {
    const { db, handle } = await open();
    const original = aMail().build();
    const reply = aMail().build();

    const first = [await handle(original, 't1'), await handle(reply, 't1')];
    const second = [await handle(original, 't1'), await handle(reply, 't1')];

    expect(second).toEqual(first);
    await expect(db(tables.requests)).resolves.toHaveLength(1);
    await expect(db(tables.requestComments)).resolves.toHaveLength(1);
  });

  it('marks what it makes as its settings say, in the project that they name (S69)', async () => {
    const { store, handleAs } = await open();
    const handle = handleAs('create-or-comment', {
      project: 'Component:default/Shop',
      requestType: ' incident ',
      priority: 'high',
      labels: ['mail', ' disk ', 'mail'],
    });

    await handle(aMessage().project(undefined).build());

    const marks = {
      requestType: 'incident',
      priority: 'high',
      labels: ['mail', 'disk'],
    };
    await expect(store.getByNumber(shop, 1)).resolves.toMatchObject(marks);
    const { items } = await store.list(shop, { limit: 1 });
    expect(items[0]).toMatchObject(marks);
  });

  it('takes a channel’s mail to its own project, whatever the settings say', async () => {
    const { store, handleAs } = await open();
    const other = { project: 'component:default/other' };

    await handleAs('create-or-comment', other)(aMail().build());

    await expect(store.getByNumber(shop, 1)).resolves.toBeDefined();
  });

  it.each([
    [{}, /^project is required/],
    [{ project: ':' }, /^project is not an entity/],
    [{ project: shop, requestType: 'x'.repeat(101) }, /^requestType is longer/],
  ])('refuses the settings %j of a mail server', (settings, words) => {
    const tracker = new RequestTracker({} as RequestStore);
    expect(() => tracker.parseSettings(settings, {})).toThrow(words);
  });

  it('makes a request of every mail, replies as well, where it only creates', async () => {
    const { store, handle, handleAs } = await open();
    const create = handleAs('create-only');

    const outcomes = [
      await create(aMail().subject('a').build(), 't1'),
      await create(aMail().subject('b').build(), 't1'),
      // The first of a conversation stays the one that comments go to.
      await handle(aMail().build(), 't1'),
    ];

    expect(outcomes).toMatchObject([
      { kind: 'created', target: 'request:1' },
      { kind: 'created', target: 'request:2' },
      { kind: 'commented', target: expect.stringMatching(/^request:1#/) },
    ]);
    const { items } = await store.list(shop, { limit: 10 });
    expect(items).toHaveLength(2);
  });

  it('ignores what answers nothing, where it only comments', async () => {
    const { db, handle, handleAs } = await open();
    const comment = handleAs('comment-only');

    await expect(comment(aMail().build(), 't1')).resolves.toEqual({
      kind: 'ignored',
      reason: 'It does not answer any request of the project',
    });
    await expect(db(tables.requests)).resolves.toEqual([]);
    await handle(aMail().build(), 't1');
    await expect(comment(aMail().build(), 't1')).resolves.toMatchObject({
      kind: 'commented',
    });
    // A conversation of one project is nobody else's.
    const elsewhere = handleAs('comment-only', { project: 'a:b/c' });
    await expect(
      elsewhere(aMessage().project(undefined).build(), 't1'),
    ).resolves.toMatchObject({ kind: 'ignored' });
  });

  it('makes one mail of a mail server into a request of each project that it is bound to', async () => {
    const { store, handleAs } = await open();
    const mail = aMessage().project(undefined);
    const [original, reply] = [
      mail.build(),
      aMessage().project(undefined).build(),
    ];
    const projects = [shop, 'component:default/other'];

    for (const project of projects) {
      await handleAs('create-or-comment', { project })(original, 't1');
      await handleAs('create-or-comment', { project })(reply, 't1');
    }

    for (const project of projects) {
      const request = await store.getByNumber(project, 1);
      expect(request).toMatchObject({
        messageId: original.id,
        commentCount: 1,
      });
    }
  });

  it('pages requests by their latest activity and comments by their age, leaving none out', async () => {
    const { db, store, handle } = await open();
    for (let n = 1; n <= 7; n += 1) {
      await handle(aMail().subject(`r${n}`).build(), `t${n}`);
      // Some share an instant.
      await db(tables.requests)
        .where({ number: n })
        .update({ last_activity_at: Math.floor(n / 3) });
    }
    for (let n = 1; n <= 25; n += 1) {
      await handle(aMail().text(`c${n}`).build(), 't1');
    }

    const seen: string[] = [];
    let cursor: string | undefined;
    do {
      const page = await store.list(shop, { limit: 2, cursor });
      seen.push(...page.items.map(({ subject }) => subject));
      cursor = page.nextCursor;
    } while (cursor);
    expect(seen[0]).toBe('r1');
    expect([...seen].sort()).toEqual([
      'r1',
      'r2',
      'r3',
      'r4',
      'r5',
      'r6',
      'r7',
    ]);
    expect(seen.at(-1)).toBe('r2');

    const comments: string[] = [];
    do {
      // More than a page may hold: it gives fewer, and says so.
      const page = await store.listComments(shop, 1, { limit: 100, cursor });
      comments.push(...page.items.map(({ text }) => text));
      cursor = page.nextCursor;
    } while (cursor);
    expect(comments).toEqual(Array.from({ length: 25 }, (_, n) => `c${n + 1}`));
  });

  it('makes excerpts of long texts', async () => {
    const { store, handle } = await open();
    await handle(
      aMail()
        .text(`> quoted\n${'ü '.repeat(500_000)}`)
        .build(),
    );

    const { items } = await store.list(shop, { limit: 1 });

    expect(items[0].excerpt).toMatch(/^(?:ü ){99}ü$/);
  });

  it('does not find requests that are not there, or are of another project', async () => {
    const { store, handle } = await open();
    await handle(aMail().build());

    await expect(store.getByNumber(shop, 2)).rejects.toThrow('no request 2');
    await expect(
      store.getByNumber('component:default/other', 1),
    ).rejects.toThrow('no request 1');
    await expect(
      store.listComments('component:default/other', 1, { limit: 1 }),
    ).rejects.toThrow('no request 1');
    await expect(
      store.list('component:default/other', { limit: 1 }),
    ).resolves.toEqual({ items: [] });
  });
});
