// SPDX-License-Identifier: Apache-2.0
import type { MessageBuilder } from './messageBuilder';

const MIB = 1_048_576;

/**
 * What people and programs put into mails, within the bounds that a parsed one
 * has: whatever passes the plugin's parser may reach a handler.
 */
export const hostileMails: Readonly<
  Record<string, (mail: MessageBuilder) => MessageBuilder>
> = {
  'nothing in it': mail => mail.subject('').text('').messageId(undefined),
  'no sender': mail => mail.from(undefined).sentAt(undefined),
  'a subject of 998 characters': mail => mail.subject('x'.repeat(998)),
  'a mebibyte of text in one line': mail => mail.text('a '.repeat(MIB / 2)),
  'a mebibyte of empty lines': mail => mail.text('\n'.repeat(MIB)),
  'unusual characters everywhere': mail =>
    mail
      .subject('\u202e\u{1f4a5} \ufeff e\u0301\u0302 \ufffd')
      .text("\u{10ffff}\u200b\u2028\t\u0007 %s ${x} {{x}} '; --")
      .from('"><script>@example.com', '\u202eevil'),
  'headers named as what objects have': mail =>
    mail
      .header('__proto__', 'polluted')
      .header('constructor', 'polluted')
      .header('hasOwnProperty', 'polluted')
      .header('toString', ''),
  'five hundred headers': mail =>
    Array.from({ length: 500 }).reduce<MessageBuilder>(
      (built, _, n) => built.header(`x-${n % 7}`, 'x'.repeat(998)),
      mail,
    ),
  'two hundred attachments': mail =>
    Array.from({ length: 200 }).reduce<MessageBuilder>(
      (built, _, n) =>
        built.attachment(`__proto__.${n}`, { content: Buffer.alloc(n) }),
      mail,
    ),
  'hostile HTML': mail =>
    mail.html('<img src=x onerror=alert(1)><style>*{}</style>'.repeat(1_000)),
};
