// SPDX-License-Identifier: Apache-2.0
import { MailAttachment } from '@postroom/plugin-incoming-mail-node';
import { Piscina } from 'piscina';
import { WaitingMessage } from '../../inbox';
import { MOVED_FROM_BYTES, Parser, ParserDiedError, RawMail } from './Parser';
import { parseInThread, ParseTask, parseThreadFile } from './parseInThread';
import { ParseVerdict } from './parseMessage';

/** A thread that has nothing to do is kept this long. */
const IDLE_MS = 30_000;
/**
 * What is read is given away at once. Node would let 48 MB of it pile up before
 * it looks.
 */
const YOUNG_MB = 12;

export interface ParserPoolOptions {
  /** The most mails that are read at the same time. */
  readonly threads: number;
  /** How long one mail, or several together, may take; then its thread is ended. */
  readonly timeoutMs: number;
  /** How much memory one mail, or several together, may use besides their bytes; then the thread is ended. */
  readonly heapMb: number;
  /** What Node is started with in a thread; that of the process unless told. */
  readonly execArgv?: readonly string[];
  /** What threads load instead of `parseInThread`. */
  readonly threadFile?: string;
}

/**
 * Reads mails in threads of their own, so that one that is made to hang a
 * parser, or to fill the memory, costs a thread and not the backend: other
 * mails, visits and people's requests go on meanwhile. Threads are started
 * when there is something to read.
 */
export class ParserPool implements Parser {
  readonly #pool: Piscina<ParseTask, ParseVerdict[]>;
  readonly #timeoutMs: number;
  readonly #queue: (() => void)[] = [];
  #freeThreads: number;

  constructor({
    threads,
    timeoutMs,
    heapMb,
    execArgv,
    threadFile = parseThreadFile,
  }: ParserPoolOptions) {
    this.#timeoutMs = timeoutMs;
    this.#freeThreads = threads;
    this.#pool = new Piscina({
      filename: threadFile,
      // Said here and not with each task: a thread that has just been started
      // loads the file for whatever name the pool has, as CommonJS and, where
      // there is no such function in it, once more as a module.
      name: parseInThread.name,
      minThreads: 0,
      maxThreads: threads,
      idleTimeout: IDLE_MS,
      resourceLimits: {
        maxOldGenerationSizeMb: heapMb,
        maxYoungGenerationSizeMb: YOUNG_MB,
      },
      ...(execArgv && { execArgv: [...execArgv] }),
    });
    // What kills a thread rejects its task as well; unheard it ends the process.
    this.#pool.on('error', () => {});
  }

  async parse(
    raw: Buffer,
    waiting: WaitingMessage,
    options: { projectRef?: string },
  ): Promise<ParseVerdict> {
    const [verdict] = await this.#run(
      { mails: [{ raw, waiting }], ...options },
      raw.length >= MOVED_FROM_BYTES ? [raw.buffer] : [],
    );
    return verdict;
  }

  /**
   * Saves a task, and waking a thread, for each mail but the first. The mails
   * are copied, however large: they may have to be read once more.
   */
  async parseTogether(
    mails: readonly RawMail[],
    options: { projectRef?: string },
  ): Promise<ParseVerdict[]> {
    return this.#run({ mails, ...options }, []);
  }

  async #run(
    task: ParseTask,
    transferList: readonly ArrayBufferLike[],
  ): Promise<ParseVerdict[]> {
    await this.#takeThread();
    // Only now: a mail must not pay for the one before it.
    const deadline = AbortSignal.timeout(this.#timeoutMs);
    try {
      const verdicts = await this.#pool.run(task, {
        signal: deadline,
        transferList: [...transferList],
      });
      return verdicts.map(restore);
    } catch (error) {
      if (deadline.aborted) {
        throw new ParserDiedError('Reading it took too long');
      }
      if (isOutOfMemory(error)) {
        throw new ParserDiedError('Reading it took too much memory');
      }
      if (hasEnded(error)) {
        throw new ParserDiedError('What was reading it has ended');
      }
      throw error;
    } finally {
      this.#giveThread();
    }
  }

  async close(): Promise<void> {
    await this.#pool.destroy();
  }

  // Bounded by the number of mailboxes that are worked on at a time.
  async #takeThread(): Promise<void> {
    if (this.#freeThreads > 0) {
      this.#freeThreads -= 1;
      return;
    }
    await new Promise<void>(resolve => this.#queue.push(resolve));
  }

  #giveThread(): void {
    const next = this.#queue.shift();
    if (next) {
      next();
    } else {
      this.#freeThreads += 1;
    }
  }
}

function isOutOfMemory(error: unknown): boolean {
  return (
    typeof error === 'object' &&
    error !== null &&
    'code' in error &&
    error.code === 'ERR_WORKER_OUT_OF_MEMORY'
  );
}

// Nothing of ours ends a thread, but what is in one may: a native module, or a
// lack of memory that Node has no name for. Piscina has only these words.
function hasEnded(error: unknown): boolean {
  return error instanceof Error && /^worker exited\b/i.test(error.message);
}

// What comes from another thread is a copy: buffers are plain arrays of bytes
// in it, and nothing is frozen.
function restore(verdict: ParseVerdict): ParseVerdict {
  if (verdict.kind === 'unreadable') {
    return verdict;
  }
  const { message } = verdict;
  const { from, headers, replyTo, to, cc, inReplyTo, references } = message;
  [headers, replyTo, to, cc].flat().forEach(Object.freeze);
  [headers, replyTo, to, cc, inReplyTo, references].forEach(Object.freeze);
  if (from) {
    Object.freeze(from);
  }
  return {
    ...verdict,
    message: Object.freeze({
      ...message,
      attachments: Object.freeze(message.attachments.map(restoreAttachment)),
    }),
  };
}

function restoreAttachment(attachment: MailAttachment): MailAttachment {
  const { buffer, byteOffset, byteLength } = attachment.content;
  return Object.freeze({
    ...attachment,
    content: Buffer.from(buffer, byteOffset, byteLength),
  });
}
