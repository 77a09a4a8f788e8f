// SPDX-License-Identifier: Apache-2.0
import { WaitingMessage } from '../../inbox';
import { parseMessage, ParseVerdict } from './parseMessage';

/**
 * From so many bytes on, memory changes hands between threads; below, it is
 * copied, as it may belong to several.
 */
export const MOVED_FROM_BYTES = 2 * 1_048_576;

/** Reads mails. */
export interface Parser {
  /**
   * Reads a mail; see {@link parseMessage}.
   *
   * @param raw - not to be used afterwards; of a large one the memory goes
   * @throws ParserDiedError where the mail, not the backend, is to blame
   */
  parse(
    raw: Buffer,
    waiting: WaitingMessage,
    options: { projectRef?: string },
  ): Promise<ParseVerdict>;
  /** Gives up what is being read, and ends. */
  close(): Promise<void>;
}

/** A mail used up the time or the memory that a mail may use. `message` is a sentence for the mail log. */
export class ParserDiedError extends Error {}

/** Reads mails where it is called: nothing bounds what one of them costs the others. */
export const parserInPlace: Parser = {
  parse: parseMessage,
  async close() {},
};
