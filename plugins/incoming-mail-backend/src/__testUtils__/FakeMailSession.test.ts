// SPDX-License-Identifier: Apache-2.0
import { Secret } from '../secrets';
import { FakeMailServer } from './FakeMailSession';
import { mailSessionContract } from './mailSessionContract';

const options = {
  server: {
    protocol: 'imap',
    host: 'imap.test',
    port: 993,
    security: 'tls',
  } as const,
  credentials: {
    method: 'oauth',
    user: 'support@corp.test',
    accessToken: new Secret('good-token'),
  } as const,
};

mailSessionContract('FakeMailSession', async () => {
  const fake = new FakeMailServer();
  fake.refusedSecrets.add('bad-token');
  return {
    ...options,
    openSession: fake.openSession,
    deliver: raw => fake.deliver(raw),
    expunge: key => fake.expunge(Number(key)),
    otherFolder: () => {
      fake.createFolder('Archive');
      return 'Archive';
    },
    tellsNews: true,
    seenKeys: () => fake.seenUids().map(String),
    hungUp: () => expect(fake.openSessionCount).toBe(0),
    stop: () => {},
  };
});

describe('FakeMailServer', () => {
  const { signal } = new AbortController();

  it('fails when it is told to, and notes what was called', async () => {
    const fake = new FakeMailServer();
    fake.failNext('connect', 'connection-refused');
    await expect(
      fake.openSession({ ...options, signal }),
    ).rejects.toMatchObject({ code: 'connection-refused' });

    fake.failNext('list', 'throttled');
    const session = await fake.openSession({ ...options, signal });
    await session.open('INBOX');
    await expect(session.list({ after: 0, limit: 1 })).rejects.toMatchObject({
      code: 'throttled',
    });
    await session.close();

    expect(fake.calls.map(call => call.operation)).toEqual([
      'connect',
      'connect',
      'open',
      'list',
      'close',
    ]);
  });

  it('hangs until it is aborted', async () => {
    const fake = new FakeMailServer();
    const controller = new AbortController();
    fake.hangNext('open');
    const session = await fake.openSession({
      ...options,
      signal: controller.signal,
    });

    const opening = session.open('INBOX');
    setTimeout(() => controller.abort(), 5);
    await expect(opening).rejects.toMatchObject({ code: 'connection-lost' });
  });

  it('holds its caller to the contract', async () => {
    const fake = new FakeMailServer();
    const session = await fake.openSession({ ...options, signal });

    const opening = session.open('INBOX');
    await expect(session.open('INBOX')).rejects.toThrow('is busy');
    await opening;
    await expect(session.open('Nowhere')).rejects.toMatchObject({
      code: 'folder-not-found',
    });
    await expect(session.open('INBOX')).rejects.toThrow('is failed');
    await session.close();
    await expect(session.open('INBOX')).rejects.toThrow('is closed');
  });

  it('numbers its mails anew under another UIDVALIDITY', async () => {
    const fake = new FakeMailServer();
    fake.skipUids(10);
    expect(fake.deliver('one')).toBe(11);
    expect(fake.deliver('two')).toBe(12);
    fake.renumber();

    const session = await fake.openSession({ ...options, signal });
    expect(await session.open('INBOX')).toEqual({
      positions: 'uids',
      uidValidity: 2,
      uidNext: 3,
      messageCount: 2,
    });
    const refs = await session.list({ after: 0, limit: 5 });
    expect(refs.map(ref => ref.position)).toEqual([1, 2]);
  });
});
