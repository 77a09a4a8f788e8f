// SPDX-License-Identifier: Apache-2.0
import type { Socket } from 'node:net';
import type { Connection } from '../connections/ConnectionServer';
import { sleep } from '../sleep';
import {
  CommandReader,
  type RawCommand,
  type ReaderEvent,
} from './CommandReader';
import { allCommands } from './commands/allCommands';
import { capabilityList } from './commands/capabilities';
import type { ImapCommandSpec } from './commands/ImapCommandSpec';
import { bad, formatReply, no, type ImapReply } from './ImapReply';
import type { ImapServices, ImapSession } from './ImapSession';
import type { MailAccount } from './MailStore';
import { ImapSyntaxError } from './ImapSyntaxError';
import { parseCommand, type ImapCommand } from './parseCommand';
import type { SelectedMailbox } from './SelectedMailbox';

/** A command line with its sets of UIDs; literals do not count. */
const MAX_TEXT_BYTES = 64 * 1024;
/** A stranger has nothing longer to say than a password. */
const MAX_LITERAL_BYTES_BEFORE_LOGIN = 8 * 1024;
/** The largest mail. */
export const MAX_LITERAL_BYTES = 60 * 1024 * 1024;

const LOGIN_TIMEOUT_MS = 60_000;
/** RFC 3501 section 5.4 asks for 30 minutes at least. */
const INACTIVITY_TIMEOUT_MS = 31 * 60_000;

/** A client that sends nothing but nonsense is let go after so much of it. */
const MAX_BAD_COMMANDS = 50;

/**
 * One connection: reads commands, runs them one after the other, sends the
 * replies and, after each, the news of the open mailbox. Ends with the socket.
 */
export class ImapConnection implements ImapSession, Connection {
  readonly services: ImapServices;
  selected: SelectedMailbox | undefined;
  #socket: Socket;
  #encrypt: ((plain: Socket) => Socket) | undefined;
  #encryptsNext = false;
  #reader = newReader();
  readonly #events: AsyncGenerator<ReaderEvent, void>;
  readonly #closed = new AbortController();
  #account: MailAccount | undefined;
  #ending = false;
  #idle = false;
  #badCommands = 0;
  /** Bytes sent while the fault that counts them was on. */
  #countedBytes = 0;

  /** @param encrypt - starts TLS where STARTTLS is on offer */
  constructor(
    socket: Socket,
    services: ImapServices,
    encrypt?: (plain: Socket) => Socket,
  ) {
    this.#socket = socket;
    this.services = services;
    this.#encrypt = encrypt;
    this.#events = this.#readEvents();
    socket.setNoDelay(true);
    this.#watch(socket);
    socket.on('close', () => this.#closed.abort());
  }

  get account(): MailAccount | undefined {
    return this.#account;
  }

  get offersStartTls(): boolean {
    return this.#encrypt !== undefined;
  }

  get isIdle(): boolean {
    return this.#idle;
  }

  async run(): Promise<void> {
    try {
      await this.sendLine(`* OK [${capabilityList(this)}] Mail sandbox ready`);
      while (!this.#ending) {
        const { value: event, done } = await this.#events.next();
        if (done || !event) break;
        await this.#handle(event);
      }
    } catch (error) {
      // A client that vanished in the middle of something is no failure.
      if (!this.#socket.destroyed) {
        this.services.logger.warn('An IMAP connection failed', {
          error: String(error),
        });
      }
    }
    this.#socket.end(() => this.#socket.destroy());
  }

  destroy(): void {
    this.#socket.destroy();
  }

  login(account: MailAccount): void {
    this.#account = account;
    this.#reader.maxLiteralBytes = MAX_LITERAL_BYTES;
    this.#socket.setTimeout(INACTIVITY_TIMEOUT_MS);
  }

  encryptNext(): void {
    this.#encryptsNext = true;
  }

  end(): void {
    this.#ending = true;
  }

  sendLine(line: string): Promise<void> {
    return this.send(Buffer.from(`${line}\r\n`, 'latin1'));
  }

  async send(bytes: Buffer): Promise<void> {
    if (this.#socket.destroyed || !this.#socket.writable) return;
    const limit = this.services.faults.current.imapDropAfterBytes;
    if (limit !== undefined) {
      const room = Math.max(0, limit - this.#countedBytes);
      if (bytes.length > room) {
        this.#dropAfter(bytes.subarray(0, room));
        return;
      }
      this.#countedBytes += bytes.length;
    }
    if (!this.#socket.write(bytes)) await this.#drained();
  }

  async readLine(): Promise<string | undefined> {
    const { value: event, done } = await this.#events.next();
    if (done || event?.kind !== 'command') return undefined;
    return event.command[0].toString('latin1');
  }

  beginIdle(): () => void {
    this.#idle = true;
    return () => {
      this.#idle = false;
    };
  }

  async *#readEvents(): AsyncGenerator<ReaderEvent, void> {
    yield* this.#readEventsOf(this.#socket);
    if (!this.#encryptsNext || !this.#encrypt) return;
    // From now on it is the timeout of the encrypted socket that counts.
    this.#socket.setTimeout(0);
    this.#socket = this.#encrypt(this.#socket);
    this.#encrypt = undefined;
    this.#watch(this.#socket);
    yield* this.#readEventsOf(this.#socket);
  }

  /** Ends before its socket where TLS takes over. */
  async *#readEventsOf(socket: Socket): AsyncGenerator<ReaderEvent, void> {
    const mayEncrypt = this.offersStartTls;
    for await (const chunk of socket.iterator({ destroyOnReturn: false })) {
      for (const event of this.#reader.push(chunk)) {
        yield event;
        if (mayEncrypt && this.#encryptsNext) {
          // What a stranger slipped in behind the command is not the client's
          // (RFC 3501 section 11.1): it is dropped with what is left of it.
          this.#reader = newReader();
          return;
        }
      }
    }
  }

  #watch(socket: Socket): void {
    socket.setTimeout(LOGIN_TIMEOUT_MS, () => socket.destroy());
    // A reset is the end of the connection and not news to anybody.
    socket.on('error', () => undefined);
  }

  #dropAfter(bytes: Buffer): void {
    this.#ending = true;
    this.#socket.end(bytes, () => this.#socket.destroy());
  }

  #drained(): Promise<void> {
    const socket = this.#socket;
    return new Promise(resolve => {
      const settle = () => {
        socket.off('drain', settle).off('close', settle);
        resolve();
      };
      // A client that stops reading is closed by the inactivity timeout.
      socket.once('drain', settle).once('close', settle);
    });
  }

