// SPDX-License-Identifier: Apache-2.0
import {
  mockCredentials,
  mockErrorHandler,
  mockServices,
  TestDatabases,
} from '@backstage/backend-test-utils';
import { NotAllowedError } from '@backstage/errors';
import { requestReadPermission } from '@postroom/plugin-incoming-mail-common';
import { aMessage } from '@postroom/plugin-incoming-mail-node/testUtils';
import express from 'express';
import PromiseRouter from 'express-promise-router';
import request from 'supertest';
import { openTestDatabase } from '../__testUtils__/createTestDatabase';
import { inTransaction, toSafeError } from '../database';
import { createMountEndpoint } from '../http';
import { mountRequestRoutes } from './requestRoutes';
import { RequestStore } from './RequestStore';
import { RequestTracker } from './RequestTracker';

jest.setTimeout(60_000);

// What the engines do differently is tested with the store.
const databases = TestDatabases.create({ ids: ['SQLITE_3'] });

async function open() {
  const db = await openTestDatabase(databases, 'SQLITE_3');
  const requests = new RequestStore(db);
  const tracker = new RequestTracker(requests);
  const authorizer = {
    global: jest.fn(),
    project: jest.fn(async () => undefined),
  };
  const router = PromiseRouter();
  mountRequestRoutes(
    createMountEndpoint({
      router,
      httpAuth: mockServices.httpAuth(),
      auditor: mockServices.auditor.mock(),
      toSafeError,
    }),
    { requests, authorizer },
  );
  const app = express().use(router).use(mockErrorHandler());
  const get = (path: string) =>
    request(app)
      .get(`/projects/Component/default/Shop${path}`)
      .set('Authorization', mockCredentials.user.header());
  const handle = (message: ReturnType<typeof aMail>, threadId: string) =>
    inTransaction(db, tx =>
      tracker.handle(message.build(), {
        tx,
        thread: { id: threadId, isReply: false },
        settings: { projectRef: 'component:default/shop', labels: [] },
      }),
    );
  return { authorizer, get, handle };
}

const aMail = () => aMessage().project('component:default/shop');

describe('mountRequestRoutes', () => {
  it('lists and shows requests, an empty subject as one, and HTML made safe', async () => {
    const { get, handle } = await open();
    await handle(
      aMail().subject('').html('<p onclick="x()">Hi<script>y</script></p>'),
      't1',
    );

    const list = await get('/requests').expect(200);
    const one = await get('/requests/1').expect(200);

    expect(list.body).toEqual({
      items: [expect.objectContaining({ number: 1, subject: '(no subject)' })],
    });
    expect(one.body).toMatchObject({
      number: 1,
      subject: '(no subject)',
      projectRef: 'component:default/shop',
      html: '<p>Hi</p>',
    });
    await get('/requests/2').expect(404);
    await get('/requests/0').expect(400);
  });

  it('lists comments page by page, their HTML made safe', async () => {
    const { get, handle } = await open();
    await handle(aMail(), 't1');
    await handle(aMail().text('one').html('<img src=x onerror=y>'), 't1');
    await handle(aMail().text('two'), 't1');

    const first = await get('/requests/1/comments?limit=1').expect(200);
    const second = await get(
      `/requests/1/comments?limit=1&cursor=${first.body.nextCursor}`,
    ).expect(200);

    expect(first.body.items).toEqual([
      expect.objectContaining({ text: 'one', html: '<span></span>' }),
    ]);
    expect(second.body.items).toEqual([
      expect.not.objectContaining({ html: expect.anything() }),
    ]);
    expect(second.body.items[0].text).toBe('two');
    expect(second.body.nextCursor).toBeUndefined();
  });

  it.each(['/requests', '/requests/1', '/requests/1/comments'])(
    'asks for the permission to read requests of that very project: %s',
    async path => {
      const { authorizer, get, handle } = await open();
      await handle(aMail(), 't1');
      await get(path).expect(200);
      authorizer.project.mockRejectedValueOnce(new NotAllowedError('no'));

      await get(path).expect(403);

      expect(authorizer.project).toHaveBeenLastCalledWith(
        expect.anything(),
        requestReadPermission,
        'component:default/shop',
      );
    },
  );
});
