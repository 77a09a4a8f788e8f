// SPDX-License-Identifier: Apache-2.0
import { move, transferableSymbol, valueSymbol } from 'piscina';
import { WaitingMessage } from '../../inbox';
import { MOVED_FROM_BYTES } from './Parser';
import { parseMessage, ParseVerdict } from './parseMessage';

/** Where this file is, for the thread that runs it; built files have other names. */
export const parseThreadFile = __filename;

/** What a thread is asked to read. Structured-clonable. */
export interface ParseTask {
  readonly raw: Uint8Array;
  readonly waiting: WaitingMessage;
  readonly projectRef?: string;
}

/** What runs in a thread of {@link openParserPool}: one mail, and nothing of the rest of the backend. */
export async function parseInThread({
  raw,
  waiting,
  projectRef,
}: ParseTask): Promise<ParseVerdict> {
  const verdict = await parseMessage(
    // A buffer arrives as the array of bytes that it is made of.
    Buffer.from(raw.buffer, raw.byteOffset, raw.byteLength),
    waiting,
    { projectRef },
  );
  return moveAttachments(verdict);
}

/** Hands large attachments over with the memory they stand in; small ones are copied. */
function moveAttachments(verdict: ParseVerdict): ParseVerdict {
  const attachments =
    verdict.kind === 'parsed' ? verdict.message.attachments : [];
  const memory = attachments
    .map(({ content }) => content.buffer)
    .filter(({ byteLength }) => byteLength >= MOVED_FROM_BYTES);
  if (memory.length === 0) {
    return verdict;
  }
  return move({
    // Several may be places in one mail.
    [transferableSymbol]: [...new Set(memory)],
    [valueSymbol]: verdict,
  }) as unknown as ParseVerdict;
}
