// SPDX-License-Identifier: Apache-2.0
import fc from 'fast-check';
import { rawMail } from '../__testUtils__/rawMail';
import { readMimeByMailparser } from './__testUtils__/readMimeByMailparser';
import { MimeContent, readMime } from './readMime';

jest.setTimeout(60_000);

function read(raw: Buffer): MimeContent {
  const reading = readMime(raw);
  if (reading.kind !== 'read') {
    throw new Error(`Not read: ${reading.reason}`);
  }
  return reading.content;
}

/** A mail of one part whose body is these bytes. */
function onePart(fields: string[], body: Buffer | string): Buffer {
  return Buffer.concat([
    Buffer.from(`${['Subject: x', ...fields].join('\r\n')}\r\n\r\n`, 'latin1'),
    Buffer.from(body),
  ]);
}

describe('readMime', () => {
  describe('charsets', () => {
    it.each([
      [
        'windows-1252 under its own name',
        'windows-1252',
        [0x93, 0xe4, 0x94],
        '“ä”',
      ],
      [
        'windows-1252 under the name ISO-8859-1',
        'ISO-8859-1',
        [0x80, 0xfc],
        '€ü',
      ],
      ['ISO-8859-15', 'iso-8859-15', [0xa4], '€'],
      ['ISO-8859-2', 'ISO-8859-2', [0xb3, 0xf3, 0x64, 0xbc], 'łódź'],
      ['KOI8-R', 'koi8-r', [0xcd, 0xc9, 0xd2], 'мир'],
      ['Shift_JIS', 'Shift_JIS', [0x93, 0xfa, 0x96, 0x7b], '日本'],
      ['GB2312', 'gb2312', [0xc4, 0xe3, 0xba, 0xc3], '你好'],
      ['Big5', 'big5', [0xa7, 0x41, 0xa6, 0x6e], '你好'],
      ['EUC-KR', 'ks_c_5601-1987', [0xb0, 0xa1], '가'],
      [
        'ISO-2022-JP',
        'iso-2022-jp',
        [0x1b, 0x24, 0x42, 0x46, 0x7c, 0x4b, 0x5c, 0x1b, 0x28, 0x42],
        '日本',
      ],
      ['UTF-8 with a byte-order mark', 'utf-8', [0xef, 0xbb, 0xbf, 0x61], 'a'],
      ['UTF-8 that is not', 'utf-8', [0x61, 0xe4, 0x62], 'a\ufffdb'],
      ['a charset that nobody knows', 'klingon', [0xfc], 'ü'],
    ])('reads %s', (_title, charset, bytes, expected) => {
      const raw = onePart(
        [`Content-Type: text/plain; charset="${charset}"`],
        Buffer.from(bytes),
      );
      expect(read(raw).text).toBe(expected);
    });

    it.each([
      ['UTF-8', Buffer.from('Grüße')],
      ['windows-1252', Buffer.from('Gr\xfc\xdfe', 'latin1')],
    ])('takes eight bits without a name for %s (T53, P82)', (_title, body) => {
      expect(read(onePart([], body)).text).toBe('Grüße');
      const asAscii = ['Content-Type: text/plain; charset=us-ascii'];
      expect(read(onePart(asAscii, body)).text).toBe('Grüße');
    });

    it('believes the HTML itself where the header tells nothing', () => {
      const raw = onePart(
        ['Content-Type: text/html'],
        Buffer.from('<meta charset="windows-1251"><p>\xec\xe8\xf0', 'latin1'),
      );
      expect(read(raw).html).toContain('<p>мир');
    });

    it('does not decode UTF-7, which hides markup', () => {
      const raw = onePart(
        ['Content-Type: text/html; charset=utf-7'],
        '<p>+ADw-script+AD4-',
      );
      expect(read(raw).html).toBe('<p>+ADw-script+AD4-');
    });
  });

  describe('transfer encodings', () => {
    it('reads quoted-printable as people send it', () => {
      const raw = onePart(
        ['Content-Transfer-Encoding: Quoted-Printable (a comment)'],
        'soft =\r\nbreak=  \r\n, trailing space \t\r\n=C3=bc = =ZZ =4\r\n-- =\r\n\r\nend=',
      );
      expect(read(raw).text).toBe(
        'soft break, trailing space\r\nü = =ZZ =4\r\n-- \r\nend',
      );
    });

    it('reads base64 with foreign characters, and several blocks of it', () => {
      const blocks = ['one, ', 'two!', 'three'].map(text =>
        Buffer.from(text).toString('base64'),
      );
      const raw = onePart(
        ['Content-Transfer-Encoding: base64'],
        `${blocks[0].slice(0, 3)}\r\n *${blocks[0].slice(3)}\r\n${
          blocks[1]
        }\r\n${blocks[2]}`,
      );
      expect(read(raw).text).toBe('one, two!three');
    });
  });

  describe('structure', () => {
    it('finds the body where the empty line is missing', () => {
      const raw = Buffer.from(
        'Subject: x\r\nHello Ann,\r\nhow are you: fine?\r\n\r\nBob',
      );
      expect(read(raw).text).toBe(
        'Hello Ann,\r\nhow are you: fine?\r\n\r\nBob',
      );
    });

    it('passes over a stray line amid a header, and the line of an mbox file', () => {
      const raw = Buffer.from(
        'From ann@example.com Mon Jan  1\nSubject: x\nstray line\nX-A: 1\n\nbody',
      );
      const reading = readMime(raw);
      expect(reading.header.map(({ key }) => key)).toEqual(['subject', 'x-a']);
      expect(read(raw).text).toBe('body');
    });

    it('hides nothing of a multipart mail without parts', () => {
      const type = ['Content-Type: multipart/mixed; boundary=gone'];
      expect(read(onePart(type, 'all of it'))).toMatchObject({
        text: 'all of it',
        attachments: [],
      });
      const unnamed = ['Content-Type: multipart/mixed'];
      expect(read(onePart(unnamed, 'all of it')).text).toBe('all of it');
    });

    it('is not misled by a boundary that begins like another', () => {
      const raw = rawMail(
        ['Content-Type: multipart/mixed; boundary=b'],
        '--b\n\none\n--b2\nstill one\n--b \t\n\ntwo\n--b--\nepilogue',
      );
      expect(read(raw).text.replace(/\r\n/g, '\n')).toBe(
        'one\n--b2\nstill one\ntwo',
      );
    });

    it('keeps the parts of a forwarded mail out of this one', () => {
      const raw = rawMail(
        ['Content-Type: multipart/mixed; boundary=b'],
        '--b\n\nsee below\n--b\nContent-Type: message/rfc822\n\nSubject: inner\nContent-Type: text/html\n\n<p>inner\n--b--\n',
      );
      const { text, html, attachments } = read(raw);
      expect({ text, html }).toEqual({ text: 'see below', html: undefined });
      expect(attachments).toMatchObject([{ contentType: 'message/rfc822' }]);
    });

    it('gives both bodies what one of them lacks', () => {
      const raw = rawMail(
        ['Content-Type: multipart/mixed; boundary=b'],
        '--b\nContent-Type: text/html\n\n<p>Hello\n--b\nContent-Type: text/plain\n\nlist <footer>\n--b--\n',
      );
      const { text, html } = read(raw);
      expect(text).toBe('Hello\nlist <footer>');
      expect(html).toBe('<p>Hello<br>\nlist &lt;footer&gt;');
    });
  });

  describe('format=flowed (RFC 3676)', () => {
    const flowed = (body: string, more = '') =>
      read(
        onePart(
          [`Content-Type: text/plain; charset=utf-8; format=flowed${more}`],
          body,
        ),
      ).text;

    it('joins paragraphs, and never lines of another depth', () => {
      expect(
        flowed(
          'one \r\nparagraph\r\n\r\n>> quoted \r\n>> twice \r\n> once\r\n From here \r\n-- \r\nAnn',
        ),
      ).toBe('one paragraph\n\n>> quoted twice \n> once\nFrom here \n-- \nAnn');
    });

    it('deletes the space where it was only put in', () => {
      expect(flowed('日 \r\n本', '; delsp=yes')).toBe('日本');
    });
  });

  describe('bounds', () => {
    it.each([
      ['bare line ends', '', '\n'.repeat(2_000_000)],
      [
        'almost boundaries',
        'multipart/mixed; boundary=b',
        '--b-\n'.repeat(4e5),
      ],
      ['soft line breaks', 'text/plain', '=\r\n'.repeat(600_000)],
      ['padding', 'text/plain', '='.repeat(2_000_000)],
    ])('reads megabytes of %s (T49, T51)', (_title, type, body) => {
      for (const encoding of ['base64', 'quoted-printable', '8bit']) {
        const fields = [
          ...(type ? [`Content-Type: ${type}`] : []),
          `Content-Transfer-Encoding: ${encoding}`,
        ];
        expect(readMime(onePart(fields, body)).kind).toBe('read');
      }
    });
  });

  describe('against what was sent, and against another parser', () => {
    const token = fc.stringMatching(/^[a-z]{1,8}$/);
    const encoding = fc.constantFrom('base64', 'quoted-printable');
    const line = fc.string({ unit: 'grapheme', maxLength: 30 });

    const encode = (bytes: Buffer, how: string) =>
      how === 'base64'
        ? bytes.toString('base64').replace(/.{1,76}/g, '$&\r\n')
        : Array.from(
            bytes,
            (byte, n) =>
              `=${byte.toString(16).toUpperCase().padStart(2, '0')}${
                n % 24 === 23 ? '=\r\n' : ''
              }`,
          ).join('');

    interface Leaf {
      readonly kind: 'text' | 'html' | 'attachment';
      readonly bytes: Buffer;
      readonly name: string;
      readonly how: string;
    }
    interface Branch {
      readonly kind: 'mixed' | 'related';
      readonly parts: readonly Tree[];
    }
    type Tree = Leaf | Branch;

    const leaf: fc.Arbitrary<Leaf> = fc.oneof(
      fc.record({
        kind: fc.constantFrom('text' as const, 'html' as const),
        // A body that is nothing but white space counts as none.
        bytes: line.map(text => Buffer.from(`x${text}x`)),
        name: token,
        how: encoding,
      }),
      fc.record({
        kind: fc.constant('attachment' as const),
        // Of an empty part the other parser gives the line break.
        bytes: fc.uint8Array({ minLength: 1, maxLength: 200 }).map(Buffer.from),
        name: line
          .filter(text => text.trim() !== '')
          .map(text => text.replace(/\p{C}/gu, '_')),
        how: encoding,
      }),
    );
    const { tree } = fc.letrec<{ tree: Tree; branch: Branch }>(tie => ({
      branch: fc.record({
        kind: fc.constantFrom('mixed' as const, 'related' as const),
        parts: fc.array(tie('tree'), { minLength: 1, maxLength: 4 }),
      }),
      tree: fc.oneof({ maxDepth: 4 }, leaf, tie('branch')),
    }));

    let boundaries = 0;
    const write = (node: Tree): string => {
      if ('parts' in node) {
        boundaries += 1;
        const boundary = `=_${boundaries}`;
        return [
          `Content-Type: multipart/${node.kind};\r\n boundary="${boundary}"\r\n\r\n`,
          'preamble',
          ...node.parts.map(part => `\r\n--${boundary}\r\n${write(part)}`),
          `\r\n--${boundary}--\r\nepilogue`,
        ].join('');
      }
      const type = {
        text: 'text/plain; charset=utf-8',
        html: 'text/html; charset=utf-8',
        attachment: `application/x-y\r\nContent-Disposition: attachment;\r\n filename*=utf-8''${encodeURIComponent(
          node.name,
        ).replace(/['()*]/g, '_')}`,
      }[node.kind];
      return `Content-Type: ${type}\r\nContent-Transfer-Encoding: ${
        node.how
      }\r\n\r\n${encode(node.bytes, node.how)}`;
    };
    const leaves = (node: Tree): Leaf[] =>
      'parts' in node ? node.parts.flatMap(leaves) : [node];

    it('gives back what was put in', async () => {
      await fc.assert(
        fc.asyncProperty(tree, async sent => {
          const raw = Buffer.from(
            `Subject: x\r\nMIME-Version: 1.0\r\n${write(sent)}`,
          );
          const content = read(raw);
          const parts = leaves(sent);
          const oracle = await readMimeByMailparser(raw);

          expect(
            content.attachments.map(({ content: bytes }) => bytes),
          ).toEqual(
            parts.filter(({ kind }) => kind === 'attachment').map(p => p.bytes),
          );
          expect(content.attachments).toEqual(
            oracle.attachments.map(attachment => ({
              ...attachment,
              contentId: undefined,
            })),
          );
          for (const part of parts.filter(({ kind }) => kind === 'text')) {
            expect(content.text).toContain(part.bytes.toString());
          }
          for (const part of parts.filter(({ kind }) => kind === 'html')) {
            expect(content.html).toContain(part.bytes.toString());
            expect(oracle.html).toContain(part.bytes.toString());
          }
        }),
        { numRuns: 300 },
      );
    });
  });
});
