// SPDX-License-Identifier: Apache-2.0
import fc from 'fast-check';
import {
  FrameError,
  Pop3Response,
  ResponseFramer,
  ResponseShape,
} from './ResponseFramer';

const MULTILINE = { multiline: true } as const;

/** Reads answers one after the other out of pieces. */
function frame(
  pieces: readonly Buffer[],
  shapes: readonly ResponseShape[],
): { responses: Pop3Response[]; rest: string } {
  const framer = new ResponseFramer();
  const waiting = [...shapes];
  const responses: Pop3Response[] = [];
  let isOpen = false;
  let rest = '';
  for (const piece of pieces) {
    let left = piece;
    while (left.length > 0) {
      if (!isOpen) {
        const shape = waiting.shift();
        if (!shape) {
          rest += left.toString('latin1');
          break;
        }
        framer.expect(shape);
        isOpen = true;
      }
      const { taken, response } = framer.push(left);
      left = left.subarray(taken);
      if (response) {
        responses.push(response);
        isOpen = false;
      }
    }
  }
  return { responses, rest };
}

const bytes = (text: string) => Buffer.from(text, 'latin1');
const one = (text: string, shape: ResponseShape = MULTILINE) =>
  frame([bytes(text)], [shape]).responses[0];
const bodyOf = (text: string) => one(`+OK\r\n${text}`)?.body.toString('latin1');

/** RFC 1939 section 3, as a server does it. */
function stuffed(body: Buffer): Buffer {
  const text = body.toString('latin1').replace(/(^|\r\n)\./g, '$1..');
  return bytes(`${text}.\r\n`);
}

// Bytes that mean something, and one that does not.
const anyBody = fc
  .array(
    fc.constantFrom('.', '\r', '\n', '\r\n', '.\r\n', '..', 'a', '\0', '\xff'),
  )
  .map(parts => bytes(`${parts.join('')}\r\n`));

/** A body cut at any places. */
const cutInto = (data: Buffer, positions: readonly number[]) => {
  const edges = [0, ...positions.map(n => n % (data.length + 1)), data.length]
    .sort((a, b) => a - b)
    .filter((edge, index, all) => edge !== all[index - 1]);
  return edges.slice(1).map((to, index) => data.subarray(edges[index], to));
};

