// SPDX-License-Identifier: Apache-2.0
import {
  AttachmentSummary,
  RequestPriority,
} from '@postroom/plugin-incoming-mail-common';
import { IncomingMessage } from '@postroom/plugin-incoming-mail-node';

/** What a request and a comment alike keep of a mail. */
export interface RequestFields {
  readonly messageId: string;
  readonly senderName?: string;
  readonly senderAddress?: string;
  readonly text: string;
  /** As it came; sanitised when it is read. */
  readonly html?: string;
  readonly attachments: readonly AttachmentSummary[];
  readonly sentAt: Date;
}

/** What the settings of a handler say of every request that it makes. */
export interface RequestMarks {
  readonly requestType?: string;
  readonly priority?: RequestPriority;
  readonly labels: readonly string[];
}

/** Takes from a mail what is kept of it. */
export function toRequestFields(message: IncomingMessage): RequestFields {
  return {
    messageId: message.id,
    senderName: message.from?.name,
    senderAddress: message.from?.address,
    text: message.text,
    html: message.html,
    attachments: message.attachments.map(attachment => ({
      name: attachment.name,
      contentType: attachment.contentType,
      sizeBytes: attachment.sizeBytes,
    })),
    sentAt: message.sentAt ?? message.acceptedAt,
  };
}

const MAX_EXCERPT_LENGTH = 200;

/**
 * The first words of a text in one line, without quoted lines; of a text that
 * has only quoted lines, the first words of those.
 */
export function excerptOf(text: string): string {
  const lines = text.split('\n');
  const own = lines.filter(line => !line.startsWith('>'));
  return toExcerpt(own) || toExcerpt(lines);
}

function toExcerpt(lines: readonly string[]): string {
  return (
    lines
      .join(' ')
      .replace(/\s+/g, ' ')
      .trim()
      .slice(0, MAX_EXCERPT_LENGTH)
      // A surrogate pair that the cut went through.
      .replace(/[\ud800-\udbff]$/, '')
      .trimEnd()
  );
}
