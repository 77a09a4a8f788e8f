// SPDX-License-Identifier: Apache-2.0
import { FailureCode, TraceStep } from '@postroom/plugin-incoming-mail-common';
import { IncomingMessage } from '@postroom/plugin-incoming-mail-node';
import { MessageHead, RawMailStore, WaitingMessage } from '../inbox';
import { Mailbox } from '../mailboxes';
import { Parser, ParserDiedError, RawMail } from './parse/Parser';
import { ParseVerdict } from './parse/parseMessage';
import { failed, passed, stopped } from './steps';

/**
 * A stored mail, read. `unusable` is for a person to look at; `given-up` used
 * up what a mail may use, which another attempt may not.
 */
export type MessageReading =
  | {
      readonly kind: 'read';
      readonly message: IncomingMessage;
      readonly head: MessageHead;
      readonly step: TraceStep;
    }
  | {
      readonly kind: 'unusable' | 'given-up';
      readonly failure: FailureCode;
      readonly head: MessageHead;
      readonly step: TraceStep;
    };

/** Fetches the bytes of a mail and reads them. Never throws for what is in it. */
export async function readMessage(
  message: WaitingMessage,
  mailbox: Pick<Mailbox, 'projectRef'>,
  {
    rawMails,
    parser,
  }: { readonly rawMails: Pick<RawMailStore, 'read'>; readonly parser: Parser },
): Promise<MessageReading> {
  const raw = await rawMails.read(message.id);
  return readRaw({ raw, waiting: message }, mailbox, parser);
}

/**
 * Reads several mails whose bytes are at hand, at one go. Where one of them
 * is too much for the parser, all are read one by one, so that it alone is
 * given up.
 */
export async function readMessages(
  mails: readonly RawMail[],
  mailbox: Pick<Mailbox, 'projectRef'>,
  parser: Parser,
): Promise<MessageReading[]> {
  try {
    const { projectRef } = mailbox;
    const verdicts = await parser.parseTogether?.(mails, { projectRef });
    if (verdicts) {
      return mails.map(({ waiting }, at) => toReading(waiting, verdicts[at]));
    }
  } catch (error) {
    if (!(error instanceof ParserDiedError)) {
      throw error;
    }
  }
  const readings: MessageReading[] = [];
  for (const mail of mails) {
    readings.push(await readRaw(mail, mailbox, parser));
  }
  return readings;
}

async function readRaw(
  { raw, waiting }: RawMail,
  { projectRef }: Pick<Mailbox, 'projectRef'>,
  parser: Parser,
): Promise<MessageReading> {
  try {
    const verdict = await parser.parse(raw, waiting, { projectRef });
    return toReading(waiting, verdict);
  } catch (error) {
    if (!(error instanceof ParserDiedError)) {
      throw error;
    }
    const step = failed('parse', error.message);
    return { kind: 'given-up', failure: 'message-unreadable', head: {}, step };
  }
}

function toReading(
  message: WaitingMessage,
  verdict: ParseVerdict,
): MessageReading {
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
  return {
    kind: 'read',
    message: message.imported
      ? Object.freeze({ ...verdict.message, imported: true })
      : verdict.message,
    head,
    step,
  };
}

function describeParts(message: IncomingMessage): string {
  const { length } = message.attachments;
  if (length === 0) {
    return 'Read, without attachments';
  }
  return length === 1 ? 'Read, 1 attachment' : `Read, ${length} attachments`;
}
