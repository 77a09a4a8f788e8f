// SPDX-License-Identifier: Apache-2.0
import { once } from 'node:events';
import type { Socket } from 'node:net';
import type { Connection } from '../connections/ConnectionServer';
import type { MailAccount } from '../imap/MailStore';
import { sleep } from '../sleep';
import { allCommands } from './commands/allCommands';
import { LineReader, type LineEvent } from './LineReader';
import type { Maildrop } from './Maildrop';
import type { OpenMaildrop } from './Maildrops';
import { dotStuff, TERMINATOR } from './multiLine';
import { formatStatus, refused, type Pop3Reply } from './Pop3Reply';
import type { Pop3Services, Pop3Session } from './Pop3Session';

/** Far above what a line may have (RFC 2449 section 4), for long tokens. */
const MAX_LINE_BYTES = 16 * 1024;

const LOGIN_TIMEOUT_MS = 60_000;
/** RFC 1939 section 3 asks for 10 minutes at least. */
const INACTIVITY_TIMEOUT_MS = 11 * 60_000;

/** A client that sends nothing but nonsense is let go after so much of it. */
const MAX_BAD_COMMANDS = 50;

/**
 * One connection: reads commands, runs them one after the other (so pipelining
 * works, RFC 2449 section 6.6) and sends the replies. Its lock on the maildrop
 * ends with the socket.
 */
export class Pop3Connection implements Pop3Session, Connection {
  readonly services: Pop3Services;
  user: string | undefined;
  readonly #socket: Socket;
  readonly #reader = new LineReader(MAX_LINE_BYTES);
  readonly #lines: AsyncGenerator<LineEvent, void>;
  readonly #closed = new AbortController();
  #account: MailAccount | undefined;
  #open: OpenMaildrop | undefined;
  #ending = false;
  #silent = false;
  #badCommands = 0;
  /** Bytes sent while the fault that counts them was on. */
  #countedBytes = 0;

  constructor(socket: Socket, services: Pop3Services) {
    this.#socket = socket;
    this.services = services;
    this.#lines = this.#readLines();
    socket.setNoDelay(true);
    socket.setTimeout(LOGIN_TIMEOUT_MS, () => socket.destroy());
    // A reset is the end of the connection and not news to anybody.
    socket.on('error', () => undefined);
    socket.on('close', () => {
      this.#closed.abort();
      this.#open?.release();
    });
  }

  get maildrop(): Maildrop | undefined {
    return this.#open?.maildrop;
  }

  async run(): Promise<void> {
    try {
      await this.sendLine('+OK Mail sandbox ready');
      while (!this.#ending) {
        const { value: event, done } = await this.#lines.next();
        if (done || !event) break;
        await this.#handle(event);
      }
    } catch (error) {
      // A client that vanished in the middle of something is no failure.
      if (!this.#socket.destroyed) {
        this.services.logger.warn('A POP3 connection failed', {
          error: String(error),
        });
      }
    }
    this.#socket.end(() => this.#socket.destroy());
  }

  destroy(): void {
    this.#socket.destroy();
  }

  login(account: MailAccount): boolean {
    this.#open = this.services.maildrops.open(account);
    if (!this.#open) return false;
    this.#account = account;
    this.#socket.setTimeout(INACTIVITY_TIMEOUT_MS);
    return true;
  }

  update(): void {
    if (!this.#open || !this.#account) return;
    const { maildrop } = this.#open;
    maildrop.update();
    this.services.maildrops.noteRetrieved(this.#account, maildrop);
    this.#open.release();
  }

  end(): void {
    this.#ending = true;
  }

  hangUp(): void {
    this.#ending = true;
    this.#silent = true;
  }

  sendLine(line: string): Promise<void> {
    return this.#send(Buffer.from(`${line}\r\n`, 'latin1'));
  }

  async readLine(): Promise<string | undefined> {
    const { value: event, done } = await this.#lines.next();
    return done || event?.kind !== 'line' ? undefined : event.line;
  }

  async *#readLines(): AsyncGenerator<LineEvent, void> {
    for await (const chunk of this.#socket) yield* this.#reader.push(chunk);
  }

  async #handle(event: LineEvent): Promise<void> {
    await sleep(this.services.faults.current.pop3DelayMs, this.#closed.signal);
    const reply =
      event.kind === 'line'
        ? await this.#run(event.line)
        : refused('Line too long');
    if (this.#silent) return;
    if (reply.body === undefined) {
      await this.sendLine(formatStatus(reply));
      return;
    }
    await this.#sendMultiLine(reply, reply.body);
  }

  /** Runs the command that a line holds; its keyword in any case of letters. */
  async #run(line: string): Promise<Pop3Reply> {
    const [, keyword, argument = ''] = /^(\w*)(?: (.*))?$/.exec(line) ?? [];
    const spec = allCommands.get(keyword?.toUpperCase() ?? '');
    if (!spec) return this.#unknown();
    // A password may begin and end with spaces; nothing else may.
    const text = spec === allCommands.get('PASS') ? argument : argument.trim();
    const { maildrop } = this;
    switch (spec.state) {
      case 'any':
        return spec.run(this, text);
      case 'authorization':
        return maildrop ? refused('Already logged in') : spec.run(this, text);
      default:
        return maildrop
          ? spec.run({ session: this, maildrop }, text)
          : refused('Log in first');
    }
  }

  #unknown(): Pop3Reply {
    this.#badCommands += 1;
    if (this.#badCommands >= MAX_BAD_COMMANDS) this.#ending = true;
    return refused('Unknown command');
  }

  async #sendMultiLine(reply: Pop3Reply, body: Buffer): Promise<void> {
    const { pop3StallAfterBytes, pop3Unterminated } =
      this.services.faults.current;
    const text = dotStuff(body);
    await this.sendLine(formatStatus(reply));
    if (
      reply.isMessage &&
      pop3StallAfterBytes !== undefined &&
      pop3StallAfterBytes < text.length
    ) {
      await this.#send(text.subarray(0, pop3StallAfterBytes));
      await this.#untilClosed();
      return;
    }
    await this.#send(text);
    if (!pop3Unterminated) await this.#send(TERMINATOR);
  }

  async #send(bytes: Buffer): Promise<void> {
    if (this.#socket.destroyed || !this.#socket.writable) return;
    const limit = this.services.faults.current.pop3DropAfterBytes;
    if (limit !== undefined) {
      const room = Math.max(0, limit - this.#countedBytes);
      if (bytes.length > room) {
        this.#ending = true;
        this.#socket.end(bytes.subarray(0, room), () => this.destroy());
        return;
      }
      this.#countedBytes += bytes.length;
    }
    // A client that stops reading is closed by the inactivity timeout.
    if (!this.#socket.write(bytes)) await this.#orClosed('drain');
  }

  async #orClosed(event: string): Promise<void> {
    await once(this.#socket, event, { signal: this.#closed.signal }).catch(
      () => {
        // Closed, or failed, which closes it: either way the wait is over.
      },
    );
  }

  /** Ends with the connection, which the inactivity timeout bounds. */
  async #untilClosed(): Promise<void> {
    this.#ending = true;
    // What the client sends meanwhile is read, or its end would go unnoticed.
    while (!(await this.#lines.next()).done);
  }
}
