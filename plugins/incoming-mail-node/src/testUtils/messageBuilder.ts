// SPDX-License-Identifier: Apache-2.0
import { randomUUID } from 'node:crypto';
import type { IncomingMessage, MailAddress, MailAttachment } from '../message';

/**
 * A mail in the making; see {@link aMessage}. Every method but
 * {@link MessageBuilder.build} changes it and returns it.
 *
 * @public
 */
export class MessageBuilder {
  #fields: Mutable<IncomingMessage>;

  /** @internal */
  constructor() {
    const id = randomUUID();
    this.#fields = {
      id,
      mailboxId: 'test-mailbox',
      projectRef: 'component:default/test-project',
      acceptedAt: new Date('2030-01-01T12:00:05Z'),
      sentAt: new Date('2030-01-01T12:00:00Z'),
      messageId: `${id}@mail.example`,
      inReplyTo: [],
      references: [],
      from: { name: 'Ann Example', address: 'ann@example.com' },
      replyTo: [],
      to: [{ address: 'project@example.com' }],
      cc: [],
      subject: 'A question',
      headers: [],
      text: 'Hello,\n\nhow does it work?\n',
      attachments: [],
      sizeBytes: 1_000,
      truncated: false,
    };
  }

  /** Our id of the mail; the same mail at another attempt has the same. */
  id(id: string): this {
    this.#fields.id = id;
    return this;
  }

  /** The mailbox that it came through. */
  mailbox(mailboxId: string): this {
    this.#fields.mailboxId = mailboxId;
    return this;
  }

  /** The project whose channel it came through, as an entity ref; undefined for a mail server. */
  project(projectRef: string | undefined): this {
    this.#fields.projectRef = projectRef;
    return this;
  }

  /** Who wrote; undefined for a mail without a `From` field. */
  from(address: string | undefined, name?: string): this {
    this.#fields.from =
      address === undefined ? undefined : toAddress(address, name);
    return this;
  }

  /** To whom. */
  to(...addresses: string[]): this {
    this.#fields.to = addresses.map(address => toAddress(address));
    return this;
  }

  /** To whom else. */
  cc(...addresses: string[]): this {
    this.#fields.cc = addresses.map(address => toAddress(address));
    return this;
  }

  /** Where answers are wanted. */
  replyTo(...addresses: string[]): this {
    this.#fields.replyTo = addresses.map(address => toAddress(address));
    return this;
  }

  /** One line, possibly empty. */
  subject(subject: string): this {
    this.#fields.subject = subject;
    return this;
  }

  /** Adds a field to the header, whatever its name. */
  header(name: string, value: string): this {
    const field = { name: name.toLowerCase(), value };
    this.#fields.headers = [...this.#fields.headers, field];
    return this;
  }

  /** The text part. */
  text(text: string): this {
    this.#fields.text = text;
    return this;
  }

  /** The HTML part, as hostile as you like; undefined for none. */
  html(html: string | undefined): this {
    this.#fields.html = html;
    return this;
  }

  /** Adds an attachment. Content given as a string is UTF-8. */
  attachment(
    name: string,
    options: {
      contentType?: string;
      content?: Uint8Array | string;
      contentId?: string;
    } = {},
  ): this {
    const content = Buffer.from(options.content ?? '');
    const attachment: MailAttachment = {
      name,
      contentType: options.contentType ?? 'application/octet-stream',
      sizeBytes: content.length,
      ...(options.contentId !== undefined && { contentId: options.contentId }),
      content,
    };
    this.#fields.attachments = [...this.#fields.attachments, attachment];
    return this;
  }

  /** Without angle brackets; undefined for a mail that has none. */
  messageId(messageId: string | undefined): this {
    this.#fields.messageId = messageId;
    return this;
  }

  /** Makes it an answer, as mail programs do: `In-Reply-To` and `References` name the parent. */
  replyingTo(
    parent: Pick<IncomingMessage, 'messageId' | 'references' | 'subject'>,
  ): this {
    const parentId = parent.messageId === undefined ? [] : [parent.messageId];
    this.#fields.inReplyTo = parentId;
    this.#fields.references = [...parent.references, ...parentId];
    this.#fields.subject = `Re: ${parent.subject}`;
    return this;
  }

  /** The `References` field, oldest first, without angle brackets. */
  references(...messageIds: string[]): this {
    this.#fields.references = messageIds;
    return this;
  }

  /** The `In-Reply-To` field, without angle brackets. */
  inReplyTo(...messageIds: string[]): this {
    this.#fields.inReplyTo = messageIds;
    return this;
  }

  /** What its `Date` field says; undefined for a mail without one. */
  sentAt(date: Date | undefined): this {
    this.#fields.sentAt = date;
    return this;
  }

  /** When it was stored. */
  acceptedAt(date: Date): this {
    this.#fields.acceptedAt = date;
    return this;
  }

  /** The size of the whole mail on the server. */
  sizeBytes(sizeBytes: number): this {
    this.#fields.sizeBytes = sizeBytes;
    return this;
  }

  /** The mail, frozen like a real one. */
  build(): IncomingMessage {
    const fields = { ...this.#fields };
    for (const list of [
      fields.inReplyTo,
      fields.references,
      fields.replyTo,
      fields.to,
      fields.cc,
      fields.headers,
      fields.attachments,
    ]) {
      list.forEach(entry => Object.freeze(entry));
      Object.freeze(list);
    }
    Object.freeze(fields.from);
    return Object.freeze(fields);
  }
}

/**
 * Begins a mail for the test of a handler. Without more it is a short mail
 * that a person wrote to a project:
 *
 * ```ts
 * const message = aMessage()
 *   .from('ann@example.com', 'Ann')
 *   .subject('Printer on fire')
 *   .text('It burns.')
 *   .build();
 * ```
 *
 * Each mail has an id and a Message-ID of its own; what a real one would have
 * checked (bounds, scrubbing) is taken as it is given.
 *
 * @public
 */
export function aMessage(): MessageBuilder {
  return new MessageBuilder();
}

type Mutable<T> = { -readonly [K in keyof T]: T[K] };

function toAddress(address: string, name?: string): MailAddress {
  return { address, ...(name !== undefined && { name }) };
}
