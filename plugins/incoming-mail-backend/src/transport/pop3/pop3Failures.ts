// SPDX-License-Identifier: Apache-2.0
import { FailureCode } from '@postroom/plugin-incoming-mail-common';
import { MailFailure } from '@postroom/plugin-incoming-mail-node';
import { DeadlineError, networkFailureCode } from '../../egress';
import { redactText } from '../redactText';
import { Pop3ConnectionError } from './Pop3Connection';
import { Pop3Response } from './ResponseFramer';

/** Which call a failure happened in. */
export type Pop3Stage =
  | 'connect'
  | 'sign-in'
  | 'open'
  | 'list'
  | 'fetch'
  | 'settle';

/** What is known besides the error or the answer itself. */
export interface Pop3FailureContext {
  readonly stage: Pop3Stage;
  /** `host:port`, for the log. */
  readonly server: string;
  /** Text that must not come back, should the server repeat it. */
  readonly secret: string;
  /** How long the server wants to be left alone between logins (RFC 2449 section 6.5). */
  readonly loginDelayMs?: number;
}

// RFC 2449 section 8 and RFC 3206: a locked mailbox, a login that comes too
// soon and a server that is out of order say nothing about who signs in.
const RESPONSE_CODES = new Map<string, FailureCode>([
  ['IN-USE', 'server-unavailable'],
  ['SYS/TEMP', 'server-unavailable'],
  ['LOGIN-DELAY', 'throttled'],
  ['AUTH', 'login-refused'],
  // Gmail: "Your account is not enabled for POP access".
  ['SYS/PERM', 'login-refused'],
]);

// The session of somebody who hung up may hold the lock for ten minutes
// (RFC 1939 section 3); asking more often helps nobody.
const WAIT_MS = 60_000;
const MAX_WAIT_MS = 3_600_000;

// Servers without response codes.
const BUSY =
  /\b(?:in use|locked|already (?:logged|signed) in|lock (?:the )?(?:mailbox|maildrop)|temporar(?:y|ily)|try again|unavailable|too (?:many|busy))\b/i;

const CONNECTION_CODES: Readonly<
  Record<Pop3ConnectionError['kind'], FailureCode>
> = {
  closed: 'connection-lost',
  silent: 'connection-timed-out',
  'not-pop3': 'protocol-error',
  unasked: 'protocol-error',
  abandoned: 'connection-lost',
};

/** What a `-ERR` means, as a failure. */
export function refusalFailure(
  response: Pop3Response,
  context: Pop3FailureContext,
): MailFailure {
  const { code, text } = readRefusal(response.text);
  const failure = codeOfRefusal(code, text, context);
  return new MailFailure(
    failure,
    `${context.server} refused at ${context.stage}`,
    {
      detail: redactText(text, context.secret),
      retryAfterMs:
        failure === 'login-refused' ? undefined : waitMs(code, context),
    },
  );
}

/**
 * Whether a server refused just the mail that it was asked for: not where it is
 * out of order, or where the session ends.
 */
export function isPlainRefusal({ text }: Pop3Response): boolean {
  const refusal = readRefusal(text);
  return refusal.code === '' && !BUSY.test(refusal.text);
}

/**
 * Turns what broke a call into a failure of the catalogue; one that already is
 * passes through.
 */
export function toMailFailure(
  error: unknown,
  context: Pop3FailureContext & { interruption?: unknown },
): MailFailure {
  if (MailFailure.is(error)) {
    return error;
  }
  const { stage, server, secret, interruption } = context;
  const text =
    error instanceof Pop3ConnectionError ? error.serverText : undefined;
  const code = codeOfError(error, interruption);
  return new MailFailure(code, `${server} failed at ${stage}`, {
    // A mistake of ours is told in full: no server had a hand in it.
    cause: code === 'internal-error' ? error : toCause(error, secret),
    detail: text && redactText(text, secret),
  });
}

function codeOfError(error: unknown, interruption: unknown): FailureCode {
  if (interruption !== undefined) {
    return interruption instanceof DeadlineError
      ? 'connection-timed-out'
      : 'connection-lost';
  }
  if (error instanceof Pop3ConnectionError) {
    // With words it is the server's decision to leave, not nonsense.
    return error.serverText === undefined
      ? CONNECTION_CODES[error.kind]
      : 'server-unavailable';
  }
  return error instanceof DeadlineError
    ? 'connection-timed-out'
    : networkFailureCode(error) ?? 'internal-error';
}

function codeOfRefusal(
  code: string,
  text: string,
  { stage }: Pop3FailureContext,
): FailureCode {
  const named = RESPONSE_CODES.get(code);
  if (stage !== 'sign-in') {
    return named === 'throttled' ? 'throttled' : 'server-unavailable';
  }
  if (named) {
    return named;
  }
  return BUSY.test(text) ? 'server-unavailable' : 'login-refused';
}

function waitMs(code: string, { loginDelayMs = 0 }: Pop3FailureContext) {
  switch (code) {
    case 'LOGIN-DELAY':
      return Math.min(Math.max(loginDelayMs, WAIT_MS), MAX_WAIT_MS);
    case 'IN-USE':
    case 'SYS/TEMP':
      return WAIT_MS;
    default:
      return undefined;
  }
}

function readRefusal(line: string): { code: string; text: string } {
  const [, code = '', text = line] =
    /^\[([\w/-]{1,64})\] ?([^]*)$/.exec(line) ?? [];
  return { code: code.toUpperCase(), text };
}

// An error of a socket holds addresses and nothing that was sent; its words are
// kept, its other properties are not.
function toCause(error: unknown, secret: string): Error {
  const {
    name = 'Error',
    message = 'Unknown error',
    code,
  } = (error ?? {}) as { name?: string; message?: string; code?: string };
  const cause = new Error(redactText(String(message), secret));
  cause.name = String(code ?? name);
  return cause;
}
