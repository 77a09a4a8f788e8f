// SPDX-License-Identifier: Apache-2.0
import { aMessage } from './messageBuilder';

describe('aMessage', () => {
  it('builds an ordinary mail, each one another', () => {
    const [one, two] = [aMessage().build(), aMessage().build()];

    expect(one).toMatchObject({
      from: { address: 'ann@example.com' },
      subject: 'A question',
      truncated: false,
    });
    expect(one.id).not.toBe(two.id);
    expect(one.messageId).not.toBe(two.messageId);
  });

  it('builds what it is told, frozen like a real one', () => {
    const original = aMessage().messageId('a@x').references('r@x').build();
    const message = aMessage()
      .from('bob@example.com', 'Bob')
      .cc('c@example.com')
      .project(undefined)
      .text('Hi')
      .attachment('a.txt', { contentType: 'text/plain', content: 'äbc' })
      .replyingTo(original)
      .build();

    expect(message).toMatchObject({
      from: { address: 'bob@example.com', name: 'Bob' },
      cc: [{ address: 'c@example.com' }],
      projectRef: undefined,
      subject: 'Re: A question',
      inReplyTo: ['a@x'],
      references: ['r@x', 'a@x'],
      attachments: [{ name: 'a.txt', contentType: 'text/plain', sizeBytes: 4 }],
    });
    for (const value of [
      message,
      message.from,
      message.cc,
      message.cc[0],
      message.attachments[0],
    ]) {
      expect(Object.isFrozen(value)).toBe(true);
    }
  });

  it('does not change what was built before', () => {
    const builder = aMessage().subject('one').attachment('a');
    const first = builder.build();
    const second = builder.subject('two').attachment('b').build();

    expect(first.subject).toBe('one');
    expect(first.attachments).toHaveLength(1);
    expect(second.attachments).toHaveLength(2);
  });
});
