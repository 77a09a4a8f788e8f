// SPDX-License-Identifier: Apache-2.0
import { once } from 'node:events';
import { AddressInfo, createServer, Socket } from 'node:net';
import { createServer as createTlsServer, TLSSocket } from 'node:tls';
import { MailHost } from '@postroom/plugin-incoming-mail-common';
import { TestCertificate } from './selfSignedCertificate';
import { Cut, endAfterPieces, writeInPieces } from './writeInPieces';

export const GOOD_TOKEN = 'good-token';
export const GOOD_PASSWORD = 'good "pass\\word';

/** A mail of the server's only folder, INBOX. */
export interface ScriptedMail {
  readonly uid: number;
  readonly raw: Buffer;
  readonly receivedAt: string;
  seen: boolean;
  /** Marked for removal. */
  deleted?: boolean;
  /** What RFC822.SIZE says, where that is not the truth. */
  announcedBytes?: number;
  /** Where the server has the capability OBJECTID. */
  emailId?: string;
}

/** A command as it came in. */
export interface ScriptedCommand {
  readonly tag: string;
  /** In capitals, with its UID prefix: `UID FETCH`. */
  readonly name: string;
  readonly args: string;
  readonly socket: Socket;
  write(data: string | Buffer): void;
  /** Answers it as a proper server does. */
  proceed(): void;
}

type Connection = { socket: Socket; onLine?: (line: string) => void };

export interface ScriptedImapServerOptions {
  readonly security?: MailHost['security'];
  readonly certificate?: TestCertificate;
  readonly capabilities?: readonly string[];
  /** The first line; false for none at all. */
  readonly greeting?: string | false;
  /** In what pieces everything is sent; in one unless told. */
  readonly cut?: Cut;
}

const toBase64 = (text: string) => Buffer.from(text).toString('base64');
const fromBase64 = (text: string) => Buffer.from(text, 'base64').toString();
// RFC 9051 section 4.3.
const quoted = (text: string) => `"${text.replace(/["\\]/g, '\\$&')}"`;

const REFUSED = 'NO [AUTHENTICATIONFAILED] Invalid credentials';
const TOKEN_REFUSED = toBase64(
  JSON.stringify({ status: '401', schemes: 'bearer', scope: 'mail' }),
);

/**
 * A small IMAP4rev1 server (RFC 3501) with one folder and one account, whose
 * answer to any command a test can replace. It speaks as much as our sessions
 * use and is strict about nothing.
 */
export class ScriptedImapServer {
  mails: ScriptedMail[] = [];
  /** The other folders, and what was put into them. */
  readonly folders = new Map<string, Buffer[]>();
  /** All command lines that came in, without their tags. */
  readonly received: string[] = [];
  uidValidity = 1_700_000_000;
  uidNext = 1;
  /** Sent by SELECT instead of the truth, line by line. */
  selectLines?: readonly string[];
  /** The response code that SELECT ends with. */
  access: 'READ-WRITE' | 'READ-ONLY' = 'READ-WRITE';

  readonly #options: ScriptedImapServerOptions;
  readonly #scripts = new Map<string, (command: ScriptedCommand) => void>();
  readonly #sockets: Socket[] = [];
  readonly #idling = new Set<Socket>();
  readonly #server;

  constructor(options: ScriptedImapServerOptions = {}) {
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
    return { protocol: 'imap', host, port, security };
  }

  /** How many sessions wait for news. */
  get idleCount(): number {
    return this.#idling.size;
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

  /** Replaces the answer to a command, named as in {@link ScriptedCommand.name}. */
  on(name: string, script: (command: ScriptedCommand) => void): this {
    this.#scripts.set(name, script);
    return this;
  }

  deliver(raw: Buffer | string, more: Partial<ScriptedMail> = {}): number {
    const uid = more.uid ?? this.uidNext;
    this.mails.push({
      raw: Buffer.from(raw),
      receivedAt: '17-Jul-2026 02:44:25 +0000',
      seen: false,
      ...more,
      uid,
    });
    this.uidNext = Math.max(this.uidNext, uid + 1);
    this.#idling.forEach(socket =>
      this.#write(socket, `* ${this.mails.length} EXISTS\r\n`),
    );
    return uid;
  }

  expunge(uid: number): void {
    const at = this.mails.findIndex(mail => mail.uid === uid);
    this.mails.splice(at, 1);
  }

