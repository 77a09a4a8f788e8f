// SPDX-License-Identifier: Apache-2.0
import { aMessage } from '@postroom/plugin-incoming-mail-node/testUtils';
import { excerptOf, toRequestFields } from './requestFields';

describe('toRequestFields', () => {
  it('keeps what is shown, and of attachments all but the bytes', () => {
    const message = aMessage()
      .from('ann@example.com', 'Ann')
      .text('Hello')
      .html('<p>Hello</p>')
      .attachment('a.txt', { contentType: 'text/plain', content: 'abc' })
      .sentAt(new Date(5_000))
      .build();

    expect(toRequestFields(message)).toEqual({
      messageId: message.id,
      senderName: 'Ann',
      senderAddress: 'ann@example.com',
      text: 'Hello',
      html: '<p>Hello</p>',
      attachments: [{ name: 'a.txt', contentType: 'text/plain', sizeBytes: 3 }],
      sentAt: new Date(5_000),
    });
  });

  it('takes the time of acceptance for a mail without a date', () => {
    const message = aMessage()
      .sentAt(undefined)
      .acceptedAt(new Date(7_000))
      .from(undefined)
      .build();

    expect(toRequestFields(message)).toMatchObject({
      sentAt: new Date(7_000),
      senderAddress: undefined,
    });
  });
});

describe('excerptOf', () => {
  it.each([
    ['Hello,\n\n  it   burns.\n', 'Hello, it burns.'],
    ['> it burned\n>> before\nNow it is out.', 'Now it is out.'],
    ['> only\n> quoted', '> only > quoted'],
    ['', ''],
    ['x'.repeat(500), 'x'.repeat(200)],
    [`${'x'.repeat(199)}🙂🙂`, 'x'.repeat(199)],
  ])('makes of %j', (text, excerpt) => {
    expect(excerptOf(text)).toBe(excerpt);
  });
});
