// SPDX-License-Identifier: Apache-2.0
import {
  headerValue,
  IncomingMessage,
} from '@postroom/plugin-incoming-mail-node';
import fc from 'fast-check';
import {
  aWaitingMessage,
  multipart,
  ordinaryHeader,
  part,
  rawMail,
} from '../__testUtils__/rawMail';
import {
  MAX_ADDRESSES,
  MAX_BODY_BYTES,
  MAX_REFERENCES,
  MAX_SUBJECT_LENGTH,
  parseMessage,
} from './parseMessage';

async function parse(raw: Buffer): Promise<IncomingMessage> {
  const verdict = await parseMessage(raw, aWaitingMessage(), {
    projectRef: 'component:default/shop',
  });
  if (verdict.kind !== 'parsed') {
    throw new Error(`Not parsed: ${verdict.reason}`);
  }
  return verdict.message;
}

function withoutSubject(subject: string): string[] {
  return [
    ...ordinaryHeader.filter(line => !line.startsWith('Subject')),
    subject,
  ];
}

const awkwardPieces = [
  '\r\n',
  '\r\n\r\n',
  '\n',
  '\r',
  '\0',
  '--b1\r\n',
  '--b1--\r\n',
  'Content-Type: multipart/mixed; boundary=b1\r\n',
  'Content-Type: multipart/alternative; boundary=\r\n',
  'Content-Type: message/rfc822\r\n\r\n',
  'Content-Type: text/plain; charset=utf-7; format=flowed; delsp=yes\r\n',
  'Content-Type: text/html; charset=iso-2022-jp\r\n',
  "Content-Disposition: attachment; filename*0*=x''%; filename*1=\"\r\n",
  'Content-Transfer-Encoding: base64\r\n',
  'Content-Transfer-Encoding: quoted-printable\r\n',
  'Content-ID: <<>>\r\n',
  'From: <<<>>>,,;;:"(\r\n',
  'References: <<>><<a><b>\r\n',
  'Date: Tue, 99 Foo 99999 99:99 +9999\r\n',
  'List-__proto__: <x>\r\n',
  '=?utf-8?B?',
  '?=',
  '=?x?Q?=ZZ?=',
  '=',
  '=\r\n',
  '<b><p><td>',
  '\u{1f642}',
  '\xff\xfe',
];