describe('ResponseFramer', () => {
  it.each<[string, string, string]>([
    ['an empty body', '.\r\n', ''],
    ['a text', 'a\r\nb\r\n.\r\n', 'a\r\nb\r\n'],
    ['lines with a dot before them', '..\r\n..x\r\n.\r\n', '.\r\n.x\r\n'],
    ['a dot that was not doubled', '.x\r\n.\r\n', 'x\r\n'],
    ['a dot after a lone LF', 'a\n.\r\nb\r\n.\r\n', 'a\n.\r\nb\r\n'],
    ['a dot and a lone CR', '.\rx\r\n.\r\n', '\rx\r\n'],
    ['a dot and two CRs', '.\r\r\n.\r\n', '\r\r\n'],
    ['a NUL', '\0\r\n.\r\n', '\0\r\n'],
    ['bytes above 0x7f', '\x80\xff\r\n.\r\n', '\x80\xff\r\n'],
    [
      'a line that looks like an answer',
      '+OK\r\n-ERR\r\n.\r\n',
      '+OK\r\n-ERR\r\n',
    ],
  ])('reads %s', (_name, wire, body) => {
    expect(bodyOf(wire)).toBe(body);
    const incomplete = wire.slice(0, -1);
    expect(bodyOf(incomplete)).toBeUndefined();
  });

  it('reads whatever was sent, however it was cut (R19)', () => {
    fc.assert(
      fc.property(anyBody, fc.array(fc.nat(500)), (body, cuts) => {
        const wire = Buffer.concat([bytes('+OK 12 octets\r\n'), stuffed(body)]);
        for (const pieces of [
          cutInto(wire, cuts),
          [...wire].map(b => Buffer.from([b])),
        ]) {
          const { responses, rest } = frame(pieces, [MULTILINE]);
          expect(responses).toHaveLength(1);
          expect(responses[0].body.equals(body)).toBe(true);
          expect(responses[0]).toMatchObject({
            status: 'ok',
            text: '12 octets',
            bodyBytes: body.length,
            overflow: false,
          });
          expect(rest).toBe('');
        }
      }),
      { numRuns: 1000 },
    );
  });

  it('reads a recorded session the same at every pair of cuts (R19)', () => {
    const mail = 'Subject: t\r\n\r\n..Hello.\r\n..\r\n\xfc\r\n';
    const session: [string, ResponseShape][] = [
      ['+OK ready\r\n', {}],
      ['+OK\r\nTOP\r\nUIDL\r\n.\r\n', MULTILINE],
      ['+ \r\n', { mayContinue: true }],
      ['+OK\r\n', { mayContinue: true }],
      ['+OK\r\n1 27\r\n.\r\n', MULTILINE],
      ['-ERR no\r\n', MULTILINE],
      [`+OK\r\n${mail}.\r\n`, MULTILINE],
      ['+OK bye\r\n', {}],
    ];
    const wire = bytes(session.map(([text]) => text).join(''));
    const shapes = session.map(([, shape]) => shape);
    const whole = JSON.stringify(frame([wire], shapes));
    expect(frame([wire], shapes).responses.at(-2)!.body).toEqual(
      bytes('Subject: t\r\n\r\n.Hello.\r\n.\r\n\xfc\r\n'),
    );
    let differing = 0;
    for (let first = 0; first <= wire.length; first += 1) {
      for (let second = first; second <= wire.length; second += 1) {
        const pieces = [
          wire.subarray(0, first),
          wire.subarray(first, second),
          wire.subarray(second),
        ];
        differing += JSON.stringify(frame(pieces, shapes)) === whole ? 0 : 1;
      }
    }
    expect(differing).toBe(0);
  });

  it('leaves alone what comes after', () => {
    const { responses, rest } = frame([bytes('+OK one\r\n-ERR two')], [{}]);
    expect(responses).toMatchObject([{ status: 'ok', text: 'one' }]);
    expect(rest).toBe('-ERR two');
  });

  it.each<[string, ResponseShape, object]>([
    ['+OK\r\n', {}, { status: 'ok', text: '' }],
    ['+ok fine\n', {}, { status: 'ok', text: 'fine' }],
    ['-ERR [AUTH] no\r\n', MULTILINE, { status: 'error', text: '[AUTH] no' }],
    ['+ abc=\r\n', { mayContinue: true }, { status: 'continue', text: 'abc=' }],
    ['+\r\n', { mayContinue: true }, { status: 'continue', text: '' }],
  ])('reads the status of %j', (wire, shape, expected) => {
    expect(one(wire, shape)).toMatchObject(expected);
  });

  it.each<[string, ResponseShape]>([
    ['+ abc\r\n', {}],
    ['OK\r\n', {}],
    ['220 smtp ready\r\n', {}],
    ['\r\n', {}],
    ['\0\r\n', {}],
    [`+OK ${'x'.repeat(9000)}`, {}],
    ['x'.repeat(9000), MULTILINE],
  ])('refuses what is no POP3: %.20j', (wire, shape) => {
    expect(() => one(wire, shape)).toThrow(FrameError);
  });

  it('keeps as much as it may, and stops where there is no end (T50, T56)', () => {
    const long = `${'x'.repeat(500)}\r\n`.repeat(10);
    expect(
      one(`+OK\r\n${long}.\r\n`, { multiline: true, keepBytes: 7 }),
    ).toMatchObject({
      body: bytes('x'.repeat(7)),
      bodyBytes: long.length,
      overflow: false,
    });
    const framer = new ResponseFramer();
    framer.expect({ multiline: true, keepBytes: 10, maxBytes: 1000 });
    framer.push(bytes('+OK\r\n'));
    let sent = 0;
    let response: Pop3Response | undefined;
    while (!response) {
      sent += 100;
      ({ response } = framer.push(Buffer.alloc(100, 'y')));
    }
    expect(response).toMatchObject({ overflow: true });
    expect(response.body).toHaveLength(10);
    expect(sent).toBe(1100);
  });
});
