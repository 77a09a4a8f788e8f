// SPDX-License-Identifier: Apache-2.0
import fc from 'fast-check';
import { CommandReader, type ReaderEvent } from './CommandReader';
import { ImapSyntaxError } from './ImapSyntaxError';
import { parseCommand } from './parseCommand';

function read(chunks: readonly Buffer[]): ReaderEvent[] {
  const reader = new CommandReader({
    maxTextBytes: 200,
    maxLiteralBytes: 100,
  });
  return chunks.flatMap(chunk => [...reader.push(chunk)]);
}

/** Cuts bytes at the given places. */
function cut(bytes: Buffer, places: readonly number[]): Buffer[] {
  const sorted = places
    .map(place => place % (bytes.length + 1))
    .sort((a, b) => a - b);
  return [...sorted, bytes.length].map((place, index) =>
    bytes.subarray(sorted[index - 1] ?? 0, place),
  );
}

/** Bytes that are often, but not always, like commands with literals. */
const streams = fc
  .array(
    fc.oneof(
      fc.constantFrom(
        'a NOOP\r\n',
        'b LOGIN {4}\r\n',
        'b LOGIN {4+}\r\n',
        'c APPEND x {0+}\r\n',
        '{101}\r\n',
        '{101+}\r\n',
        'x'.repeat(150),
        '\n',
        '\r\n',
      ),
      fc.string({ unit: 'binary-ascii', maxLength: 30 }),
    ),
    { maxLength: 12 },
  )
  .map(parts => Buffer.from(parts.join(''), 'latin1'));

describe('CommandReader', () => {
  it('reads the same commands however the bytes are cut', () => {
    fc.assert(
      fc.property(
        streams,
        fc.array(fc.nat(), { maxLength: 20 }),
        (bytes, places) => {
          expect(read(cut(bytes, places))).toEqual(read([bytes]));
          const single = [...bytes].map(byte => Buffer.from([byte]));
          expect(read(single)).toEqual(read([bytes]));
        },
      ),
    );
  });

  it('gives literals back byte by byte', () => {
    fc.assert(
      fc.property(
        fc.uint8Array({ maxLength: 100 }),
        fc.boolean(),
        (bytes, waits) => {
          const literal = Buffer.from(bytes);
          const stream = Buffer.concat([
            Buffer.from(`a X {${literal.length}${waits ? '' : '+'}}\r\n`),
            literal,
            Buffer.from(' end\r\n'),
          ]);
          const events = read([stream]);
          const command = {
            kind: 'command',
            command: [Buffer.from('a X '), literal, Buffer.from(' end')],
          };
          expect(events).toEqual(
            waits ? [{ kind: 'literal-awaited' }, command] : [command],
          );
        },
      ),
    );
  });
});

describe('parseCommand', () => {
  it('throws nothing but ImapSyntaxError', () => {
    const lines = fc.array(
      fc.oneof(
        fc.constantFrom(
          'a ',
          'UID ',
          'FETCH ',
          '(',
          ')',
          '"',
          '\\',
          '[',
          ']',
          ' ',
        ),
        fc.string({ unit: 'binary-ascii', maxLength: 8 }),
      ),
      { maxLength: 20 },
    );
    fc.assert(
      fc.property(lines, fc.boolean(), (parts, literal) => {
        const text = Buffer.from(parts.join(''), 'latin1');
        const raw = literal ? [text, Buffer.from('x'), text] : [text];
        let outcome;
        try {
          outcome = parseCommand(raw).name;
        } catch (error) {
          outcome = error instanceof ImapSyntaxError ? 'REFUSED' : error;
        }
        expect(outcome).toMatch(/^[A-Z0-9]+( [A-Z0-9]+)?$/);
      }),
    );
  });

  it('reads what a client writes', () => {
    const raw = [
      Buffer.from(
        'T1 uid fetch 1:*,7 (FLAGS BODY.PEEK[HEADER.FIELDS (A B)]<0.9>) "q\\"\\\\" ',
      ),
      Buffer.from([0, 255]),
      Buffer.from(' (nested (list)) \\Seen'),
    ];
    expect(parseCommand(raw)).toEqual({
      tag: 'T1',
      name: 'UID FETCH',
      args: [
        { kind: 'atom', text: '1:*,7' },
        {
          kind: 'list',
          items: [
            { kind: 'atom', text: 'FLAGS' },
            { kind: 'atom', text: 'BODY.PEEK[HEADER.FIELDS (A B)]<0.9>' },
          ],
        },
        { kind: 'string', bytes: Buffer.from('q"\\') },
        { kind: 'string', bytes: Buffer.from([0, 255]) },
        {
          kind: 'list',
          items: [
            { kind: 'atom', text: 'nested' },
            { kind: 'list', items: [{ kind: 'atom', text: 'list' }] },
          ],
        },
        { kind: 'atom', text: '\\Seen' },
      ],
    });
  });
});
