// SPDX-License-Identifier: Apache-2.0
import { WaitingMessage } from '../../inbox';
import { parseMessage, ParseVerdict } from './parseMessage';

/** Where this file is, for the thread that runs it; built files have other names. */
export const parseThreadFile = __filename;

/** What a thread is asked to read. Structured-clonable. */
export interface ParseTask {
  readonly mails: ReadonlyArray<{
    readonly raw: Uint8Array;
    readonly waiting: WaitingMessage;
  }>;
  readonly projectRef?: string;
}

/** What runs in a thread of {@link openParserPool}: some mails, and nothing of the rest of the backend. */
export async function parseInThread({
  mails,
  projectRef,
}: ParseTask): Promise<ParseVerdict[]> {
  return Promise.all(
    mails.map(({ raw, waiting }) =>
      parseMessage(
        // A buffer arrives as the array of bytes that it is made of.
        Buffer.from(raw.buffer, raw.byteOffset, raw.byteLength),
        waiting,
        { projectRef },
      ),
    ),
  );
}
