// SPDX-License-Identifier: Apache-2.0
import { once } from 'node:events';
import { AddressInfo, createServer, Socket } from 'node:net';
import { createServer as createTlsServer } from 'node:tls';
import { MailHost } from '@postroom/plugin-incoming-mail-common';
import { GOOD_PASSWORD, GOOD_TOKEN } from './scriptedImapServer';
import { TestCertificate } from './selfSignedCertificate';
import { Cut, endAfterPieces, writeInPieces } from './writeInPieces';

/** A mail of the server's only account. */
export interface ScriptedPop3Mail {
  /** What UIDL calls it. */
  uidl: string;
  readonly raw: Buffer;
  /** What LIST says, where that is not the truth. */
  announcedBytes?: number;
}

/** A command as it came in. */
export interface ScriptedPop3Command {
  /** In capitals. */
  readonly name: string;
  readonly args: string;
  readonly socket: Socket;
  write(data: string | Buffer): void;
  /** Answers it as a proper server does. */
  proceed(): void;
}

export interface ScriptedPop3ServerOptions {
  readonly security?: 'tls' | 'none';
  readonly certificate?: TestCertificate;
  /** What CAPA tells; false for a server that does not know it. */
  readonly capabilities?: readonly string[] | false;
  /** The first line; false for none at all. */
  readonly greeting?: string | false;
  /** In what pieces everything is sent; in one unless told. */
  readonly cut?: Cut;
}

interface Connection {
  readonly socket: Socket;
  /** The mails of this session, by message number less one. */
  readonly mails: readonly ScriptedPop3Mail[];
  readonly deleted: Set<ScriptedPop3Mail>;
  onLine?: (line: string) => void;
}

const ERROR_CHALLENGE = Buffer.from(
  JSON.stringify({ status: '400', schemes: 'Bearer' }),
).toString('base64');

const FETCHED = 'session ended well';
const END = Buffer.from('.\r\n');

/**
 * A small POP3 server (RFC 1939) with one account, whose answer to any command
 * a test can replace. Deletes when a session ends with QUIT, as it should, and
 * knows what was fetched in sessions that ended so.
 */
export class ScriptedPop3Server {
  mails: ScriptedPop3Mail[] = [];
  /** All lines that came in. */
  readonly received: string[] = [];
  /** UIDLs of mails that were fetched in sessions that ended with QUIT. */
  readonly delivered: string[] = [];
  /** Whether UIDL is known. */
  hasUidl = true;
  /** Whether TOP is known. */
  hasTop = true;

  readonly #options: ScriptedPop3ServerOptions;
  readonly #scripts = new Map<string, (c: ScriptedPop3Command) => void>();
  readonly #sockets: Socket[] = [];
  readonly #server;
  #count = 0;

  constructor(options: ScriptedPop3ServerOptions = {}) {
    this.#options = options;
    const accept = (socket: Socket) => this.#accept(socket);
    this.#server =
      options.security === 'tls'
        ? createTlsServer({ ...options.certificate, noDelay: true }, accept)
        : createServer({ noDelay: true }, accept);
    // A client that does not trust the certificate breaks off the handshake.
    this.#server.on('tlsClientError', () => {});
  }

  async start(): Promise<this> {
    this.#server.listen(0, '127.0.0.1');
    await once(this.#server, 'listening');
    return this;
  }

  async stop(): Promise<void> {
    this.#sockets.forEach(socket => socket.destroy());
    this.#server.close();
    await once(this.#server, 'close');
  }

  host(host: string = '127.0.0.1'): MailHost {
    const { port } = this.#server.address() as AddressInfo;
    const { security = 'none' } = this.#options;
    return { protocol: 'pop3', host, port, security };
  }

  get connectionCount(): number {
    return this.#sockets.length;
  }

  /** Resolves when no connection is open; never, where one is left open. */
  async hungUp(): Promise<void> {
    await Promise.all(
      this.#sockets.map(
        socket =>
          socket.closed ||
          new Promise(resolve => socket.once('close', resolve)),
      ),
    );
  }

  /** Replaces the answer to a command, or with AUTH+ to a line within AUTH. */
  on(name: string, script: (command: ScriptedPop3Command) => void): this {
    this.#scripts.set(name, script);
    return this;
  }

  /** Answers a command as usual again. */
  off(name: string): this {
    this.#scripts.delete(name);
    return this;
  }

  deliver(raw: Buffer | string, more: Partial<ScriptedPop3Mail> = {}): void {
    this.#count += 1;
    this.mails.push({
      uidl: `mail-${this.#count}`,
      raw: Buffer.from(raw),
      ...more,
    });
  }

  /** The commands that came in, without what they were given. */
  get commands(): string[] {
    return this.received.map(line => line.split(' ')[0].toUpperCase());
  }

  #accept(socket: Socket): void {
    this.#sockets.push(socket);
    const connection: Connection = {
      socket,
      mails: [...this.mails],
      deleted: new Set(),
    };
    let pending = '';
    socket.on('error', () => {});
    socket.on('data', chunk => {
      const lines = (pending + chunk.toString()).split('\r\n');
      pending = lines.pop() ?? '';
      lines.forEach(line => this.#onLine(connection, line));
    });
    const { greeting = '+OK ready' } = this.#options;
    if (greeting !== false) {
      this.#write(socket, `${greeting}\r\n`);
    }
  }

  #write(socket: Socket, data: string | Buffer): void {
    writeInPieces(socket, Buffer.from(data), this.#options.cut);
  }

  #onLine(connection: Connection, line: string): void {
    this.received.push(line);
    const { socket, onLine } = connection;
    const [name, ...args] = onLine ? ['AUTH+', line] : line.split(' ');
    const command: ScriptedPop3Command = {
      name: name.toUpperCase(),
      args: args.join(' '),
      socket,
      write: data => this.#write(socket, data),
      proceed: () => {
        if (onLine) {
          connection.onLine = undefined;
          onLine(line);
        } else {
          this.#answer(connection, command);
        }
      },
    };
    const script = this.#scripts.get(command.name);
    if (script) {
      script(command);
    } else {
      command.proceed();
    }
  }

