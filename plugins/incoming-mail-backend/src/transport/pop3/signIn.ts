// SPDX-License-Identifier: Apache-2.0
import { MailFailure } from '@postroom/plugin-incoming-mail-node';
import { SessionCredentials } from '../types';
import { Capabilities } from './capabilities';
import { Pop3Connection } from './Pop3Connection';
import { Pop3Response } from './ResponseFramer';

const CONTINUES = { mayContinue: true } as const;

/**
 * Signs in by what is offered.
 *
 * A secret goes in a line of its own, after the server has asked for it: what
 * is on the command line ends up in the logs of servers, and Microsoft's does
 * not take it there.
 *
 * @returns the server's last word, `ok` or `error`
 * @throws MailFailure `protocol-error` where the server offers no way for these
 *   credentials
 */
export function signIn(
  connection: Pop3Connection,
  credentials: SessionCredentials,
  capabilities: Capabilities,
): Promise<Pop3Response> {
  const { mechanisms } = capabilities;
  if (credentials.method === 'oauth') {
    if (mechanisms && !mechanisms.has('XOAUTH2')) {
      throw notOffered();
    }
    return authenticate(connection, 'XOAUTH2', xoauth2(credentials));
  }
  return mechanisms?.has('PLAIN')
    ? authenticate(connection, 'PLAIN', plain(credentials))
    : login(connection, credentials);
}

async function authenticate(
  connection: Pop3Connection,
  mechanism: 'XOAUTH2' | 'PLAIN',
  message: string,
): Promise<Pop3Response> {
  const asked = await connection.send(`AUTH ${mechanism}`, CONTINUES);
  if (asked.status !== 'continue') {
    // Nothing was sent yet that could be refused.
    return asked.status === 'error' && !asked.text.startsWith('[')
      ? Promise.reject(notOffered(asked.text))
      : asked;
  }
  const encoded = Buffer.from(message).toString('base64');
  const answer = await connection.send(encoded, CONTINUES);
  // XOAUTH2 tells why it refuses in a challenge, and waits for an answer
  // before it does; the empty line is that answer.
  return answer.status === 'continue' ? connection.send('', CONTINUES) : answer;
}

async function login(
  connection: Pop3Connection,
  credentials: Extract<SessionCredentials, { method: 'password' }>,
): Promise<Pop3Response> {
  const user = await connection.send(`USER ${credentials.user}`);
  return user.status === 'ok'
    ? connection.send(`PASS ${credentials.password.reveal()}`)
    : user;
}

// https://developers.google.com/gmail/imap/xoauth2-protocol
function xoauth2({
  user,
  accessToken,
}: Extract<SessionCredentials, { method: 'oauth' }>): string {
  return `user=${user}\x01auth=Bearer ${accessToken.reveal()}\x01\x01`;
}

// RFC 4616 section 2; nobody acts for somebody else.
function plain({
  user,
  password,
}: Extract<SessionCredentials, { method: 'password' }>): string {
  return `\0${user}\0${password.reveal()}`;
}

function notOffered(text?: string): MailFailure {
  return new MailFailure('protocol-error', 'No way to sign in is offered', {
    detail: text
      ? `The server takes no such login: ${text}`
      : 'The server does not offer XOAUTH2',
  });
}
