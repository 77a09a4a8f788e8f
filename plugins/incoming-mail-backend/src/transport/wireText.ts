// SPDX-License-Identifier: Apache-2.0
import { MailFailure } from '@postroom/plugin-incoming-mail-node';
import { SessionCredentials } from './types';

// imapflow quotes and escapes what it is given. These checks do not rely on
// it: in XOAUTH2 and OAUTHBEARER a \x01 ends a field and starts one of the
// sender's choice, in PLAIN a NUL, in IMAP and POP3 a line break starts a
// command.

// C0 and C1 controls, DEL, and Unicode's own line breaks.
// eslint-disable-next-line no-control-regex
const CONTROL = /[\x00-\x1f\x7f-\x9f\u2028\u2029]/;

// RFC 6749 appendix A.12 without the space, which no SASL field may hold.
const TOKEN = /^[\x21-\x7e]+$/;

const MAX_USER_LENGTH = 320; // RFC 5321: 64 + @ + 255
const MAX_FOLDER_LENGTH = 1000;
// The largest seen (Microsoft) have 2.5 kB; a line has to hold it in base64.
const MAX_TOKEN_LENGTH = 16_384;
// In UTF-8 and base64 still one line of POP3 and IMAP.
const MAX_PASSWORD_LENGTH = 1024;

/**
 * Stops whatever may not be put on the wire to sign in, before anybody is
 * connected to.
 *
 * @throws MailFailure see the judges below
 */
export function judgeCredentials(credentials: SessionCredentials): void {
  judgeUser(credentials.user);
  if (credentials.method === 'oauth') {
    judgeToken(credentials.accessToken.reveal());
  } else {
    judgePassword(credentials.password.reveal());
  }
}

/** @throws MailFailure `login-refused` for a name that no SASL exchange may hold */
export function judgeUser(user: string): void {
  if (!isText(user, MAX_USER_LENGTH)) {
    throw new MailFailure(
      'login-refused',
      'The user name holds characters that may not be sent, or is too long',
    );
  }
}

/** @throws MailFailure `token-reply-unusable` for what cannot be an access token */
export function judgeToken(token: string): void {
  if (!TOKEN.test(token) || token.length > MAX_TOKEN_LENGTH) {
    throw new MailFailure(
      'token-reply-unusable',
      'The access token holds characters that may not be sent, or is too long',
    );
  }
}

/** @throws MailFailure `login-refused` for what no SASL exchange may hold */
export function judgePassword(password: string): void {
  if (!isText(password, MAX_PASSWORD_LENGTH)) {
    throw new MailFailure(
      'login-refused',
      'The password holds characters that may not be sent, or is too long',
    );
  }
}

/** @throws MailFailure `folder-not-found` for a name that no folder can have */
export function judgeFolder(folder: string): void {
  if (!isText(folder, MAX_FOLDER_LENGTH)) {
    throw new MailFailure(
      'folder-not-found',
      'The folder name holds characters that may not be sent, or is too long',
    );
  }
}

function isText(text: string, maxLength: number): boolean {
  return text !== '' && text.length <= maxLength && !CONTROL.test(text);
}
