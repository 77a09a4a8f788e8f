// SPDX-License-Identifier: Apache-2.0
/* eslint-disable jest/no-export -- a suite for the tests of several sessions */
import { Secret } from '../secrets';
import {
  MailSession,
  MessageRef,
  OpenSession,
  SessionCredentials,
  SessionOptions,
} from '../transport/types';

/** A server with an empty folder INBOX, and a way to open sessions on it. */
export interface MailSessionWorld {
  readonly openSession: OpenSession;
  readonly server: SessionOptions['server'];
  readonly credentials: SessionCredentials;
  /** Puts a mail into INBOX. */
  deliver(raw: Buffer): unknown;
  /** Removes a mail behind the back of the session; not with POP3, which locks. */
  expunge?(sourceKey: string): unknown;
  /** Sees to it that there is a folder besides INBOX, and says its name. */
  otherFolder?(): string | Promise<string>;
  /** Whether the server tells by itself that mail has come. */
  readonly tellsNews?: boolean;
  /** The mails that are marked as read, where mails can be. */
  seenKeys?(): string[] | Promise<string[]>;
  /** Resolves when no session is open any more. */
  hungUp(): void | Promise<void>;
  stop(): void | Promise<void>;
}

const limits = { maxBytes: 1000, truncateBytes: 100 };

const mail = (body: string) =>
  Buffer.from(`Subject: contract\r\n\r\n${body}\r\n`, 'latin1');