describe('parseMessage', () => {
  it('reads a plain mail', async () => {
    const verdict = await parseMessage(
      rawMail(
        [
          ...ordinaryHeader,
          'Cc: "Bob, B." <bob@Example.COM>, friends: c@example.com, d@example.com;',
          'Reply-To: desk@example.com',
          'Content-Type: text/plain; charset=us-ascii',
        ],
        'First line\nSecond line\n',
      ),
      aWaitingMessage({ sizeBytes: 77, id: 'm', mailboxId: 'b' }),
      { projectRef: 'component:default/shop' },
    );

    expect(verdict).toEqual({
      kind: 'parsed',
      head: { subject: 'A question', sender: 'Ann Example <ann@example.com>' },
      message: {
        id: 'm',
        mailboxId: 'b',
        projectRef: 'component:default/shop',
        acceptedAt: new Date('2030-01-01T12:00:05Z'),
        sentAt: new Date('2030-01-01T11:00:00Z'),
        messageId: 'one@mail.example',
        inReplyTo: [],
        references: [],
        from: { name: 'Ann Example', address: 'ann@example.com' },
        replyTo: [{ address: 'desk@example.com' }],
        to: [{ address: 'project@example.com' }],
        cc: [
          { name: 'Bob, B.', address: 'bob@example.com' },
          { address: 'c@example.com' },
          { address: 'd@example.com' },
        ],
        subject: 'A question',
        headers: expect.arrayContaining([
          { name: 'from', value: 'Ann Example <ann@example.com>' },
          { name: 'content-type', value: 'text/plain; charset=us-ascii' },
        ]),
        text: 'First line\nSecond line\n',
        attachments: [],
        sizeBytes: 77,
        truncated: false,
      },
    });
  });

  it('prefers the text of an alternative and keeps the HTML as it came', async () => {
    const html = '<p onclick="x()">Hello <b>there</b></p>';
    const message = await parse(
      rawMail(
        [...ordinaryHeader, 'Content-Type: multipart/alternative; boundary=b1'],
        multipart('b1', [
          part(['Content-Type: text/plain'], 'Hello there'),
          part(['Content-Type: text/html'], html),
        ]),
      ),
    );

    expect(message.text).toBe('Hello there');
    expect(message.html).toBe(html);
  });

  it('takes the text from the HTML where there is no other', async () => {
    const message = await parse(
      rawMail(
        [...ordinaryHeader, 'Content-Type: text/html; charset=utf-8'],
        '<style>p{color:red}</style><h1>News</h1><p>See <a href="https://example.com/x">this</a> &amp; that<img src="cid:1" alt="logo"></p><script>alert(1)</script>',
      ),
    );

    expect(message.text).toBe('News\n\nSee this & that');
  });

  it('loses neither body nor footer where a list puts a plain footer under an HTML body', async () => {
    const message = await parse(
      rawMail(
        [...ordinaryHeader, 'Content-Type: multipart/mixed; boundary=b1'],
        multipart('b1', [
          part(['Content-Type: text/html'], '<p>The body</p>'),
          part(['Content-Type: text/plain'], '-- \nThe footer'),
        ]),
      ),
    );

    expect(message.text).toMatch(/^The body\n+-- ?\nThe footer$/);
  });

  it('decodes attachments, their names, and tells them from text', async () => {
    const bytes = Buffer.from([0, 1, 2, 253, 254, 255]);
    const message = await parse(
      rawMail(
        [...ordinaryHeader, 'Content-Type: multipart/mixed; boundary="b 1"'],
        multipart('b 1', [
          part(['Content-Type: text/plain'], 'See attached'),
          part(
            [
              'Content-Type: application/pdf; name="x.pdf"',
              "Content-Disposition: attachment; filename*=utf-8''Pr%C3%BCfung.pdf",
              'Content-Transfer-Encoding: base64',
            ],
            bytes.toString('base64'),
          ),
          part(
            [
              'Content-Type: IMAGE/PNG',
              'Content-ID: <pic@mail.example>',
              'Content-Disposition: inline; filename="..%2F..%2Fetc%2Fpasswd/../../x"',
              'Content-Transfer-Encoding: base64',
            ],
            'iVBORw==',
          ),
          part(
            ['Content-Type: message/rfc822', 'Content-Disposition: inline'],
            'From: someone@else.example\nSubject: inner\n\nThe inner text',
          ),
        ]),
      ),
    );

    expect(message.text).toBe('See attached');
    expect(message.attachments).toEqual([
      {
        name: 'Prüfung.pdf',
        contentType: 'application/pdf',
        sizeBytes: 6,
        content: bytes,
      },
      {
        name: expect.not.stringMatching(/[/\\]/),
        contentType: 'image/png',
        contentId: 'pic@mail.example',
        sizeBytes: 4,
        content: Buffer.from('iVBORw==', 'base64'),
      },
      expect.objectContaining({
        name: 'message.eml',
        contentType: 'message/rfc822',
      }),
    ]);
  });

  const smart = Buffer.from([0x93, 0x48, 0x69, 0x94, 0x20, 0x96, 0x20, 0x80]);
  it.each([
    ['windows-1252, 8bit', 'windows-1252', smart, '“Hi” – €'],
    [
      'ISO-8859-1, 8bit',
      'iso-8859-1',
      Buffer.from([0xfc, 0x62, 0x65, 0x72, 0x20, 0xdf]),
      'über ß',
    ],
    [
      'ISO-2022-JP',
      'iso-2022-jp',
      Buffer.from([0x1b, 0x24, 0x42, 0x46, 0x7c, 0x4b, 0x5c, 0x1b, 0x28, 0x42]),
      '日本',
    ],
    ['UTF-8, 8bit', 'utf-8', Buffer.from('Привет 🙂'), 'Привет 🙂'],
    [
      'KOI8-R',
      'koi8-r',
      Buffer.from([0xf0, 0xd2, 0xc9, 0xd7, 0xc5, 0xd4]),
      'Привет',
    ],
    ['Shift_JIS', 'shift_jis', Buffer.from([0x93, 0xfa, 0x96, 0x7b]), '日本'],
    ['GB18030', 'gb18030', Buffer.from([0xc4, 0xe3, 0xba, 0xc3]), '你好'],
  ])('decodes %s', async (_title, charset, bytes, expected) => {
    const message = await parse(
      rawMail(
        [
          ...ordinaryHeader,
          `Content-Type: text/plain; charset=${charset}`,
          'Content-Transfer-Encoding: 8bit',
        ],
        bytes,
      ),
    );

    expect(message.text).toBe(expected);
  });

  it.each([
    ['Subject: =?utf-8?B?UHLDvGZ1bmc=?= =?utf-8?Q?_=E2=82=AC?=', 'Prüfung €'],
    ['Subject: =?windows-1252?Q?=93quoted=94?=', '“quoted”'],
    ['Subject: =?ISO-2022-JP?B?GyRCRnxLXBsoQg==?=', '日本'],
    [`Subject: ${Buffer.from('raw Grüße').toString('latin1')}`, 'raw Grüße'],
    ['Subject: raw Gr\xfc\xdfe', 'raw Grüße'],
    ['Subject: folded\r\n\tover\r\n two lines', 'folded over two lines'],
    ['Subject: =?utf-8?Q?a=00b=0D=0AX=3A_y?=', 'a b X: y'],
    [
      'Subject: a \\"quoted\\" "subject" =?utf-8?Q?=C3=A9?=',
      'a \\"quoted\\" "subject" é',
    ],
    ['Subject: =?utf-8?Q?unterminated', '=?utf-8?Q?unterminated'],
    ['Subject: =?nonsense?Q?abc?=', 'abc'],
    ['Subject: =?utf-8?Q?=E2=80=AEgnp.exe?=', 'gnp.exe'],
    ['Subject:', ''],
  ])('reads %j', async (line, expected) => {
    expect((await parse(rawMail(withoutSubject(line)))).subject).toBe(expected);
  });

  it('reads folded References, oldest first, and In-Reply-To amid words', async () => {
    const message = await parse(
      rawMail([
        ...ordinaryHeader,
        'References: <a@x.example>\r\n\t<b@x.example>\r\n <c@\r\n x.example>',
        'In-Reply-To: Your message of Monday <c@x.example> "hm"',
      ]),
    );

    expect(message.references).toEqual([
      'a@x.example',
      'b@x.example',
      'c@x.example',
    ]);
    expect(message.inReplyTo).toEqual(['c@x.example']);
  });

  it('keeps the newest references and the first addresses of a flood', async () => {
    const many = Array.from({ length: 500 }, (_, n) => n);
    const message = await parse(
      rawMail([
        ...ordinaryHeader,
        ...many.map(n => `References: <${n}@x.example>`),
        `Cc: ${many.map(n => `n${n}@x.example`).join(',\r\n ')}`,
      ]),
    );

    expect(message.references).toHaveLength(MAX_REFERENCES);
    expect(message.references.at(-1)).toBe('499@x.example');
    expect(message.cc).toHaveLength(MAX_ADDRESSES);
    expect(message.cc[0]).toEqual({ address: 'n0@x.example' });
  });

  it('gives no address where two From fields contradict each other', async () => {
    const message = await parse(
      rawMail([...ordinaryHeader, 'From: Eve <eve@evil.example>']),
    );

    expect(message.from).toEqual({ name: 'Ann Example' });
  });

  it('is not misled by header names that objects have (T52)', async () => {
    const message = await parse(
      rawMail([
        ...ordinaryHeader,
        '__proto__: polluted',
        'constructor: polluted',
        'hasOwnProperty: polluted',
        'List-__proto__: <https://evil.example>',
        'Content-Type: text/plain; __proto__=polluted; constructor=x',
      ]),
    );

    expect(message.text).toBe('Hello\n');
    expect(({} as Record<string, unknown>).polluted).toBeUndefined();
    expect(Object.prototype).not.toHaveProperty('url');
    expect(headerValue(message, '__proto__')).toBe('polluted');
    expect(headerValue(message, 'toString')).toBeUndefined();
    expect(Object.isFrozen(message.headers[0])).toBe(true);
  });

  it('brings all 256 byte values through, wherever they stand', async () => {
    const all = Buffer.from(Array.from({ length: 256 }, (_, n) => n));
    const inHeader = all.toString('latin1').replace(/[\r\n]/g, '');
    const message = await parse(
      rawMail(
        [
          `From: ${inHeader} <ann@example.com>`,
          `Subject: ${inHeader}`,
          'Date: Tue, 1 Jan 2030 12:00:00 +0100',
          'Content-Type: multipart/mixed; boundary=b1',
        ],
        multipart('b1', [
          part(['Content-Type: text/plain; charset=utf-8'], all),
          part(
            [`Content-Disposition: attachment; filename="${inHeader}"`],
            all,
          ),
        ]),
      ),
    );

    expectBounded(message);
    expect(message.subject).toContain('abc');
    expect(message.attachments[0].content).toEqual(all);
  });

  it.each([
    ['nothing at all', Buffer.alloc(0)],
    [
      'text without a header',
      Buffer.from('Just a few words.\r\nAnd more.\r\n'),
    ],
    ['a picture', Buffer.from('89504e470d0a1a0a0000000d49484452', 'hex')],
    ['zeros', Buffer.alloc(10_000)],
    [
      'a mail in UTF-16',
      Buffer.from('From: a@b.example\r\nSubject: x\r\n\r\nHi', 'utf16le'),
    ],
    ['fields that tell nothing', rawMail(['X-Spam: no', 'Received: by x'])],
  ])('does not take %s for a mail', async (_title, raw) => {
    await expect(
      parseMessage(raw, aWaitingMessage(), {}),
    ).resolves.toMatchObject({
      kind: 'unreadable',
      reason: expect.stringContaining('From, Date, Subject and Message-ID'),
    });
  });

  it('takes a mail with one telling field for a mail', async () => {
    const message = await parse(rawMail(['Subject: only that']));

    expect(message).toMatchObject({ subject: 'only that', text: 'Hello\n' });
    expect(message.from).toBeUndefined();
    expect(message.sentAt).toBeUndefined();
  });

  it.each([
    [
      'a header flood',
      rawMail([
        ...ordinaryHeader,
        ...Array.from({ length: 100_000 }, (_, n) => `X-${n}: y`),
      ]),
      /header of more than 262144 bytes/,
    ],
    [
      'one endless header field',
      rawMail([...ordinaryHeader, `X: ${'y'.repeat(3_000_000)}`]),
      /header of more than 262144 bytes/,
    ],
    [
      'thousands of parts',
      rawMail(
        [...ordinaryHeader, 'Content-Type: multipart/mixed; boundary=b'],
        '--b\n\nx\n'.repeat(5_000),
      ),
      /more than 200 parts/,
    ],
    [
      'parts nested thousands deep',
      rawMail(
        [...ordinaryHeader, 'Content-Type: multipart/mixed; boundary=b0'],
        Array.from(
          { length: 2_000 },
          (_, n) =>
            `--b${n}\nContent-Type: multipart/mixed; boundary=b${n + 1}\n\n`,
        ).join(''),
      ),
      /nested over 20 deep/,
    ],
  ])('gives up on %s (T49)', async (_title, raw, reason) => {
    await expect(
      parseMessage(raw, aWaitingMessage(), {}),
    ).resolves.toMatchObject({
      kind: 'unreadable',
      reason: expect.stringMatching(reason),
    });
  });

  it('still tells subject and sender of a mail with too many parts', async () => {
    const raw = rawMail(
      [...ordinaryHeader, 'Content-Type: multipart/mixed; boundary=b'],
      '--b\n\nx\n'.repeat(5_000),
    );

    await expect(
      parseMessage(raw, aWaitingMessage(), {}),
    ).resolves.toMatchObject({
      kind: 'unreadable',
      head: { subject: 'A question', sender: 'Ann Example <ann@example.com>' },
    });
  });

  it('reads a mail that was cut in the middle', async () => {
    const whole = rawMail(
      [...ordinaryHeader, 'Content-Type: multipart/mixed; boundary=b1'],
      multipart('b1', [
        part(['Content-Type: text/plain'], 'Hello'),
        part(
          [
            'Content-Type: application/zip',
            'Content-Transfer-Encoding: base64',
          ],
          'QUJD'.repeat(10_000),
        ),
      ]),
    );

    const message = await parse(whole.subarray(0, 20_000));

    expect(message.text).toBe('Hello');
    expect(message.attachments).toHaveLength(1);
  });

  it.each([10, 25])('reads a mail of %i MB', async megabytes => {
    const bytes = Buffer.alloc((megabytes * 1_000_000 * 3) / 4, 0xa5);
    const encoded = bytes.toString('base64').replace(/(.{76})/g, '$1\r\n');
    const raw = rawMail(
      [...ordinaryHeader, 'Content-Type: multipart/mixed; boundary=b1'],
      multipart('b1', [
        part(['Content-Type: text/plain'], 'Hello'),
        part(
          [
            'Content-Type: application/zip',
            'Content-Transfer-Encoding: base64',
          ],
          Buffer.from(encoded),
        ),
      ]),
    );

    const message = await parse(raw);

    expect(message.attachments[0].sizeBytes).toBe(bytes.length);
    expect(bytes.equals(message.attachments[0].content)).toBe(true);
  });

  it('cuts a text and an HTML part that are too long', async () => {
    const long = 'ü'.repeat(2 * MAX_BODY_BYTES);
    const text = await parse(
      rawMail(
        [...ordinaryHeader, 'Content-Type: text/plain; charset=utf-8'],
        long,
      ),
    );
    const html = await parse(
      rawMail(
        [...ordinaryHeader, 'Content-Type: text/html; charset=utf-8'],
        long,
      ),
    );

    expect(Buffer.byteLength(text.text)).toBe(MAX_BODY_BYTES);
    expect(Buffer.byteLength(html.html ?? '')).toBe(MAX_BODY_BYTES);
  });

  it('freezes what it gives', async () => {
    const message = await parse(
      rawMail(
        [...ordinaryHeader, 'Content-Type: multipart/mixed; boundary=b1'],
        multipart('b1', [part(['Content-Type: image/png'], 'x')]),
      ),
    );

    const frozen = [
      message,
      message.from,
      message.to,
      message.to[0],
      message.cc,
      message.replyTo,
      message.inReplyTo,
      message.references,
      message.attachments,
      message.attachments[0],
    ];
    expect(frozen.map(value => Object.isFrozen(value))).toEqual(
      frozen.map(() => true),
    );
  });

  it('neither throws nor breaks a bound, whatever the bytes', async () => {
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ maxLength: 2_000 }), async bytes => {
        await expectVerdict(Buffer.from(bytes));
      }),
      { numRuns: 300 },
    );
  });

  it('neither throws nor breaks a bound, whatever is done to a mail', async () => {
    const piece = fc.oneof(
      fc.constantFrom(...awkwardPieces),
      fc.string({ unit: 'binary', maxLength: 30 }),
    );
    const change = fc.record({
      at: fc.double({ min: 0, max: 1, noNaN: true }),
      drop: fc.nat(40),
      insert: piece,
    });
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom(...seedMails()),
        fc.array(change, { minLength: 1, maxLength: 12 }),
        async (seed, changes) => {
          let mail = seed;
          for (const { at, drop, insert } of changes) {
            const position = Math.floor(at * mail.length);
            mail = Buffer.concat([
              mail.subarray(0, position),
              Buffer.from(insert),
              mail.subarray(position + drop),
            ]);
          }
          await expectVerdict(mail);
        },
      ),
      { numRuns: 600 },
    );
  }, 60_000);
});

