// SPDX-License-Identifier: Apache-2.0
import { FailureCode } from '@postroom/plugin-incoming-mail-common';
import { MailFailure } from '@postroom/plugin-incoming-mail-node';
import { DeadlineError, networkFailureCode } from '../../egress';
import { redactText } from '../redactText';

/** Which call a failure happened in; the same refusal can mean two things. */
export type ImapStage =
  | 'sign-in'
  | 'open'
  | 'list'
  | 'fetch'
  | 'settle'
  | 'wait'
  | 'list-folders';

/** What is known besides the error that imapflow threw. */
export interface FailureContext {
  readonly stage: ImapStage;
  /** `host:port`, for the log. */
  readonly server: string;
  /** The connection's one `error` event: a broken command only says that it broke. */
  readonly connectionError?: unknown;
  /** Why we ended the call ourselves: a DeadlineError, or an abort's reason. */
  readonly interruption?: unknown;
  /** The last refusal's response code, which imapflow keeps from some errors. */
  readonly responseCode?: string;
  /** Text that must not come back, should the server repeat it. */
  readonly secret?: string;
}

/** The fields of imapflow's errors that count, each of them foreign text. */
interface ForeignError {
  readonly code?: string;
  readonly message?: string;
  /** `NO` or `BAD`: the server refused the command. */
  readonly responseStatus?: string;
  /** The response code in brackets (RFC 9051 section 7.1), in capitals. */
  readonly serverResponseCode?: string;
  /** The server's words, of a refusal or of its BYE. */
  readonly text?: string;
  readonly authenticationFailed: boolean;
  readonly tlsFailed: boolean;
  readonly throttleResetMs?: number;
  readonly rejectedFrom?: string;
}

const MAX_RETRY_AFTER_MS = 60 * 60 * 1000;

// Refusals that are not about who signs in or what is opened, so that nobody
// is asked to authorize again: RFC 9051 section 7.1, and Exchange's own.
const RESPONSE_CODES = new Map<string, FailureCode>([
  ['UNAVAILABLE', 'server-unavailable'],
  ['INUSE', 'server-unavailable'],
  ['SERVERBUG', 'server-unavailable'],
  ['CONTACTADMIN', 'server-unavailable'],
  ['LIMIT', 'throttled'],
  ['THROTTLED', 'throttled'],
  ['OVERQUOTA', 'throttled'],
]);

// Exchange signs in and then has no mailbox for the session; it comes and goes
// by itself (seen as BAD to any command, also to AUTHENTICATE and NAMESPACE).
const NOT_CONNECTED = /User is authenticated but not connected/i;

// Gmail: "[ALERT] Too many simultaneous connections. (Failure)", "[OVERQUOTA]
// Account exceeded command or bandwidth limits"; Exchange: "Request is
// throttled. Suggested Backoff Time: 92415 milliseconds".
const THROTTLED =
  /too many (?:simultaneous |concurrent )?connections|bandwidth limit|request is throttled/i;

const BACKOFF_TIME = /Backoff Time[:=\s]{1,9}(\d{1,9})/i;

// imapflow's own codes. What its parser and its size limits object to also
// ends the connection.
const LIBRARY_CODES = new Map<string, FailureCode>([
  ['ETHROTTLE', 'throttled'],
  ['CONNECT_TIMEOUT', 'connection-timed-out'],
  ['GREETING_TIMEOUT', 'connection-timed-out'],
  ['UPGRADE_TIMEOUT', 'connection-timed-out'],
  ['ETIMEOUT', 'connection-timed-out'],
  ['STARTTLS_INJECTION', 'tls-failed'],
  ['NoConnection', 'connection-lost'],
  ['EConnectionClosed', 'connection-lost'],
  ['StateLogout', 'connection-lost'],
  ['ClosedAfterConnectText', 'connection-lost'],
  ['ClosedAfterConnectTLS', 'connection-lost'],
]);

// imapflow's words where it tried no way to sign in, and what we say.
const NO_WAY_TO_SIGN_IN = new Map([
  [
    'Unsupported authentication mechanism',
    'The server offers neither OAUTHBEARER nor XOAUTH2',
  ],
  ['Login is disabled', 'The server takes no password on this connection'],
]);

/**
 * Turns whatever a call to imapflow threw into a failure of the catalogue; one
 * that already is passes through. The result holds neither the command that
 * was sent nor a token, not even one that the server repeats.
 */
