// SPDX-License-Identifier: Apache-2.0
import { randomBytes, randomUUID } from 'node:crypto';

/**
 * A mail to be sent, and what has to become of it.
 *
 * @typedef {object} SmokeMail
 * @property {string} kind - for messages: 'plain', 'html', …
 * @property {string} marker - occurs in this mail and nowhere else
 * @property {Buffer} raw
 * @property {'request' | 'comment' | 'kept'} becomes
 * @property {SmokeMail} [answers] - the mail that it is a reply to
 * @property {string[]} shows - texts that the request or comment must show
 */

const TEN_MEGABYTES = 10_000_000;
const LINE = 76;

/** Lines are joined by CRLF; `latin1` keeps bytes above 127 as they are. */
function toRaw(lines) {
  return Buffer.from(`${lines.join('\r\n')}\r\n`, 'latin1');
}

function base64(text, encoding = 'utf8') {
  return Buffer.from(text, encoding)
    .toString('base64')
    .replace(new RegExp(`.{${LINE}}`, 'g'), '$&\r\n');
}

function header(marker, subject, answers) {
  return [
    'From: "Carla Customer" <carla@customer.test>',
    'To: support@corp.test',
    `Subject: ${subject}`,
    `Message-ID: <${marker}@customer.test>`,
    `Date: ${new Date().toUTCString()}`,
    ...(answers
      ? [
          `In-Reply-To: <${answers.marker}@customer.test>`,
          `References: <${answers.marker}@customer.test>`,
        ]
      : []),
    'MIME-Version: 1.0',
  ];
}

function mixed(marker, subject, text, attachment) {
  return [
    ...header(marker, subject),
    'Content-Type: multipart/mixed; boundary="outer"',
    '',
    '--outer',
    'Content-Type: text/plain; charset=utf-8',
    '',
    text,
    '--outer',
    `Content-Type: application/pdf; name="${attachment.name}"`,
    `Content-Disposition: attachment; filename="${attachment.name}"`,
    'Content-Transfer-Encoding: base64',
    '',
    attachment.content,
    '--outer--',
  ];
}

const kinds = {
  plain(marker) {
    const text = `The printer is on fire. ${marker}`;
    return {
      lines: [
        ...header(marker, `Printer ${marker}`),
        'Content-Type: text/plain; charset=us-ascii',
        '',
        text,
        '.a line that begins with a dot',
        'From here a line that begins with From',
      ],
      shows: [text, '.a line that begins with a dot'],
    };
  },
  html(marker) {
    return {
      lines: [
        ...header(marker, `Styled ${marker}`),
        'Content-Type: multipart/alternative; boundary="inner"',
        '',
        '--inner',
        'Content-Type: text/plain; charset=utf-8',
        'Content-Transfer-Encoding: base64',
        '',
        base64(`Plain words with Grüße ${marker}`),
        '--inner',
        'Content-Type: text/html; charset=utf-8',
        'Content-Transfer-Encoding: base64',
        '',
        base64('<p>Bold <b>words</b></p><script>alert(1)</script>'),
        '--inner--',
      ],
      shows: [`Plain words with Grüße ${marker}`, '<b>words</b>'],
      hides: ['<script'],
    };
  },
  htmlOnly(marker) {
    return {
      lines: [
        ...header(marker, 'Only HTML'),
        'Content-Type: text/html; charset=utf-8',
        '',
        `<html><body><p>First</p><p>Second ${marker}</p></body></html>`,
      ],
      shows: [`Second ${marker}`],
    };
  },
  attachment(marker) {
    const name = 'invoice 2026.pdf';
    return {
      lines: mixed(marker, 'Invoice', `See the file. ${marker}`, {
        name,
        content: base64(randomBytes(30_000).toString('binary'), 'binary'),
      }),
      shows: [`See the file. ${marker}`, name],
    };
  },
  eightBit(marker) {
    return {
      lines: [
        ...header(marker, 'Gr\xf6\xdfe'),
        'Content-Type: text/plain; charset=windows-1252',
        'Content-Transfer-Encoding: 8bit',
        '',
        // 0x80 is the euro sign in windows-1252, and 0x93 0x94 curly quotes.
        `Caf\xe9 f\xfcr 5 \x80 \x93gut\x94 ${marker}`,
      ],
      shows: [`Café für 5 € “gut” ${marker}`],
    };
  },
  japanese(marker) {
    const escape = '\x1b';
    return {
      lines: [
        ...header(marker, '=?ISO-2022-JP?B?GyRCJCpMZCQkOWckbyQ7GyhC?='),
        'Content-Type: text/plain; charset=iso-2022-jp',
        'Content-Transfer-Encoding: 7bit',
        '',
        // 'Konnichiwa' in hiragana, JIS X 0208.
        `${escape}$B$3$s$K$A$O${escape}(B ${marker}`,
      ],
      shows: ['お問い合わせ', `こんにちは ${marker}`],
    };
  },
  large(marker) {
    const name = 'scan.pdf';
    const bytes = Math.floor((TEN_MEGABYTES * 3) / 4 / (LINE + 2)) * LINE;
    return {
      lines: mixed(marker, 'A large file', `Ten megabytes. ${marker}`, {
        name,
        content: base64(randomBytes(bytes).toString('binary'), 'binary'),
      }),
      shows: [`Ten megabytes. ${marker}`, name],
    };
  },
};

function make(kind, answers) {
  const marker = randomUUID();
  const { lines, shows, hides = [] } = kinds[kind](marker);
  const own = answers ? withReply(lines, marker, answers) : lines;
  return {
    kind: answers ? `reply (${kind})` : kind,
    marker,
    raw: toRaw(own),
    becomes: answers ? 'comment' : 'request',
    answers,
    shows,
    hides,
  };
}

function withReply(lines, marker, answers) {
  const subjectAt = lines.findIndex(line => line.startsWith('Subject:'));
  const reply = header(marker, `Re: ${lines[subjectAt].slice(9)}`, answers);
  const rest = lines.slice(lines.indexOf('MIME-Version: 1.0') + 1);
  return [...reply, ...rest];
}

/** Bytes that are no mail: no header, control characters, no end. */
function makeBroken() {
  const marker = randomUUID();
  return {
    kind: 'broken',
    marker,
    raw: Buffer.concat([
      Buffer.from([0, 255, 254, 13, 10, 13, 10]),
      Buffer.from(`${marker} \x00\x01`),
      randomBytes(500),
    ]),
    becomes: 'kept',
    shows: [],
    hides: [],
  };
}

/**
 * Twenty mails of all kinds, in the order in which they have to be sent:
 * replies after what they answer.
 *
 * @returns {SmokeMail[]}
 */
export function twentyMails() {
  const first = make('plain');
  const styled = make('html');
  const plain = Array.from({ length: 8 }, () => make('plain'));
  return [
    first,
    styled,
    make('htmlOnly'),
    make('attachment'),
    make('attachment'),
    make('eightBit'),
    make('japanese'),
    make('plain', first),
    makeBroken(),
    make('large'),
    make('plain', styled),
    ...plain,
    make('html'),
  ];
}