const withBadSecret = (credentials: SessionCredentials): SessionCredentials =>
  credentials.method === 'oauth'
    ? { ...credentials, accessToken: new Secret('bad-token') }
    : { ...credentials, password: new Secret('bad-password') };

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

    async function deliver(...bodies: string[]) {
      for (const body of bodies) {
        await world.deliver(mail(body));
      }
    }

    const keysOf = (refs: readonly MessageRef[]) =>
      refs.map(ref => ref.sourceKey);

    /** What is there now, as a session of its own sees it. */
    async function listKeys() {
      await session?.close();
      return keysOf(await (await openInbox()).list({ after: 0, limit: 10 }));
    }

    it('describes the folder that it opens', async () => {
      const before = await (await connect()).open('INBOX');
      expect(before).toMatchObject({
        ...(world.seenKeys
          ? { positions: 'uids' }
          : { positions: 'session', keyedBy: 'uidl' }),
        messageCount: 0,
      });
      await session?.close();

      await deliver('one');
      const opened = await connect();
      expect(await opened.open('INBOX')).toEqual({
        ...before,
        messageCount: 1,
        ...(before.positions === 'uids' && { uidNext: before.uidNext + 1 }),
      });
    });

    it('lists what comes after a position, in order and not more than asked for', async () => {
      await deliver('one', 'two', 'three', 'four');
      const opened = await openInbox();
      const all = await opened.list({ after: 0, limit: 10 });
      const positions = all.map(ref => ref.position);
      expect(positions).toEqual([...positions].sort((x, y) => x - y));
      expect(positions.every(position => position > 0)).toBe(true);
      expect(new Set(keysOf(all)).size).toBe(4);
      const list = async (after: number, limit: number) =>
        (await opened.list({ after, limit })).map(ref => ref.position);

      expect(await list(0, 2)).toEqual(positions.slice(0, 2));
      expect(await list(positions[0], 1)).toEqual([positions[1]]);
      expect(await list(positions[3], 10)).toEqual([]);
      expect(await list(positions[3] + 1000, 10)).toEqual([]);

      expect(all[0].sizeBytes).toBe(mail('one').length);
      expect(all[0].receivedAt instanceof Date).toBe(
        world.seenKeys !== undefined,
      );
    });

    it('names a mail the same in the next session, also when others have gone', async () => {
      await deliver('one', 'two', 'three');
      const keys = await listKeys();
      expect(await listKeys()).toEqual(keys);
      const { action } = { action: 'delete' } as const;
      await session!.settle([keys[1]], { action });
      await session!.close({ stored: true });
      await deliver('four');

      const later = await listKeys();
      expect(later.slice(0, 2)).toEqual([keys[0], keys[2]]);
      expect(later).toHaveLength(3);
      expect(keys).not.toContain(later[2]);
    });

    it('fetches mail byte for byte and changes no flag', async () => {
      const raw = mail('gr\xfc\xdfe \x80\xff)\r\n* 1 FETCH {3}\r\n.\r\n..\r\n');
      await world.deliver(raw);
      await world.deliver(mail(''));
      const opened = await openInbox();
      const refs = await opened.list({ after: 0, limit: 10 });

      expect(await opened.fetch(refs, limits)).toEqual({
        messages: [
          { ref: refs[0], raw, truncated: false },
          { ref: refs[1], raw: mail(''), truncated: false },
        ],
        refused: [],
      });
      expect((await world.seenKeys?.()) ?? []).toEqual([]);
    });

    it('truncates mail that is too large, and leaves out what has gone', async () => {
      await deliver('x'.repeat(5000), 'gone', 'small');
      const opened = await openInbox();
      const refs = await opened.list({ after: 0, limit: 10 });
      await world.expunge?.(refs[1].sourceKey);

      const { messages, refused } = await opened.fetch(refs, limits);

      expect(refused).toEqual([]);
      expect(messages.map(({ ref }) => ref)).toEqual(
        world.expunge ? [refs[0], refs[2]] : refs,
      );
      expect(messages[0]).toMatchObject({
        raw: mail('x'.repeat(5000)).subarray(0, 100),
        truncated: true,
      });
      expect(messages.at(-1)).toMatchObject({
        raw: mail('small'),
        truncated: false,
      });
    });

    it('marks as read what was stored, and nothing else', async () => {
      await deliver('one', 'two', 'three', 'gone');
      const opened = await openInbox();
      const [first, , third, gone] = keysOf(
        await opened.list({ after: 0, limit: 10 }),
      );
      await world.expunge?.(gone);
      const settle = (keys: string[]) =>
        opened.settle(keys, { action: 'mark-read' });

      expect(await settle([])).toEqual({ done: [] });
      expect((await world.seenKeys?.()) ?? []).toEqual([]);
      const keys = world.expunge ? [third, gone, first] : [third, first];
      expect([...(await settle(keys)).done].sort()).toEqual([...keys].sort());
      expect(await world.seenKeys?.()).toEqual(
        world.seenKeys && [first, third],
      );
    });

    it('deletes what was stored, and nothing else', async () => {
      await deliver('one', 'two', 'three');
      const [first, second, third] = await listKeys();
      const { refusal } = await session!.settle([first, third], {
        action: 'delete',
      });
      expect(refusal).toBeUndefined();
      await session!.close({ stored: true });

      expect(await listKeys()).toEqual([second]);
      // What is gone is done with, by whoever it was removed.
      const action = { action: 'delete' } as const;
      expect(await session!.settle([first], action)).toEqual({ done: [first] });
    });

    it('leaves everything where it is, if that is wanted', async () => {
      await deliver('one');
      const keys = await listKeys();
      expect(await session!.settle(keys, { action: 'leave' })).toEqual({
        done: keys,
      });
      await session!.close({ stored: true });

      expect(await listKeys()).toEqual(keys);
      expect((await world.seenKeys?.()) ?? []).toEqual([]);
    });

    it('moves what was stored where there are folders, and says where not', async () => {
      await deliver('one', 'two');
      const [first, second] = await listKeys();
      const move = (folder: string) =>
        session!.settle([first], { action: 'move', folder });
      const refused = { done: [], refusal: 'no-folder' };

      expect(await move('Nowhere')).toEqual(refused);
      expect(await move('INBOX')).toEqual(refused);
      const other = await world.otherFolder?.();
      expect(await move(other ?? 'Archive')).toEqual(
        other ? { done: [first] } : refused,
      );
      await session!.close({ stored: true });
      expect(await listKeys()).toEqual(other ? [second] : [first, second]);
    });

    it('waits for news where the server tells some, until it is called off', async () => {
      const opened = await openInbox();
      expect(opened.waitForNews !== undefined).toBe(world.tellsNews === true);
      if (!opened.waitForNews) {
        return;
      }
      const never = new AbortController().signal;
      const reopen = async () => {
        const { messageCount } = await opened.open('INBOX');
        return messageCount;
      };

      const told = opened.waitForNews(never);
      await deliver('one');
      await told;
      expect(await reopen()).toBe(1);

      // What came before it waits is told as well.
      await deliver('two');
      await opened.waitForNews(never);
      expect(await reopen()).toBe(2);
      expect(await opened.list({ after: 0, limit: 10 })).toHaveLength(2);

      const calledOff = new AbortController();
      const waiting = opened.waitForNews(calledOff.signal);
      setTimeout(() => calledOff.abort(), 50);
      await waiting;
      await opened.waitForNews(AbortSignal.abort());
      expect(await opened.list({ after: 0, limit: 10 })).toHaveLength(2);
    });

    it('says when the connection ends while it waits for news', async () => {
      const controller = new AbortController();
      const opened = await connect({ signal: controller.signal });
      await opened.open('INBOX');
      const waiting = opened.waitForNews?.(new AbortController().signal);
      setTimeout(() => controller.abort(), 50);
      await expect(
        waiting ?? Promise.reject(new Error('cannot wait')),
      ).rejects.toMatchObject(
        world.tellsNews
          ? { name: 'MailFailure', code: 'connection-lost' }
          : { message: 'cannot wait' },
      );
    });

    it('lists folders where there are some', async () => {
      const other = await world.otherFolder?.();
      const folders = (await (await connect()).listFolders?.()) ?? [];
      const paths = folders.map(({ path }) => path);
      expect(paths).toEqual(
        expect.arrayContaining(other ? [other, 'INBOX'] : []),
      );
      expect(paths.length > 0).toBe(other !== undefined);
      expect(folders.every(({ selectable }) => selectable)).toBe(true);
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
          credentials: withBadSecret(world.credentials),
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
