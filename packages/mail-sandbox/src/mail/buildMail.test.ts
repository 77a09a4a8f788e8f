// SPDX-License-Identifier: Apache-2.0
import fc from 'fast-check';
import { buildMail, parseSender } from './buildMail';
import { decodeWords, encodeWords } from './encodedWords';
import { bodyOffset, headerFields, headerValue } from './headers';

const draft = {
  from: 'Ada Löwe <ada@example.com>',
  to: 'support@corp.test',
  subject: 'Hello',
  text: 'Hi\nthere',
};

const date = new Date(Date.UTC(2026, 1, 3, 4, 5, 6));

function build(changes: Partial<Parameters<typeof buildMail>[0]> = {}) {
  const raw = buildMail({ ...draft, ...changes }, date);
  if (!raw) throw new Error('No mail');
  return raw;
}

describe('buildMail', () => {
  it('builds a plain mail', () => {
    const raw = build();
    expect(headerValue(raw, 'date')).toBe('Tue, 03 Feb 2026 04:05:06 +0000');
    expect(headerValue(raw, 'message-id')).toMatch(/^<[\w-]+@example\.com>$/);
    expect(headerValue(raw, 'from')).toBe(
      '=?UTF-8?B?QWRhIEzDtndl?= <ada@example.com>',
    );
    expect(headerValue(raw, 'in-reply-to')).toBeUndefined();
    expect(raw.toString('utf8', bodyOffset(raw))).toBe('Hi\r\nthere\r\n');
  });

  it('threads a reply under the message and its ancestors', () => {
    const first = build();
    const second = build({ inReplyTo: first });
    const third = build({ inReplyTo: second });
    const [one, two] = [first, second].map(raw =>
      headerValue(raw, 'message-id'),
    );
    expect(headerValue(second, 'references')).toBe(one);
    expect(headerValue(third, 'in-reply-to')).toBe(two);
    expect(headerValue(third, 'references')).toBe(`${one} ${two}`);
    const anonymous = Buffer.from('Subject: no id\r\n\r\n');
    expect(
      headerValue(build({ inReplyTo: anonymous }), 'references'),
    ).toBeUndefined();
  });

  it('keeps any text, and no text makes a header of its own', () => {
    const text = fc.string({ unit: 'grapheme', maxLength: 200 });
    fc.assert(
      fc.property(text, text, text, (subject, body, name) => {
        const raw = build({
          subject: `${subject}\r\nBcc: evil@example.com`,
          text: body,
          from: `${name.replace(/[<>]/g, '')} <a@b.c>`,
        });
        expect(headerFields(raw).map(field => field.name)).toEqual([
          'Date',
          'Message-ID',
          'From',
          'To',
          'Subject',
          'MIME-Version',
          'Content-Type',
          'Content-Transfer-Encoding',
        ]);
        const header = raw.toString('latin1', 0, bodyOffset(raw));
        expect(header).toMatch(/^[\x20-\x7e\r\n]*$/);
        const encoded = raw.toString('latin1', bodyOffset(raw));
        const isBase64 =
          headerValue(raw, 'Content-Transfer-Encoding') === 'base64';
        expect(
          Buffer.from(encoded, isBase64 ? 'base64' : 'latin1').toString(),
        ).toBe(`${body.replace(/\r\n|\r|\n/g, '\r\n')}\r\n`);
      }),
    );
  });

  it('refuses a sender without an address', () => {
    expect(buildMail({ ...draft, from: 'Ada' }, date)).toBeUndefined();
    expect(buildMail({ ...draft, from: 'a@b.c, d@e.f' }, date)).toBeUndefined();
    expect(parseSender('"A, B" <a@b.c>')).toEqual({
      name: 'A, B',
      address: 'a@b.c',
    });
  });
});

describe('encodeWords', () => {
  it('writes words that are short enough and read back the same', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme', maxLength: 300 }), text => {
        const encoded = encodeWords(text);
        const words = encoded === text ? [] : encoded.split('\r\n ');
        expect(words.filter(word => word.length > 75)).toEqual([]);
        expect(decodeWords(encoded)).toBe(text);
      }),
    );
  });
});
