// SPDX-License-Identifier: Apache-2.0
import { contentHash } from './contentHash';

const hash = (...lines: string[]) =>
  contentHash(Buffer.from(lines.join('\r\n'), 'latin1'));

const mail = [
  'From: Carla <carla@customer.test>',
  'Subject: a long one',
  'Message-ID: <1@customer.test>',
  '',
  'Hello.',
];

describe('contentHash', () => {
  it('is the same for copies that came by different ways', () => {
    expect(hash(...mail)).toMatch(/^[\w-]{43}$/);
    expect(
      hash(
        'Received: from a by b',
        'DELIVERED-TO: support@corp.test',
        'subject:  a',
        '  long one ',
        'MESSAGE-ID: <1@customer.test>',
        'from:Carla <carla@customer.test>',
        '',
        'Hello.',
      ),
    ).toBe(hash(...mail));
  });

  it.each([
    ['the sender', 0, 'From: Carla <carla@attacker.test>'],
    ['the subject', 1, 'Subject: another'],
    ['the Message-ID', 2, 'Message-ID: <2@customer.test>'],
    ['the body', 4, 'Hello!'],
    ['a second sender', 1, 'Subject: a long one\r\nFrom: b@corp.test'],
  ])('differs by %s', (_name, at, line) => {
    expect(hash(...mail.map((other, n) => (n === at ? line : other)))).not.toBe(
      hash(...mail),
    );
  });

  it('says nothing of mail without a Message-ID', () => {
    expect(hash('Subject: backup done', '', 'ok')).toBeUndefined();
    expect(hash('Message-ID: ', '', 'ok')).toBeUndefined();
    expect(hash('', 'Message-ID: <1@customer.test>')).toBeUndefined();
    expect(hash('')).toBeUndefined();
  });
});
