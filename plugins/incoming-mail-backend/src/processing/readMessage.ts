// SPDX-License-Identifier: Apache-2.0
import { FailureCode, TraceStep } from '@postroom/plugin-incoming-mail-common';
import { IncomingMessage } from '@postroom/plugin-incoming-mail-node';
import { InboxStore, MessageHead, WaitingMessage } from '../inbox';
import { Mailbox } from '../mailboxes';
import { parseMessage } from './parse/parseMessage';
import { failed, passed, stopped } from './steps';

/** A stored mail, read; `unusable` is for a person to look at. */
export type MessageReading =
  | {
      readonly kind: 'read';
      readonly message: IncomingMessage;
      readonly head: MessageHead;
      readonly step: TraceStep;
    }
  | {
      readonly kind: 'unusable';
      readonly failure: FailureCode;
      readonly head: MessageHead;
      readonly step: TraceStep;
    };

/** Fetches the bytes of a mail and reads them. Never throws for what is in it. */
export async function readMessage(
  message: WaitingMessage,
  mailbox: Pick<Mailbox, 'projectRef'>,
  inbox: Pick<InboxStore, 'readRaw'>,
): Promise<MessageReading> {
  const verdict = await parseMessage(await inbox.readRaw(message.id), message, {
    projectRef: mailbox.projectRef,
  });
  const { head } = verdict;
  if (message.truncated) {
    const reason = 'It is over the size limit: only its beginning is here';
    const step = stopped('parse', reason);
    return { kind: 'unusable', failure: 'message-too-large', head, step };
  }
  if (verdict.kind === 'unreadable') {
    const step = failed('parse', verdict.reason);
    return { kind: 'unusable', failure: 'message-unreadable', head, step };
  }
  const step = passed('parse', describeParts(verdict.message));
  return { kind: 'read', message: verdict.message, head, step };
}

function describeParts(message: IncomingMessage): string {
  const { length } = message.attachments;
  if (length === 0) {
    return 'Read, without attachments';
  }
  return length === 1 ? 'Read, 1 attachment' : `Read, ${length} attachments`;
}
