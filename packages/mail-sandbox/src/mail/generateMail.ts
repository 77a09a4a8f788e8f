// SPDX-License-Identifier: Apache-2.0
import { encodeWords } from './encodedWords';
import { encodeIso2022Jp, encodeWindows1252 } from './legacyCharsets';
import { SeededRandom } from './SeededRandom';
import { base64Lines, quotedPrintable } from './transferEncodings';

/** What a mail is an example of. */
export type MailKind =
  | 'plain'
  | 'alternative'
  | 'reply'
  | 'windows-1252'
  | 'attachment'
  | 'utf-8'
  | 'automatic'
  | 'iso-2022-jp';

/** A mail, and what a reader should find in it. */
export interface GeneratedMail {
  readonly kind: MailKind;
  /** Stands in the text of this mail and in what quotes it: for counting. */
  readonly uuid: string;
  /** With its angle brackets. */
  readonly messageId: string;
  /** Without encoding. */
  readonly subject: string;
  /** The whole text, decoded, in lines that CRLF ends. */
  readonly text: string;
  readonly raw: Buffer;
}

/** Of a hundred mails, as in real mailboxes of support teams. */
const SHARES: readonly (readonly [MailKind, number])[] = [
  ['plain', 31],
  ['alternative', 29],
  ['reply', 15],
  ['windows-1252', 5],
  ['attachment', 5],
  ['utf-8', 5],
  ['automatic', 5],
  ['iso-2022-jp', 5],
];

const FIRST_DATE = Date.UTC(2026, 0, 5, 8);
const MINUTE_MS = 60_000;
/** A reply answers one of so many mails before it. */
const MAX_REPLY_DISTANCE = 50;
const HTML_BYTES = 18_000;
const ATTACHMENT_BYTES = 150_000;

const PEOPLE = [
  ['Ada Lovelace', 'ada@example.com'],
  ['Jürgen Müller', 'j.mueller@example.org'],
  ['Chen Wei', 'chen.wei@example.net'],
  ["Siobhán O'Brien", 'siobhan@example.com'],
] as const;

const ASCII_WORDS =
  'the printer on the third floor shows an error again since this morning and nobody can log in to the portal please reset my account or tell me who can thank you for looking into it'.split(
    ' ',
  );
const UTF8_WORDS =
  'größe café naïve привет спасибо 你好 世界 🚀 📎 überprüfen señor déjà'.split(
    ' ',
  );
const WINDOWS_WORDS =
  '“quoted” isn’t € 12,50 – – naïve café … Grüße — ‘single’ élève'.split(' ');
const KANA_WORDS =
  'おせわに なっております。 プリンター が うごきません。 よろしく おねがいします、 サポート'.split(
    ' ',
  );

/**
 * Makes the mail with a number in a corpus. The same seed and number give the
 * same bytes on any machine, so a test can make a mail a second time to see
 * what became of it.
 *
 * @param options - index: from 0; replies answer mails with lower numbers; to:
 * the recipient
 */
export function generateMail(options: {
  readonly seed: string;
  readonly index: number;
  readonly to: string;
}): GeneratedMail {
  const { seed, index, to } = options;
  const random = randomOf(seed, index);
  const kind = kindOf(random, index);
  const { uuid, messageId } = identityOf(seed, index);
  const [name, address] = random.pick(PEOPLE);
  const answered =
    kind === 'reply'
      ? identityOf(
          seed,
          index - 1 - random.below(Math.min(index, MAX_REPLY_DISTANCE)),
        )
      : undefined;
  const subject = subjectOf(kind, random);
  const text = textOf({ kind, random, uuid, name, quotes: answered?.uuid });
  const { headers, body } = bodyOf(kind, text, random);
  const head = [
    `Date: ${dateOf(index)}`,
    `Message-ID: ${messageId}`,
    `From: ${encodeWords(name)} <${address}>`,
    `To: ${to}`,
    `Subject: ${encodeWords(subject)}`,
    ...(answered
      ? [
          `In-Reply-To: ${answered.messageId}`,
          `References: ${answered.messageId}`,
        ]
      : []),
    ...(kind === 'automatic'
      ? ['Auto-Submitted: auto-replied', 'X-Auto-Response-Suppress: All']
      : []),
    'MIME-Version: 1.0',
    ...headers,
  ];
  const raw = Buffer.concat([
    Buffer.from(`${head.join('\r\n')}\r\n\r\n`),
    body,
  ]);
  return { kind, uuid, messageId, subject, text, raw };
}

function randomOf(seed: string, index: number): SeededRandom {
  return new SeededRandom(`${seed} ${index}`);
}

function identityOf(seed: string, index: number) {
  const uuid = randomOf(seed, index).uuid();
  return { uuid, messageId: `<${uuid}@mail.example.com>` };
}

function kindOf(random: SeededRandom, index: number): MailKind {
  let left = random.below(100);
  for (const [kind, share] of SHARES) {
    if (left < share) {
      // There is nothing to answer yet.
      return kind === 'reply' && index === 0 ? 'plain' : kind;
    }
    left -= share;
  }
  return 'plain';
}

function dateOf(index: number): string {
  const date = new Date(FIRST_DATE + index * MINUTE_MS);
  return date.toUTCString().replace('GMT', '+0000');
}

