// SPDX-License-Identifier: Apache-2.0
import { once } from 'node:events';
import { createServer, request } from 'node:http';

const TOKEN_PATH = '/oidc/token';
const INTROSPECTION_PATH = '/oidc/token/introspection';

/**
 * A renewal that a replica asks for.
 *
 * @typedef {object} Renewal
 * @property {boolean} isNewest - whether its refresh token is the last one that
 *   the account was given
 */

/**
 * What the desk answers in the provider's place.
 *
 * @typedef {object} Answer
 * @property {number} [status] - 200 by default
 * @property {Record<string, string>} [headers]
 * @property {string | object} [body] - JSON, unless it is a string
 * @property {boolean} [isTorn] - the connection ends in the middle of the body
 */

/**
 * Stands before the provider, where tokens are asked for and asked about. By
 * what passes it knows whose token is whose; so it counts for one account, and
 * for one account alone answers in the provider's place.
 *
 *     replica ─► tap ─► fault proxy ─► desk ─► provider
 *                          Dovecot ─► desk ─► provider
 */
export class TokenDesk {
  #server;
  #target;
  /** Accounts, by each token that they were given. */
  #accounts = new Map();
  /** How the client of an access token proves itself (`Authorization`). */
  #clients = new Map();
  /** By account. */
  #newest = new Map();
  #renewals = new Map();
  #questions = new Map();
  #answers = new Map();
  #disowned = new Set();

  /** @param {number} target - the provider's port, on loopback */
  constructor(target) {
    this.#target = target;
    this.#server = createServer((req, res) => {
      this.#serve(req, res).catch(() => res.destroy());
    });
  }

  /** @returns {Promise<TokenDesk>} */
  static async start(target) {
    const desk = new TokenDesk(target);
    desk.#server.listen(0, '127.0.0.1');
    await once(desk.#server, 'listening');
    return desk;
  }

  get port() {
    return this.#server.address().port;
  }

  /** How often new tokens were asked for by a refresh token of an account. */
  renewalsOf(account) {
    return this.#renewals.get(account) ?? 0;
  }

  /** How often a mail server asked what a token of an account is worth. */
  signInsOf(account) {
    return this.#questions.get(account) ?? 0;
  }

  /**
   * Answers renewals of an account, until {@link heal} or another answer.
   *
   * @param {(renewal: Renewal) => Promise<Answer | undefined> | Answer | undefined}
   *   answer - undefined: the provider is asked
   */
  answer(account, answer) {
    this.#answers.set(account, answer);
  }

  /** Tells mail servers that the tokens of an account are worth nothing. */
  disown(account) {
    this.#disowned.add(account);
  }

  /** The provider speaks for itself again: for all accounts, or for one. */
  heal(account) {
    if (account === undefined) {
      this.#answers.clear();
      this.#disowned.clear();
    } else {
      this.#answers.delete(account);
      this.#disowned.delete(account);
    }
  }

  async close() {
    this.#server.closeAllConnections();
    await new Promise(resolve => {
      this.#server.close(resolve);
    });
  }

  async #serve(req, res) {
    const body = await readAll(req);
    const form = new URLSearchParams(body.toString());
    const answer = await this.#answerTo(req.url, form);
    if (answer) {
      send(res, answer);
      return;
    }
    const { authorization } = req.headers;
    const reply = await this.#passOn(req, {
      body,
      // The provider speaks of a token to nobody but the client that it is for.
      authorization: this.#clients.get(form.get('token')) ?? authorization,
    });
    if (req.url === TOKEN_PATH) {
      this.#remember(form, reply, authorization);
    }
    res.writeHead(reply.status, reply.headers).end(reply.body);
  }

  /** Undefined where it is the provider's to answer. */
  async #answerTo(path, form) {
    if (path === TOKEN_PATH && form.get('grant_type') === 'refresh_token') {
      const token = form.get('refresh_token');
      const account = this.#accounts.get(token);
      count(this.#renewals, account);
      return this.#answers.get(account)?.({
        isNewest: this.#newest.get(account) === token,
      });
    }
    if (path === INTROSPECTION_PATH) {
      const account = this.#accounts.get(form.get('token'));
      count(this.#questions, account);
      return this.#disowned.has(account)
        ? { body: { active: false } }
        : undefined;
    }
    return undefined;
  }

  async #passOn({ url, method, headers }, { body, authorization }) {
    const asked = request({
      ...{ host: '127.0.0.1', port: this.#target },
      ...{ path: url, method },
      headers: { ...headers, ...(authorization && { authorization }) },
    });
    asked.end(body);
    const [reply] = await once(asked, 'response');
    return {
      status: reply.statusCode,
      headers: reply.headers,
      body: await readAll(reply),
    };
  }

  /** Whose the tokens of a reply are: a code's ID token says it. */
  #remember(form, { status, body }, authorization) {
    if (status !== 200) {
      return;
    }
    const reply = JSON.parse(body.toString());
    const account =
      this.#accounts.get(form.get('refresh_token')) ?? readEmail(reply);
    this.#accounts.set(reply.access_token, account);
    this.#clients.set(reply.access_token, authorization);
    if (reply.refresh_token) {
      this.#accounts.set(reply.refresh_token, account);
      this.#newest.set(account, reply.refresh_token);
    }
  }
}

function count(counts, account) {
  counts.set(account, (counts.get(account) ?? 0) + 1);
}

function readEmail({ id_token: idToken = '' }) {
  const [, claims] = idToken.split('.');
  return (
    claims && JSON.parse(Buffer.from(claims, 'base64url').toString()).email
  );
}

async function readAll(stream) {
  const chunks = [];
  for await (const chunk of stream) {
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

/** @param {Answer} answer */
function send(res, { status = 200, headers = {}, body = '', isTorn = false }) {
  const text = typeof body === 'string' ? body : JSON.stringify(body);
  const type =
    typeof body === 'string' ? 'text/html' : 'application/json; charset=utf-8';
  res.writeHead(status, {
    'content-type': type,
    'content-length': Buffer.byteLength(text),
    ...headers,
  });
  if (isTorn) {
    res.write(text.slice(0, text.length / 2), () => res.destroy());
  } else {
    res.end(text);
  }
}
