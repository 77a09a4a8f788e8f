// SPDX-License-Identifier: Apache-2.0
import { mockServices } from '@backstage/backend-test-utils';
import {
  HandlerContext,
  IncomingMessage,
  MailHandler,
} from '@postroom/plugin-incoming-mail-node';
import { aMessage } from '@postroom/plugin-incoming-mail-node/testUtils';
import {
  HandlerAbortedError,
  HandlerTimedOutError,
  runHandler,
} from './runHandler';

const message = {
  ...aMessage().build(),
  headers: [{ name: 'subject', value: 'x' }],
  attachments: [
    { name: 'a', contentType: 'a/b', sizeBytes: 1, content: Buffer.from('a') },
  ],
};

/** What a handler that knows no types would try. */
type Writable = {
  subject: string;
  from?: { address?: string };
  headers: Array<{ name: string; value: string }>;
  attachments: Array<{ name: string }>;
};

function run(
  handle: (context: HandlerContext, message: IncomingMessage) => unknown,
  options: { timeoutMs?: number; signal?: AbortSignal } = {},
) {
  const handler = {
    id: 'test',
    title: 'Test',
    handle: (given, context) => handle(context, given),
  } as MailHandler;
  return runHandler(handler, message, {
    context: {
      tx: undefined as never,
      idempotencyKey: 'k',
      thread: { id: 't', isReply: false },
      settings: {},
      mailbox: { id: 'm', address: 'support@corp.test' },
      dryRun: false,
      logger: mockServices.logger.mock(),
    },
    timeoutMs: options.timeoutMs ?? 10_000,
    signal: options.signal ?? new AbortController().signal,
  });
}

describe('runHandler', () => {
  it('gives the outcome, with a reason fit for the mail log', async () => {
    await expect(
      run(async () => ({ kind: 'created', target: 'issue:1', more: 'x' })),
    ).resolves.toEqual({ kind: 'created', target: 'issue:1' });
    await expect(
      run(() => ({
        kind: 'ignored',
        reason: `not\0\nfor us ${'x'.repeat(999)}`,
      })),
    ).resolves.toEqual({
      kind: 'ignored',
      reason: expect.stringMatching(/^not for us x{200,289}$/),
    });
  });

  it.each([
    undefined,
    null,
    'created',
    { kind: 'created' },
    { kind: 'created', target: '' },
    { kind: 'created', target: 'x'.repeat(201) },
    { kind: 'created', target: 'a\0b' },
    { kind: 'deleted', target: 'x' },
  ])('refuses the outcome %j', async outcome => {
    await expect(run(async () => outcome)).rejects.toThrow();
  });

  it('passes on what a handler throws, at once or later, unchanged', async () => {
    const error = Object.assign(new Error('deadlock'), { code: '40P01' });

    await expect(
      run(() => {
        throw error;
      }),
    ).rejects.toBe(error);
    await expect(
      run(async () => {
        throw error;
      }),
    ).rejects.toBe(error);
  });

  it('ends the wait at the deadline and tells the handler', async () => {
    let seen: AbortSignal | undefined;

    await expect(
      run(
        ({ signal }) => {
          seen = signal;
          return new Promise(() => {});
        },
        { timeoutMs: 20 },
      ),
    ).rejects.toThrow(HandlerTimedOutError);

    expect(seen?.aborted).toBe(true);
  });

  it('gives up when the work is given up, and does not begin after that', async () => {
    const work = new AbortController();
    const handle = jest.fn(({ signal }: HandlerContext) => {
      work.abort();
      expect(signal.aborted).toBe(true);
      return new Promise(() => {});
    });

    await expect(run(handle, { signal: work.signal })).rejects.toThrow(
      HandlerAbortedError,
    );
    await expect(run(handle, { signal: work.signal })).rejects.toThrow(
      HandlerAbortedError,
    );

    expect(handle).toHaveBeenCalledTimes(1);
  });

  it('gives a message that no handler can change for those after it (T52)', async () => {
    const seen: IncomingMessage[] = [];
    const attempts: Array<(mail: Writable) => unknown> = [
      mail => Object.assign(mail, { subject: 'x' }),
      mail => mail.headers.push({ name: '__proto__', value: 'x' }),
      mail => Object.assign(mail.headers[0], { value: 'x' }),
      mail => Object.assign(mail.from!, { address: 'x' }),
      mail => Object.assign(mail.attachments[0], { name: 'x' }),
    ];
    const outcome = await run(async (_context, given) => {
      seen.push(given);
      for (const attempt of attempts) {
        expect(() => attempt(given as unknown as Writable)).toThrow(TypeError);
      }
      given.acceptedAt.setTime(0);
      return { kind: 'ignored', reason: '' };
    });
    await run(async (_context, given) => {
      seen.push(given);
      return { kind: 'ignored', reason: '' };
    });

    expect(outcome.kind).toBe('ignored');
    expect(seen[1].acceptedAt.getTime()).toBeGreaterThan(0);
  });

  it('leaves the signal alone when the handler ended in time', async () => {
    const work = new AbortController();
    let seen: AbortSignal | undefined;
    await run(
      async ({ signal }) => {
        seen = signal;
        return { kind: 'ignored', reason: '' };
      },
      { signal: work.signal },
    );

    work.abort();

    expect(seen?.aborted).toBe(false);
  });
});