function wordsOf(kind: MailKind): readonly string[] {
  switch (kind) {
    case 'utf-8':
      return UTF8_WORDS;
    case 'windows-1252':
      return WINDOWS_WORDS;
    case 'iso-2022-jp':
      return KANA_WORDS;
    default:
      return ASCII_WORDS;
  }
}

function sentence(
  words: readonly string[],
  random: SeededRandom,
  count: number,
): string {
  return Array.from({ length: count }, () => random.pick(words)).join(' ');
}

function subjectOf(kind: MailKind, random: SeededRandom): string {
  const words = sentence(wordsOf(kind), random, 4);
  if (kind === 'reply') return `Re: ${words}`;
  return kind === 'automatic' ? `Automatic reply: ${words}` : words;
}

function textOf(options: {
  readonly kind: MailKind;
  readonly random: SeededRandom;
  readonly uuid: string;
  readonly name: string;
  /** The UUID of the mail that is answered. */
  readonly quotes: string | undefined;
}): string {
  const { kind, random, uuid, name, quotes } = options;
  const words = wordsOf(kind);
  const lines = Array.from({ length: 5 + random.below(25) }, () =>
    sentence(words, random, 6 + random.below(5)),
  );
  const quote = quotes
    ? [
        '',
        'On Mon, 5 Jan 2026 at 08:00, Somebody wrote:',
        `> Case ${quotes}`,
        ...lines.slice(0, 4).map(line => `> ${line}`),
      ]
    : [];
  // Names have letters that the old charsets lack.
  const [first] = kind === 'iso-2022-jp' ? ['Ada'] : name.split(' ');
  const all = [`Case ${uuid}`, '', ...lines, '', first, ...quote];
  return `${all.join('\r\n')}\r\n`;
}

interface MailBody {
  readonly headers: readonly string[];
  readonly body: Buffer;
}

function bodyOf(kind: MailKind, text: string, random: SeededRandom): MailBody {
  switch (kind) {
    case 'alternative':
      return alternative(text, random);
    case 'attachment':
      return withAttachment(text, random);
    case 'windows-1252':
      return single('windows-1252', '8bit', encodeWindows1252(text));
    case 'iso-2022-jp':
      return single('iso-2022-jp', '7bit', encodeIso2022Jp(text));
    case 'reply':
      return single('utf-8; format=flowed', '8bit', Buffer.from(text));
    case 'utf-8':
      return random.below(2) === 0
        ? single('utf-8', '8bit', Buffer.from(text))
        : single(
            'utf-8',
            'base64',
            Buffer.from(base64Lines(Buffer.from(text))),
          );
    default:
      // A name may have more than ASCII.
      return single('utf-8', 'quoted-printable', quoted(text));
  }
}

function quoted(text: string): Buffer {
  return Buffer.from(quotedPrintable(text));
}

function single(charset: string, encoding: string, body: Buffer): MailBody {
  return {
    headers: partHeaders(`text/plain; charset=${charset}`, encoding),
    body,
  };
}

function partHeaders(type: string, encoding: string): string[] {
  return [`Content-Type: ${type}`, `Content-Transfer-Encoding: ${encoding}`];
}

interface Part {
  readonly headers: readonly string[];
  readonly body: string;
}

function multipart(
  subtype: string,
  parts: readonly Part[],
  boundary: string,
): MailBody {
  const written = parts.map(
    ({ headers, body }) =>
      `--${boundary}\r\n${headers.join('\r\n')}\r\n\r\n${body}\r\n`,
  );
  return {
    headers: [`Content-Type: multipart/${subtype}; boundary="${boundary}"`],
    body: Buffer.from(`${written.join('')}--${boundary}--\r\n`),
  };
}

function textPart(text: string): Part {
  return {
    headers: partHeaders('text/plain; charset=utf-8', 'quoted-printable'),
    body: quotedPrintable(text),
  };
}

/** As office programs write it: much mark-up for little text. */
function alternative(text: string, random: SeededRandom): MailBody {
  const paragraphs: string[] = [];
  let bytes = 0;
  while (bytes < HTML_BYTES) {
    const words = sentence(ASCII_WORDS, random, 12);
    const paragraph = `<p class="MsoNormal" style="margin:0cm;font-size:11pt;font-family:Calibri,sans-serif"><span lang="EN-GB">${words}<o:p></o:p></span></p>`;
    paragraphs.push(paragraph);
    bytes += paragraph.length;
  }
  const [first] = text.split('\r\n');
  const page = [
    '<html><head><style>p.MsoNormal{margin:0}</style></head><body>',
    `<p>${first}</p>`,
    ...paragraphs,
    '</body></html>',
  ].join('\r\n');
  const html = {
    headers: partHeaders('text/html; charset=utf-8', 'quoted-printable'),
    body: quotedPrintable(page),
  };
  return multipart('alternative', [textPart(text), html], `=_${random.uuid()}`);
}

function withAttachment(text: string, random: SeededRandom): MailBody {
  const bytes = Buffer.concat([
    Buffer.from('%PDF-1.4\n'),
    random.bytes(ATTACHMENT_BYTES),
  ]);
  const file = {
    headers: [
      ...partHeaders('application/pdf; name="report.pdf"', 'base64'),
      'Content-Disposition: attachment; filename="report.pdf"',
    ],
    body: base64Lines(bytes),
  };
  return multipart('mixed', [textPart(text), file], `=_${random.uuid()}`);
}