export function toMailFailure(
  error: unknown,
  context: FailureContext,
): MailFailure {
  if (MailFailure.is(error)) {
    return error;
  }
  const foreign = readForeignError(error);
  const code = failureCode(error, foreign, context);
  const detail = foreign.text && redactText(foreign.text, context.secret);
  return new MailFailure(code, `${context.server} failed at ${context.stage}`, {
    // A mistake of ours is told in full: no server had a hand in it.
    cause:
      code === 'internal-error'
        ? error
        : toCause(context.connectionError ?? error, context.secret),
    detail: NO_WAY_TO_SIGN_IN.get(foreign.message ?? '') ?? detail,
    retryAfterMs: code === 'throttled' ? retryAfterMs(foreign) : undefined,
  });
}

/**
 * Whether a server refused just what it was asked for, so that it may be asked
 * for something else: not where it is out of order, asks for patience, or the
 * connection broke. Exchange refuses single mails that it cannot convert, with
 * NO or BAD and a code that differs by version.
 */
export function isPlainRefusal(
  error: unknown,
  { responseCode = '' }: Pick<FailureContext, 'responseCode'>,
): boolean {
  const {
    code,
    responseStatus,
    serverResponseCode = responseCode,
    text = '',
  } = readForeignError(error);
  return (
    responseStatus !== undefined &&
    code !== 'ETHROTTLE' &&
    !THROTTLED.test(text) &&
    !NOT_CONNECTED.test(text) &&
    (!RESPONSE_CODES.has(serverResponseCode) ||
      serverResponseCode === 'SERVERBUG')
  );
}

function failureCode(
  error: unknown,
  foreign: ForeignError,
  context: FailureContext,
): FailureCode {
  // Closed by us while imapflow was sitting out a throttle inside the command.
  if (foreign.rejectedFrom === 'throttleAbort') {
    return 'throttled';
  }
  if (context.interruption !== undefined) {
    return context.interruption instanceof DeadlineError
      ? 'connection-timed-out'
      : 'connection-lost';
  }
  return (
    codeOfRefusal(foreign, context) ??
    codeOfConnection(context.connectionError ?? error)
  );
}

function codeOfRefusal(
  error: ForeignError,
  { stage, responseCode = '' }: FailureContext,
): FailureCode | undefined {
  const {
    code,
    responseStatus,
    serverResponseCode = responseCode,
    text = '',
  } = error;
  if (code === 'ETHROTTLE' || THROTTLED.test(text)) {
    return 'throttled';
  }
  if (NOT_CONNECTED.test(text)) {
    return 'server-unavailable';
  }
  if (!responseStatus) {
    return undefined;
  }
  const named = RESPONSE_CODES.get(serverResponseCode);
  if (named) {
    return named;
  }
  if (error.authenticationFailed) {
    return 'login-refused';
  }
  if (responseStatus === 'BAD') {
    return 'protocol-error';
  }
  return stage === 'open' ? 'folder-not-found' : 'server-unavailable';
}

function codeOfConnection(error: unknown): FailureCode {
  const { code, message = '', text, ...foreign } = readForeignError(error);
  if (NO_WAY_TO_SIGN_IN.has(message)) {
    return 'protocol-error';
  }
  if (foreign.tlsFailed) {
    return 'tls-failed';
  }
  // "Already logged out": a BYE came in between, nothing was refused.
  if (foreign.authenticationFailed) {
    return 'connection-lost';
  }
  const known = networkFailureCode(error) ?? LIBRARY_CODES.get(code ?? '');
  if (known) {
    // A BYE with a reason is the server's decision, not an accident.
    return known === 'connection-lost' && text ? 'server-unavailable' : known;
  }
  return code ? 'protocol-error' : 'internal-error';
}

function retryAfterMs(error: ForeignError): number | undefined {
  const hint =
    error.throttleResetMs ?? Number(BACKOFF_TIME.exec(error.text ?? '')?.[1]);
  return hint > 0 ? Math.min(hint, MAX_RETRY_AFTER_MS) : undefined;
}

function readForeignError(error: unknown): ForeignError {
  const fields: Record<string, unknown> =
    typeof error === 'object' && error !== null
      ? (error as Record<string, unknown>)
      : {};
  const text = (...names: string[]) =>
    names
      .map(name => fields[name])
      .find((value): value is string => typeof value === 'string');
  return {
    code: text('code'),
    message: text('message'),
    responseStatus: text('responseStatus'),
    serverResponseCode: text('serverResponseCode')?.toUpperCase(),
    text: text('responseText', 'reason', 'response'),
    authenticationFailed: fields.authenticationFailed === true,
    tlsFailed: fields.tlsFailed === true,
    throttleResetMs: Number(fields.throttleReset) || undefined,
    rejectedFrom: text('rejectedFrom'),
  };
}

// The original carries the command that was sent and everything that the
// server said; loggers print all properties of an error. Kept is what finds
// the place.
function toCause(error: unknown, secret: string | undefined): Error {
  const { code, message = 'Unknown error' } = readForeignError(error);
  const cause = new Error(redactText(message, secret));
  cause.name = code ?? 'Error';
  return cause;
}