  #accept(socket: Socket): void {
    this.#sockets.push(socket);
    const connection = { socket };
    this.#listen(connection, socket);
    const { greeting = '* OK ready' } = this.#options;
    if (greeting !== false) {
      this.#write(socket, `${greeting}\r\n`);
    }
  }

  #write(socket: Socket, data: string | Buffer): void {
    writeInPieces(socket, Buffer.from(data), this.#options.cut);
  }

  #listen(connection: Connection, socket: Socket): void {
    let pending = '';
    socket.on('error', () => {});
    socket.on('data', chunk => {
      const lines = (pending + chunk.toString('latin1')).split('\r\n');
      pending = lines.pop() ?? '';
      lines.forEach(line => this.#onLine(connection, line));
    });
  }

  #onLine(connection: Connection, line: string): void {
    const { onLine } = connection;
    if (onLine) {
      connection.onLine = undefined;
      onLine(line);
      return;
    }
    const [, tag, name, args] =
      /^(\S+) ((?:UID )?\S+) ?(.*)$/i.exec(line) ?? [];
    this.received.push(line.slice(tag.length + 1));
    const { socket } = connection;
    const command: ScriptedCommand = {
      tag,
      name: name.toUpperCase(),
      args,
      socket,
      write: data => this.#write(socket, data),
      proceed: () => this.#answer(connection, command),
    };
    const script = this.#scripts.get(command.name);
    if (script) {
      script(command);
    } else {
      command.proceed();
    }
  }

  #answer(connection: Connection, command: ScriptedCommand): void {
    const { tag, name, args, write } = command;
    const untagged = (...lines: string[]) =>
      lines.forEach(line => write(`* ${line}\r\n`));
    const done = (text = 'OK done') => write(`${tag} ${text}\r\n`);
    switch (name) {
      case 'CAPABILITY':
        untagged(`CAPABILITY ${this.#capabilities(connection).join(' ')}`);
        return done();
      case 'STARTTLS':
        done();
        return this.#startTls(connection);
      case 'AUTHENTICATE':
        return this.#authenticate(connection, command);
      case 'LOGIN':
        return done(
          args.endsWith(` ${quoted(GOOD_PASSWORD)}`) ? undefined : REFUSED,
        );
      case 'NAMESPACE':
        untagged('NAMESPACE (("" "/")) NIL NIL');
        return done();
      case 'LIST':
        if (args.endsWith(' ""')) {
          // Asks for the delimiter only (RFC 9051 section 6.3.9).
          untagged('LIST (\\Noselect) "/" ""');
          return done();
        }
        untagged('LIST (\\HasNoChildren) "/" INBOX');
        this.folders.forEach((_, folder) =>
          untagged(`LIST (\\HasNoChildren) "/" ${quoted(folder)}`),
        );
        return done();
      case 'SELECT':
        if (!/^"?INBOX"?$/.test(args)) {
          return done('NO [NONEXISTENT] Unknown mailbox');
        }
        untagged(...(this.selectLines ?? this.#selectLines()));
        return done(`OK [${this.access}] selected`);
      case 'UID SEARCH':
        untagged(
          ['SEARCH', ...this.find(args.slice(4)).map(m => m.uid)].join(' '),
        );
        return done();
      case 'UID FETCH':
        this.find(args).forEach(mail => write(this.row(mail, args)));
        return done();
      case 'UID STORE':
        this.find(args).forEach(mail => {
          mail.seen ||= args.includes('\\Seen');
          mail.deleted ||= args.includes('\\Deleted');
        });
        return done();
      case 'UID COPY':
      case 'UID MOVE':
        return done(this.#copy(args, name === 'UID MOVE'));
      case 'UID EXPUNGE':
        this.#remove(this.find(args).filter(mail => mail.deleted));
        return done();
      case 'EXPUNGE':
        this.#remove(this.mails.filter(mail => mail.deleted));
        return done();
      case 'LOGOUT':
        untagged('BYE');
        done();
        return endAfterPieces(command.socket);
      case 'IDLE':
        write('+ idling\r\n');
        untagged(`${this.mails.length} EXISTS`);
        this.#idling.add(command.socket);
        connection.onLine = () => {
          this.#idling.delete(command.socket);
          done();
        };
        return undefined;
      case 'NOOP':
      case 'ENABLE':
      case 'ID':
      case 'LSUB':
        return done();
      default:
        return done('BAD unknown command');
    }
  }

  #capabilities({ socket }: Connection): readonly string[] {
    const {
      security,
      capabilities = ['IMAP4rev1', 'SASL-IR', 'AUTH=XOAUTH2', 'NAMESPACE'],
    } = this.#options;
    return security === 'starttls' && !(socket instanceof TLSSocket)
      ? ['IMAP4rev1', 'STARTTLS', 'LOGINDISABLED']
      : capabilities;
  }

  #startTls(connection: Connection): void {
    const { socket } = connection;
    socket.removeAllListeners('data');
    const secured = new TLSSocket(socket, {
      isServer: true,
      ...this.#options.certificate,
    });
    connection.socket = secured;
    this.#listen(connection, secured);
  }

  #authenticate(connection: Connection, command: ScriptedCommand): void {
    const { tag, args, write } = command;
    const [mechanism, initial] = args.split(' ');
    const ask = (challenge: string, judge: (response: string) => void) => {
      write(`+ ${challenge}\r\n`);
      connection.onLine = line => judge(fromBase64(line));
    };
    const end = (isGood: boolean) =>
      write(`${tag} ${isGood ? 'OK signed in' : REFUSED}\r\n`);
    const judge = (response: string) => {
      if (mechanism === 'PLAIN') {
        end(response.endsWith(`\0${GOOD_PASSWORD}`));
      } else if (response.includes(`auth=Bearer ${GOOD_TOKEN}\x01\x01`)) {
        end(true);
      } else {
        ask(TOKEN_REFUSED, () => end(false));
      }
    };
    if (mechanism === 'LOGIN') {
      ask(toBase64('Username:'), () =>
        ask(toBase64('Password:'), response => end(response === GOOD_PASSWORD)),
      );
    } else if (initial) {
      judge(fromBase64(initial));
    } else {
      ask('', judge);
    }
  }

  #copy(args: string, isMove: boolean): string {
    const [, folder] = / "?([^"]+)"?$/.exec(args) ?? [];
    const target = this.folders.get(folder);
    const mails = this.find(args);
    target?.push(...mails.map(({ raw }) => raw));
    if (target && isMove) {
      this.#remove(mails);
    }
    return target ? 'OK done' : 'NO [TRYCREATE] Unknown mailbox';
  }

  #remove(mails: readonly ScriptedMail[]): void {
    this.mails = this.mails.filter(mail => !mails.includes(mail));
  }

  #selectLines(): string[] {
    return [
      'FLAGS (\\Seen \\Deleted)',
      `${this.mails.length} EXISTS`,
      `OK [UIDVALIDITY ${this.uidValidity}] valid`,
      `OK [UIDNEXT ${this.uidNext}] next`,
      'OK [PERMANENTFLAGS (\\Seen \\*)] flags',
    ];
  }

  /** The mails of the sequence set that the arguments begin with. */
  find(args: string): ScriptedMail[] {
    const last = Math.max(0, ...this.mails.map(mail => mail.uid));
    const ranges = args
      .split(' ')[0]
      .split(',')
      .map(range => range.split(':').map(n => (n === '*' ? last : Number(n))))
      .map(([from, to = from]) => [Math.min(from, to), Math.max(from, to)]);
    return this.mails.filter(({ uid }) =>
      ranges.some(([from, to]) => from <= uid && uid <= to),
    );
  }

  /** The answer to a FETCH of a mail. */
  row(mail: ScriptedMail, args: string): Buffer {
    const seq = this.mails.indexOf(mail) + 1;
    const items = [`UID ${mail.uid}`];
    if (args.includes('RFC822.SIZE')) {
      items.push(`RFC822.SIZE ${mail.announcedBytes ?? mail.raw.length}`);
    }
    if (args.includes('INTERNALDATE')) {
      items.push(`INTERNALDATE "${mail.receivedAt}"`);
    }
    if (args.includes('EMAILID')) {
      items.push(`EMAILID (${mail.emailId})`);
    }
    const [, section, from, length] =
      /BODY\.PEEK\[(|HEADER)\]<(\d+)\.(\d+)>/.exec(args) ?? [];
    if (!length) {
      return Buffer.from(`* ${seq} FETCH (${items.join(' ')})\r\n`);
    }
    const whole = section === 'HEADER' ? headOf(mail.raw) : mail.raw;
    const part = whole.subarray(Number(from), Number(from) + Number(length));
    items.push(`BODY[${section}]<${from}> {${part.length}}`);
    return Buffer.concat([
      Buffer.from(`* ${seq} FETCH (${items.join(' ')}\r\n`),
      part,
      Buffer.from(')\r\n'),
    ]);
  }
}

/** With the blank line that ends it (RFC 9051 section 6.4.5.1). */
function headOf(raw: Buffer): Buffer {
  const end = raw.indexOf('\r\n\r\n');
  return end < 0 ? raw : raw.subarray(0, end + 4);
}