function seedMails(): Buffer[] {
  return [
    rawMail(ordinaryHeader),
    rawMail(
      [...ordinaryHeader, 'Content-Type: multipart/mixed; boundary=b1'],
      multipart('b1', [
        part(
          ['Content-Type: multipart/alternative; boundary=b2'],
          multipart('b2', [
            part(
              ['Content-Transfer-Encoding: quoted-printable'],
              'Hello =C3=BC=\n there',
            ),
            part(['Content-Type: text/html'], '<p>Hello &uuml;</p>'),
          ]),
        ),
        part(
          [
            'Content-Type: image/png; name="=?utf-8?Q?=C3=BC.png?="',
            'Content-ID: <a@b>',
            'Content-Transfer-Encoding: base64',
          ],
          'aGVsbG8=',
        ),
      ]),
    ),
  ];
}

async function expectVerdict(raw: Buffer) {
  const verdict = await parseMessage(raw, aWaitingMessage(), {});
  const { subject = '', sender = '' } = verdict.head;
  [subject, sender].forEach(expectOneLine);
  if (verdict.kind === 'parsed') {
    expectBounded(verdict.message);
  }
}

function expectBounded(message: IncomingMessage) {
  const addresses = [
    ...(message.from ? [message.from] : []),
    ...message.to,
    ...message.cc,
    ...message.replyTo,
  ];
  const ids = [...message.inReplyTo, ...message.references];
  [
    message.subject,
    ...ids,
    ...addresses.flatMap(({ name = '', address = '' }) => [name, address]),
    ...message.attachments.flatMap(attachment => [
      attachment.name,
      attachment.contentType,
      attachment.contentId ?? '',
    ]),
  ].forEach(expectOneLine);
  [message.text, message.html ?? ''].forEach(text => {
    expect(text).not.toMatch(/\0|\r|\p{Surrogate}/u);
    expect(Buffer.byteLength(text)).toBeLessThanOrEqual(MAX_BODY_BYTES);
  });
  addresses.forEach(({ address }) => {
    expect(address ?? 'a@b').toMatch(/^[^\s@<>"(),:;\\]+@[a-z0-9.-]+$/);
  });
  expect(message.subject.length).toBeLessThanOrEqual(MAX_SUBJECT_LENGTH);
  expect(message.inReplyTo.length).toBeLessThanOrEqual(MAX_REFERENCES);
  expect(message.references.length).toBeLessThanOrEqual(MAX_REFERENCES);
  expect(message.attachments.length).toBeLessThanOrEqual(200);
  message.attachments.forEach(({ name }) => {
    expect(name).not.toBe('');
    expect(Buffer.byteLength(name)).toBeLessThanOrEqual(150);
  });
  expect(message.sentAt?.getTime()).not.toBeNaN();
}

function expectOneLine(text: string) {
  // eslint-disable-next-line no-control-regex
  expect(text).not.toMatch(/[\x00-\x1f\x7f-\x9f]|\p{Surrogate}/u);
}