  async #handle(event: ReaderEvent): Promise<void> {
    switch (event.kind) {
      case 'command':
        return this.#handleCommand(event.command);
      case 'literal-awaited':
        return this.sendLine('+ Go on');
      case 'line-too-long':
        return this.#answerBad(new ImapSyntaxError('Line too long'));
      default: {
        const tag = /^[A-Za-z0-9.]{1,64}(?= )/.exec(
          event.text.toString('latin1'),
        );
        if (event.waits) {
          const reply = no('The literal is too long', 'TOOBIG');
          return this.sendLine(formatReply(tag?.[0] ?? '*', reply));
        }
        // The bytes are on their way and cannot be told from commands.
        this.#ending = true;
        return this.sendLine('* BYE [TOOBIG] The literal is too long');
      }
    }
  }

  async #handleCommand(raw: RawCommand): Promise<void> {
    await sleep(this.services.faults.current.imapDelayMs, this.#closed.signal);
    let tag = '*';
    try {
      const command = parseCommand(raw);
      tag = command.tag;
      await this.#runCommand(command);
    } catch (error) {
      if (!(error instanceof ImapSyntaxError)) throw error;
      await this.#answerBad(
        error.tag === '*' ? new ImapSyntaxError(error.message, tag) : error,
      );
    }
  }

  async #runCommand(command: ImapCommand): Promise<void> {
    const spec = allCommands.get(command.name);
    if (!spec) throw new ImapSyntaxError('Unknown command');
    const { imapAnswer } = this.services.faults.current;
    if (imapAnswer?.command === command.name) {
      return this.#answerAsTold(command.tag, imapAnswer.reply);
    }
    const reply = await this.#perform(spec, command);
    if (this.selected?.isStale) {
      this.#ending = true;
      return this.sendLine('* BYE The mailbox was restored from a backup');
    }
    const keepsNumbers = spec.state === 'selected' && spec.keepsNumbers;
    for (const line of this.selected?.sync(!keepsNumbers) ?? []) {
      await this.sendLine(line);
    }
    return this.sendLine(formatReply(command.tag, reply));
  }

  async #answerAsTold(tag: string, reply: string | undefined): Promise<void> {
    if (reply === undefined) {
      this.#ending = true;
      return undefined;
    }
    return this.sendLine(`${tag} ${reply}`);
  }

  async #perform(
    spec: ImapCommandSpec,
    command: ImapCommand,
  ): Promise<ImapReply> {
    const { account, selected } = this;
    switch (spec.state) {
      case 'any':
        return spec.run(this, command);
      case 'not-authenticated':
        return account ? bad('Already logged in') : spec.run(this, command);
      case 'authenticated':
        return account
          ? spec.run({ session: this, account }, command)
          : bad('Log in first');
      default:
        return account && selected
          ? spec.run({ session: this, account, selected }, command)
          : bad('Select a mailbox first');
    }
  }

  async #answerBad(error: ImapSyntaxError): Promise<void> {
    this.#badCommands += 1;
    await this.sendLine(formatReply(error.tag, bad(error.message)));
    if (this.#badCommands < MAX_BAD_COMMANDS) return;
    this.#ending = true;
    await this.sendLine('* BYE Too much nonsense');
  }
}

function newReader(): CommandReader {
  return new CommandReader({
    maxTextBytes: MAX_TEXT_BYTES,
    maxLiteralBytes: MAX_LITERAL_BYTES_BEFORE_LOGIN,
  });
}
