// SPDX-License-Identifier: Apache-2.0
import {
  aWaitingMessage,
  multipart,
  ordinaryHeader,
  part,
  rawMail,
} from '../__testUtils__/rawMail';
import { GONE, HANG } from './__testUtils__/poisonableThread';
import { ParserDiedError } from './Parser';
import { ParserPool, ParserPoolOptions } from './ParserPool';
import { parseMessage } from './parseMessage';

jest.setTimeout(60_000);

// Threads do not go through jest: they load the sources as `start` does.
const execArgv = [
  '--require',
  require.resolve('@backstage/cli/config/nodeTransform.cjs'),
];

describe('ParserPool', () => {
  let pool: ParserPool | undefined;

  const open = (options: Partial<ParserPoolOptions> = {}) => {
    pool = new ParserPool({
      threads: 1,
      timeoutMs: 30_000,
      heapMb: 256,
      execArgv,
      ...options,
    });
    return pool;
  };

  afterEach(async () => {
    await pool?.close();
  });

  it('gives what reading in place gives, frozen', async () => {
    const raw = rawMail(
      [
        ...ordinaryHeader,
        'Cc: Bob <bob@example.com>',
        'References: <a@b> <c@d>',
        'Content-Type: multipart/mixed; boundary=b',
      ],
      multipart('b', [
        part(['Content-Type: text/html'], '<p>Grüße'),
        part(
          [
            'Content-Type: application/pdf; name=a.pdf',
            'Content-Transfer-Encoding: base64',
          ],
          'AAEC/w==',
        ),
      ]),
    );
    const options = { projectRef: 'component:default/shop' };
    const expected = await parseMessage(raw, aWaitingMessage(), options);
    const verdict = await open().parse(raw, aWaitingMessage(), options);

    expect(verdict).toEqual(expected);
    if (verdict.kind !== 'parsed') {
      throw new Error('Not parsed');
    }
    const { message } = verdict;
    expect(message.acceptedAt.getTime()).toBe(
      aWaitingMessage().acceptedAt.getTime(),
    );
    expect(message.attachments[0].content).toBeInstanceOf(Buffer);
    for (const frozen of [
      message,
      message.from,
      message.cc,
      message.cc[0],
      message.references,
      message.attachments,
      message.attachments[0],
    ]) {
      expect(Object.isFrozen(frozen)).toBe(true);
    }
  });

  it('reads several mails at one go, in their order', async () => {
    const verdicts = await open().parseTogether(
      ['one', 'two', 'three'].map(name => ({
        raw: rawMail([`Subject: ${name}`], name),
        waiting: aWaitingMessage({ id: name }),
      })),
      {},
    );
    const found = verdicts.map(
      verdict => verdict.kind === 'parsed' && verdict.message,
    );
    expect(found).toMatchObject([
      { id: 'one', subject: 'one', text: 'one' },
      { id: 'two', subject: 'two', text: 'two' },
      { id: 'three', subject: 'three', text: 'three' },
    ]);
  });

  it('hands large mails and attachments over without a copy, and reads the next', async () => {
    const content = Buffer.alloc(3 * 1_048_576, 'large');
    const build = () =>
      rawMail(
        [...ordinaryHeader, 'Content-Type: multipart/mixed; boundary=b'],
        multipart('b', [
          part(['Content-Type: text/plain'], 'See below'),
          part(
            ['Content-Type: image/png', 'Content-Transfer-Encoding: base64'],
            content.toString('base64'),
          ),
          part(
            ['Content-Type: image/gif', 'Content-Transfer-Encoding: 8bit'],
            content.toString('latin1'),
          ),
          part(['Content-Type: image/bmp'], 'small'),
        ]),
      );
    const threads = open();
    for (let time = 0; time < 2; time += 1) {
      const raw = build();
      const verdict = await threads.parse(raw, aWaitingMessage(), {});

      expect(raw).toHaveLength(0);
      if (verdict.kind !== 'parsed') {
        throw new Error('Not parsed');
      }
      expect(verdict.message.text).toContain('See below');
      const [png, gif, bmp] = verdict.message.attachments;
      expect(content.equals(png.content)).toBe(true);
      expect(content.equals(gif.content)).toBe(true);
      expect(`${bmp.content}`).toBe('small');
    }
  });

  it('tells what cannot be read', async () => {
    const verdict = await open().parse(
      Buffer.from('no mail at all'),
      aWaitingMessage(),
      {},
    );
    expect(verdict.kind).toBe('unreadable');
  });

  it('blames a mail that ends its thread, and reads the next one in another (R37)', async () => {
    const ending = open({
      threadFile: require.resolve('./__testUtils__/poisonableThread'),
    });
    const read = (header: string[]) =>
      ending.parse(
        rawMail([...ordinaryHeader, ...header]),
        aWaitingMessage(),
        {},
      );
    await expect(read([GONE])).rejects.toEqual(
      new ParserDiedError('What was reading it has ended'),
    );
    await expect(read([])).resolves.toMatchObject({ kind: 'parsed' });
  });

  it('ends a mail that hangs the parser, and only that one (R36, T49)', async () => {
    const small = open({
      timeoutMs: 2_000,
      threadFile: require.resolve('./__testUtils__/poisonableThread'),
    });
    const read = (header: string[]) =>
      small.parse(
        rawMail([...ordinaryHeader, ...header]),
        aWaitingMessage(),
        {},
      );
    const readings = await Promise.allSettled([
      read([HANG]),
      read([]),
      read([HANG]),
      read([]),
    ]);
    const hung = {
      status: 'rejected',
      reason: new ParserDiedError('Reading it took too long'),
    };
    const done = {
      status: 'fulfilled',
      value: expect.objectContaining({ kind: 'parsed' }),
    };
    expect(readings).toEqual([hung, done, hung, done]);
  });

  it('ends a mail that takes too much memory, and reads the next (R37, T49)', async () => {
    const small = open({ heapMb: 64 });
    // Each field costs many times the four bytes that it is sent as.
    const manyFields = rawMail(
      [...ordinaryHeader, 'Content-Type: multipart/mixed; boundary=b'],
      multipart('b', Array(50).fill(Buffer.from('a:\r\n'.repeat(60_000)))),
    );
    await expect(
      small.parse(manyFields, aWaitingMessage(), {}),
    ).rejects.toThrow('Reading it took too much memory');
    const verdict = await small.parse(
      rawMail(ordinaryHeader),
      aWaitingMessage(),
      {},
    );
    expect(verdict.kind).toBe('parsed');
  });
});
