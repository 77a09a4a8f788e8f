// SPDX-License-Identifier: Apache-2.0
import { generateMail, type GeneratedMail } from './generateMail';
import { decodeWords } from './encodedWords';
import { bodyOffset, headerValue } from './headers';
import { encodeIso2022Jp, encodeWindows1252 } from './legacyCharsets';
import { quotedPrintable } from './transferEncodings';

const to = 'support@corp.test';
const corpus = Array.from({ length: 400 }, (_, index) =>
  generateMail({ seed: 'test', index, to }),
);

/** In stream mode: Node 20 mistakes Windows-1252 for Latin-1 otherwise. */
function decode(bytes: Buffer, charset: string): string {
  return new TextDecoder(charset).decode(bytes, { stream: true });
}

function decodeQuoted(text: string): string {
  const bytes = text
    .replace(/=\r\n/g, '')
    .replace(/=([0-9A-F]{2})/g, (_, hex) =>
      String.fromCharCode(parseInt(hex, 16)),
    );
  return Buffer.from(bytes, 'latin1').toString('utf8');
}

/** The body as text; that of a multipart with all that surrounds its parts. */
function decodedBody({ raw, kind }: GeneratedMail): string {
  const body = raw.subarray(bodyOffset(raw));
  if (kind === 'windows-1252' || kind === 'iso-2022-jp') {
    return decode(body, kind);
  }
  switch (headerValue(raw, 'Content-Transfer-Encoding')) {
    case '8bit':
      return body.toString('utf8');
    case 'base64':
      return Buffer.from(body.toString('latin1'), 'base64').toString('utf8');
    default:
      return decodeQuoted(body.toString('latin1'));
  }
}

describe('generateMail', () => {
  it('gives the same bytes for the same seed and number, and else others', () => {
    expect(generateMail({ seed: 'test', index: 7, to })).toEqual(corpus[7]);
    const others = [
      generateMail({ seed: 'other', index: 7, to }),
      ...corpus.slice(8),
    ];
    for (const other of others) {
      expect(other.uuid).not.toBe(corpus[7].uuid);
    }
  });

  it('has every kind, in about the shares of real mailboxes', () => {
    const counts = new Map<string, number>();
    for (const { kind } of corpus) {
      counts.set(kind, (counts.get(kind) ?? 0) + 1);
    }
    expect([...counts.keys()].sort()).toEqual([
      'alternative',
      'attachment',
      'automatic',
      'iso-2022-jp',
      'plain',
      'reply',
      'utf-8',
      'windows-1252',
    ]);
    expect(counts.get('plain')).toBeGreaterThan(80);
    expect(counts.get('attachment')).toBeLessThan(40);
    const sizeOf = (kind: string) =>
      corpus.find(mail => mail.kind === kind)?.raw.length;
    expect(sizeOf('attachment')).toBeGreaterThan(200_000);
    expect(sizeOf('alternative')).toBeGreaterThan(18_000);
  });

  it('says what a reader should find', () => {
    for (const mail of corpus) {
      const { raw, kind, text, subject, uuid, messageId } = mail;
      expect(headerValue(raw, 'Message-ID')).toBe(messageId);
      expect(decodeWords(headerValue(raw, 'Subject') ?? '')).toBe(subject);
      expect(text).toContain(uuid);
      expect(decodedBody(mail)).toContain(text);
      expect(headerValue(raw, 'Auto-Submitted')).toBe(
        kind === 'automatic' ? 'auto-replied' : undefined,
      );
    }
  });

  it('lets replies answer earlier mails and quote their identity', () => {
    const replies = corpus.filter(({ kind }) => kind === 'reply');
    expect(replies.length).toBeGreaterThan(30);
    for (const reply of replies) {
      const answered = headerValue(reply.raw, 'In-Reply-To');
      const earlier = corpus
        .slice(0, corpus.indexOf(reply))
        .find(({ messageId }) => messageId === answered);
      expect(reply.text).toContain(`> Case ${earlier?.uuid}`);
      expect(headerValue(reply.raw, 'References')).toBe(answered);
      expect(reply.subject).toMatch(/^Re: /);
    }
  });

  it('writes lines that any server takes', () => {
    for (const { raw } of corpus) {
      const text = raw.toString('latin1');
      expect(text).not.toMatch(/[^\r]\n/);
      expect(Math.max(...text.split('\r\n').map(l => l.length))).toBeLessThan(
        999,
      );
    }
  });
});

describe('the encodings', () => {
  it('refuse what they do not have', () => {
    expect(() => encodeWindows1252('你')).toThrow('Not in Windows-1252');
    expect(() => encodeWindows1252('\x85')).toThrow('Not in Windows-1252');
    expect(() => encodeIso2022Jp('世')).toThrow('No kana');
  });

  it('quote what a line may not hold', () => {
    expect(quotedPrintable('a=b \r\n\ttab\t\r\n')).toBe(
      'a=3Db=20\r\n\ttab=09\r\n',
    );
    const long = quotedPrintable('ü'.repeat(60));
    expect(Math.max(...long.split('\r\n').map(l => l.length))).toBeLessThan(77);
    expect(decodeQuoted(long)).toBe('ü'.repeat(60));
  });
});
