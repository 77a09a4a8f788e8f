// SPDX-License-Identifier: Apache-2.0

// What a client of PostgreSQL is told when the disk is full, on the wire: no
// disk has to be filled for it, and the server is none the wiser. See "Message
// Formats" in PostgreSQL's manual: a message is a letter, its length without
// the letter, and its content; only the very first one has no letter.

const HEAD = 5;
const DISK_FULL = {
  code: '53100',
  text: 'could not extend file "base/1/1": No space left on device',
};
const ABORTED = {
  code: '25P02',
  text: 'current transaction is aborted, commands ignored until end of transaction block',
};
const ROLLBACK = /^\s*rollback/i;
const NOTHING = Buffer.alloc(0);

/**
 * One connection to a server whose disk is full. Put on in the middle of a
 * connection, it begins to look after the next answer's end: what a client
 * sends then begins with a message.
 */
export class FullDisk {
  #needsRoom;
  #onRefusal;
  #isAligned = false;
  /** Of what came from the server: where an answer's end may have begun. */
  #tail = NOTHING;
  /** `I` outside a transaction, `T` within one, `E` within a failed one. */
  #status = 'I';
  #isAborted = false;
  /** Messages of which the end has not come. */
  #pending = NOTHING;

  /**
   * @param {object} options
   * @param {RegExp} options.needsRoom - statements that are refused
   * @param {(statement: string) => void} [options.onRefusal]
   */
  constructor({ needsRoom, onRefusal = () => {} }) {
    this.#needsRoom = needsRoom;
    this.#onRefusal = onRefusal;
  }

  /** Takes note of what a server sends. */
  fromServer(chunk) {
    const end = Buffer.concat([this.#tail, chunk.subarray(-6)]).subarray(-6);
    this.#tail = end;
    if (end.length === 6 && end[0] === 0x5a && end.readInt32BE(1) === 5) {
      this.#status = String.fromCharCode(end[5]);
      this.#isAligned = true;
    }
  }

  /**
   * @param {Buffer} chunk - from the client
   * @returns {{ pass: Buffer, answer: Buffer }} what goes on to the server, and
   *   what the client gets instead of the server's answer
   */
  fromClient(chunk) {
    if (!this.#isAligned) {
      return { pass: chunk, answer: NOTHING };
    }
    const { batches, rest } = toBatches(Buffer.concat([this.#pending, chunk]));
    this.#pending = rest;
    const judged = batches.map(batch => this.#judge(batch));
    return {
      pass: Buffer.concat(judged.map(({ pass = NOTHING }) => pass)),
      answer: Buffer.concat(judged.map(({ answer = NOTHING }) => answer)),
    };
  }

  #judge({ bytes, statement }) {
    if (this.#isAborted && !ROLLBACK.test(statement)) {
      return { answer: refusal(ABORTED, 'E') };
    }
    if (this.#needsRoom.test(statement)) {
      this.#onRefusal(statement);
      this.#isAborted = this.#status === 'T';
      return { answer: refusal(DISK_FULL, this.#isAborted ? 'E' : 'I') };
    }
    this.#isAborted = false;
    return { pass: bytes };
  }
}

/** What a client sends before it waits: one query, or messages up to a Sync. */
function toBatches(bytes) {
  const batches = [];
  let start = 0;
  let statement = '';
  for (let at = 0; bytes.length - at >= HEAD; ) {
    const end = at + 1 + bytes.readInt32BE(at + 1);
    if (end > bytes.length) {
      break;
    }
    const type = String.fromCharCode(bytes[at]);
    const content = bytes.subarray(at + HEAD, end);
    statement ||= statementOf(type, content);
    at = end;
    // A Parse and what belongs to it is carried out by a Sync.
    if (!['P', 'B', 'D', 'E', 'C'].includes(type)) {
      batches.push({ bytes: bytes.subarray(start, end), statement });
      start = end;
      statement = '';
    }
  }
  return { batches, rest: bytes.subarray(start) };
}

function statementOf(type, content) {
  const [first, second] = content.toString('latin1').split('\0', 2);
  // A Parse begins with the name of what it prepares.
  return { Q: first, P: second }[type] ?? '';
}

/** ErrorResponse and ReadyForQuery. */
function refusal({ code, text }, status) {
  const fields = `SERROR\0VERROR\0C${code}\0M${text}\0\0`;
  return Buffer.concat([message('E', fields), message('Z', status)]);
}

function message(type, content) {
  const head = Buffer.alloc(HEAD);
  head.write(type, 'latin1');
  head.writeInt32BE(HEAD - 1 + Buffer.byteLength(content), 1);
  return Buffer.concat([head, Buffer.from(content)]);
}