  #answer(connection: Connection, command: ScriptedPop3Command): void {
    const { name, args, write, socket } = command;
    const ok = (text = '') => write(`+OK ${text}\r\n`);
    const error = (text = 'no') => write(`-ERR ${text}\r\n`);
    const body = (lines: Buffer) =>
      write(Buffer.concat([Buffer.from('+OK\r\n'), stuff(lines), END]));
    const lines = (all: readonly string[]) =>
      body(Buffer.from(all.map(one => `${one}\r\n`).join('')));
    const { capabilities = ['TOP', 'UIDL', 'SASL PLAIN XOAUTH2'] } =
      this.#options;
    const present = connection.mails
      .map((mail, index) => ({ mail, number: index + 1 }))
      .filter(({ mail }) => !connection.deleted.has(mail));
    const mail = present.find(
      ({ number }) => number === parseInt(args, 10),
    )?.mail;
    switch (name) {
      case 'CAPA':
        return capabilities ? lines(capabilities) : error();
      case 'AUTH':
        return this.#authenticate(connection, command);
      case 'USER':
        return ok();
      case 'PASS':
        return args === GOOD_PASSWORD ? ok() : error('[AUTH] bad password');
      case 'STAT':
        return ok(`${present.length} 0`);
      case 'LIST':
        return lines(
          present.map(
            one =>
              `${one.number} ${one.mail.announcedBytes ?? one.mail.raw.length}`,
          ),
        );
      case 'UIDL':
        return this.hasUidl
          ? lines(present.map(one => `${one.number} ${one.mail.uidl}`))
          : error();
      case 'RETR':
        if (mail) {
          socket.once(FETCHED, () => this.delivered.push(mail.uidl));
        }
        return mail ? body(mail.raw) : error('no such message');
      case 'TOP':
        return mail && this.hasTop
          ? body(topOf(mail.raw, Number(args.split(' ')[1])))
          : error();
      case 'DELE':
        if (mail) {
          connection.deleted.add(mail);
        }
        return mail ? ok() : error('no such message');
      case 'QUIT':
        this.mails = this.mails.filter(one => !connection.deleted.has(one));
        socket.emit(FETCHED);
        ok('bye');
        return endAfterPieces(socket);
      default:
        return error('unknown command');
    }
  }

  #authenticate(connection: Connection, command: ScriptedPop3Command): void {
    const { args, write } = command;
    const end = (isGood: boolean) =>
      write(isGood ? '+OK signed in\r\n' : '-ERR [AUTH] refused\r\n');
    write('+ \r\n');
    connection.onLine = line => {
      const message = Buffer.from(line, 'base64').toString();
      if (args === 'PLAIN') {
        end(message.endsWith(`\0${GOOD_PASSWORD}`));
      } else if (message.includes(`auth=Bearer ${GOOD_TOKEN}\x01\x01`)) {
        end(true);
      } else {
        write(`+ ${ERROR_CHALLENGE}\r\n`);
        connection.onLine = () => end(false);
      }
    };
  }
}

/** Puts a dot before each line that begins with one (RFC 1939 section 3). */
function stuff(body: Buffer): Buffer {
  const text = body.toString('latin1').replace(/(^|\r\n)\./g, '$1..');
  const isEnded = text === '' || text.endsWith('\r\n');
  return Buffer.from(isEnded ? text : `${text}\r\n`, 'latin1');
}

function topOf(raw: Buffer, count: number): Buffer {
  const text = raw.toString('latin1');
  const end = text.indexOf('\r\n\r\n');
  const bodyLines = text
    .slice(end + 4)
    .split('\r\n')
    .slice(0, count);
  const head = text.slice(0, end + 4);
  return Buffer.from(
    count > 0 ? `${head}${bodyLines.join('\r\n')}` : head,
    'latin1',
  );
}
