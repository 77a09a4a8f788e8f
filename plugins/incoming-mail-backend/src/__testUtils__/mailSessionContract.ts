// SPDX-License-Identifier: Apache-2.0
/* eslint-disable jest/no-export -- a suite for the tests of several sessions */
import { Secret } from '../secrets';
import {
  MailSession,
  OpenSession,
  SessionCredentials,
  SessionOptions,
} from '../transport/types';

/** A server with an empty folder INBOX, and a way to open sessions on it. */
export interface MailSessionWorld {
  readonly openSession: OpenSession;
  readonly server: SessionOptions['server'];
  readonly credentials: SessionCredentials;
  /** Puts a mail into INBOX and returns its UID. */
  deliver(raw: Buffer): number | Promise<number>;
  expunge(uid: number): void | Promise<void>;
  /** The UIDs of the mails that are marked as read. */
  seenUids(): number[] | Promise<number[]>;
  /** Resolves when no session is open any more. */
  hungUp(): void | Promise<void>;
  stop(): void | Promise<void>;
}

const limits = { maxBytes: 1000, truncateBytes: 100 };

const mail = (body: string) =>
  Buffer.from(`Subject: contract\r\n\r\n${body}\r\n`, 'latin1');

/** What every {@link MailSession} does, whichever protocol or fake is behind it. */
export function mailSessionContract(
  name: string,
  createWorld: () => Promise<MailSessionWorld>,
): void {
  describe(`${name} as a mail session`, () => {
    let world: MailSessionWorld;
    let session: MailSession | undefined;

    beforeEach(async () => {
      world = await createWorld();
    });

    afterEach(async () => {
      await session?.close();
      await world.hungUp();
      await world.stop();
      session = undefined;
    });

    async function connect(options: Partial<SessionOptions> = {}) {
      session = await world.openSession({
        server: world.server,
        credentials: world.credentials,
        signal: new AbortController().signal,
        ...options,
      });
      return session;
    }

    async function openInbox() {
      const opened = await connect();
      await opened.open('INBOX');
      return opened;
    }

    it('describes the folder that it opens', async () => {
      const before = await (await connect()).open('INBOX');
      expect(before).toEqual({
        uidValidity: expect.any(Number),
        uidNext: expect.any(Number),
        messageCount: 0,
      });
      await session?.close();

      const uid = await world.deliver(mail('one'));
      expect(uid).toBeGreaterThanOrEqual(before.uidNext);
      const after = await (await connect()).open('INBOX');
      expect(after).toEqual({
        uidValidity: before.uidValidity,
        uidNext: uid + 1,
        messageCount: 1,
      });
    });

    it('lists what comes after a UID, in order and not more than asked for', async () => {
      const uids: number[] = [];
      for (const body of ['one', 'two', 'three', 'four']) {
        uids.push(await world.deliver(mail(body)));
      }
      await world.expunge(uids[1]);
      const opened = await openInbox();
      const list = async (afterUid: number, limit: number) =>
        (await opened.list({ afterUid, limit })).map(ref => ref.uid);

      expect(await list(0, 10)).toEqual([uids[0], uids[2], uids[3]]);
      expect(await list(0, 2)).toEqual([uids[0], uids[2]]);
      expect(await list(uids[0], 1)).toEqual([uids[2]]);
      expect(await list(uids[3], 10)).toEqual([]);
      expect(await list(uids[3] + 1000, 10)).toEqual([]);

      const [first] = await opened.list({ afterUid: 0, limit: 1 });
      expect(first).toEqual({
        uid: uids[0],
        sizeBytes: mail('one').length,
        receivedAt: expect.any(Date),
      });
    });

    it('fetches mail byte for byte and changes no flag', async () => {
      const raw = mail('gr\xfc\xdfe \x80\xff)\r\n* 1 FETCH {3}\r\n.\r\n');
      await world.deliver(raw);
      await world.deliver(mail(''));
      const opened = await openInbox();
      const refs = await opened.list({ afterUid: 0, limit: 10 });

      expect(await opened.fetch(refs, limits)).toEqual([
        { ref: refs[0], raw, truncated: false },
        { ref: refs[1], raw: mail(''), truncated: false },
      ]);
      expect(await world.seenUids()).toEqual([]);
    });

    it('truncates mail that is too large, and leaves out what has gone', async () => {
      const large = await world.deliver(mail('x'.repeat(5000)));
      const gone = await world.deliver(mail('gone'));
      const small = await world.deliver(mail('small'));
      const opened = await openInbox();
      const refs = await opened.list({ afterUid: 0, limit: 10 });
      expect(refs.map(ref => ref.uid)).toEqual([large, gone, small]);
      await world.expunge(gone);

      const fetched = await opened.fetch(refs, limits);

      expect(fetched.map(({ ref }) => ref.uid)).toEqual([large, small]);
      expect(fetched[0]).toMatchObject({
        raw: mail('x'.repeat(5000)).subarray(0, 100),
        truncated: true,
      });
      expect(fetched[1]).toMatchObject({
        raw: mail('small'),
        truncated: false,
      });
    });

    it('marks as read what is acknowledged, and nothing else', async () => {
      const first = await world.deliver(mail('one'));
      await world.deliver(mail('two'));
      const third = await world.deliver(mail('three'));
      const gone = await world.deliver(mail('gone'));
      await world.expunge(gone);
      const opened = await openInbox();

      await opened.acknowledge([]);
      expect(await world.seenUids()).toEqual([]);
      await opened.acknowledge([third, gone, first]);
      expect(await world.seenUids()).toEqual([first, third]);
    });

    it('says which folder it cannot open', async () => {
      const opened = await connect();

      await expect(opened.open('Nowhere')).rejects.toMatchObject({
        name: 'MailFailure',
        code: 'folder-not-found',
      });
    });

    it('says when it may not sign in', async () => {
      await expect(
        connect({
          credentials: {
            method: 'oauth',
            user: world.credentials.user,
            accessToken: new Secret('bad-token'),
          },
        }),
      ).rejects.toMatchObject({ name: 'MailFailure', code: 'login-refused' });
    });

    it('opens nothing when it is aborted before', async () => {
      await expect(
        connect({ signal: AbortSignal.abort() }),
      ).rejects.toMatchObject({ name: 'MailFailure' });
    });

    it('ends a pending call when it is aborted, and hangs up', async () => {
      const controller = new AbortController();
      const opened = await connect({ signal: controller.signal });

      const opening = opened.open('INBOX');
      controller.abort();

      await expect(opening).rejects.toMatchObject({
        name: 'MailFailure',
        code: 'connection-lost',
      });
    });

    it('can be closed twice', async () => {
      const opened = await openInbox();

      await opened.close();
      await expect(opened.close()).resolves.toBeUndefined();
    });
  });
}
