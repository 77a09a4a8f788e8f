// SPDX-License-Identifier: Apache-2.0
import { MailFailure } from '@postroom/plugin-incoming-mail-node';
import { MailSession, OpenFolder, SessionCredentials } from '../transport';

/**
 * The connection of one mailbox, for one visit or several. What was opened is
 * closed once: by the visit, or later by whoever keeps the connection.
 */
export class MailboxConnection {
  readonly #mayStay: boolean;
  #session?: MailSession;
  #hasAnswered = false;
  #life = new AbortController();
  #endVisit = () => {};

  /** @param mayStay - to be kept after a visit, where the server tells of news */
  constructor(mayStay: boolean = false) {
    this.#mayStay = mayStay;
  }

  /** What it was signed in with. */
  credentials?: SessionCredentials;

  /** Whether it was left open for the next visit. */
  get isOpen(): boolean {
    return this.#session !== undefined;
  }

  /** Whether the server has opened the folder for the visit under way. */
  get hasAnswered(): boolean {
    return this.#hasAnswered;
  }

  /**
   * Begins a visit: opens the folder over the connection that is there or,
   * where there is none that still answers, over a new one. Servers end
   * sessions when they like, so the end of a former one is no failure.
   *
   * @param visit.connect - opens a signed-in session, which lives until its
   *   signal is aborted
   * @param visit.isCurrent - whether the connection that is there may still be
   *   used; throws where the mailbox may not be read any more
   * @param visit.signal - closes the connection, until the visit ends
   * @throws MailFailure
   */
  async open(
    folder: string,
    visit: {
      connect(life: AbortSignal): Promise<MailSession>;
      isCurrent(): Promise<boolean>;
      signal: AbortSignal;
    },
  ): Promise<{ session: MailSession; folder: OpenFolder }> {
    const { connect, signal } = visit;
    this.#hasAnswered = false;
    const abort = () => this.#life.abort(signal.reason);
    signal.addEventListener('abort', abort, { once: true });
    this.#endVisit = () => signal.removeEventListener('abort', abort);
    signal.throwIfAborted();

    const opened = await this.#reopen(folder, visit);
    if (opened) {
      return opened;
    }
    this.#life = new AbortController();
    if (signal.aborted) {
      abort();
    }
    const session = await connect(this.#life.signal);
    this.#session = session;
    return this.#opened(session, await session.open(folder));
  }

  /** Ends a visit that came to its end: the connection stays, if it may. */
  async rest(): Promise<void> {
    this.#endVisit();
    if (!this.#mayStay || !this.#session?.waitForNews) {
      await this.close({ stored: true });
    }
  }

  /**
   * Waits for news between two visits; see {@link MailSession.waitForNews}.
   *
   * @throws MailFailure
   */
  async waitForNews(signal: AbortSignal): Promise<void> {
    await this.#session?.waitForNews?.(signal);
  }

  /** Closes what is open. Never throws; may be called twice. */
  async close(options: { stored: boolean }): Promise<void> {
    this.#endVisit();
    const session = this.#session;
    this.#session = undefined;
    await session?.close(options);
  }

  async #reopen(
    folder: string,
    {
      isCurrent,
      signal,
    }: { isCurrent(): Promise<boolean>; signal: AbortSignal },
  ) {
    const session = this.#session;
    if (!session) {
      return undefined;
    }
    if (!(await isCurrent())) {
      this.#session = undefined;
      await session.close({ stored: true });
      return undefined;
    }
    try {
      return this.#opened(session, await session.open(folder));
    } catch (error) {
      if (signal.aborted || !MailFailure.is(error)) {
        throw error;
      }
      this.#session = undefined;
      await session.close({ stored: true });
      return undefined;
    }
  }

  #opened(session: MailSession, folder: OpenFolder) {
    this.#hasAnswered = true;
    return { session, folder };
  }
}
