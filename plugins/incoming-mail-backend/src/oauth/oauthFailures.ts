// SPDX-License-Identifier: Apache-2.0
import { isError } from '@backstage/errors';
import { FailureCode } from '@postroom/plugin-incoming-mail-common';
import { MailFailure } from '@postroom/plugin-incoming-mail-node';
import * as oauth from 'oauth4webapi';
import { Secret } from '../secrets';

// What providers and oauth4webapi say, as codes of the catalogue.
//
// The originals are not kept as `cause`: oauth4webapi puts whole replies into
// its errors, tokens and all, and a logger would print them.

/** What the token endpoint was asked for. */
export type TokenRequestKind = 'code' | 'refresh';

// RFC 6749 section 5.2, OpenID Connect Core section 3.1.2.6.
const codesByError: Readonly<
  Record<string, Readonly<Record<TokenRequestKind, FailureCode>>>
> = {
  // At a code: run out, used before, another verifier's or redirect URL's.
  invalid_grant: { code: 'consent-invalid', refresh: 'consent-revoked' },
  interaction_required: ofBoth('consent-revoked'),
  consent_required: ofBoth('consent-revoked'),
  login_required: ofBoth('consent-revoked'),
  invalid_client: ofBoth('client-refused'),
  unauthorized_client: ofBoth('client-refused'),
  invalid_scope: refusedAtConsent(),
  invalid_request: refusedAtConsent(),
  unsupported_grant_type: refusedAtConsent(),
  temporarily_unavailable: ofBoth('token-endpoint-unreachable'),
  server_error: ofBoth('token-endpoint-unreachable'),
  slow_down: ofBoth('token-endpoint-unreachable'),
};

// Microsoft's own numbers say more than its OAuth error, which for some of
// these differs between endpoints (learn.microsoft.com, "Microsoft Entra
// authentication and authorization error codes").
const codesByAadsts: Readonly<Record<string, FailureCode>> = {
  50057: 'consent-revoked', // account disabled
  50076: 'consent-revoked', // a second factor is asked for
  50079: 'consent-revoked', // a second factor has to be set up
  50173: 'consent-revoked', // password changed
  53003: 'consent-revoked', // conditional access
  65001: 'consent-revoked', // no consent
  700082: 'consent-revoked', // not used for too long
  700084: 'consent-revoked', // life of a single-page app's token is over
  7000215: 'client-refused', // wrong secret, often its ID instead of its value
  7000222: 'client-refused', // secret has run out
  700016: 'client-refused', // client unknown in this tenant
  90002: 'client-refused', // tenant unknown
  90023: 'client-refused', // tenant not valid
  900382: 'client-refused', // tenant of another cloud
  50194: 'client-refused', // single-tenant client at the common endpoint
};

function ofBoth(code: FailureCode) {
  return { code, refresh: code };
}

function refusedAtConsent() {
  return {
    code: 'consent-refused-by-provider',
    refresh: 'token-reply-unusable',
  } as const;
}

/** What is known of the reply besides the error that reading it made. */
export interface TokenErrorContext {
  readonly kind: TokenRequestKind;
  /** Absent where no reply came. */
  readonly status?: number;
  readonly retryAfterMs?: number;
  /** What was sent; taken out of what comes back. */
  readonly secrets: readonly Secret[];
}

/** Whatever went wrong with a token request, as a failure. */
export function toTokenFailure(
  error: unknown,
  context: TokenErrorContext,
): MailFailure {
  const { kind, status, retryAfterMs } = context;
  const known = findMailFailure(error);
  if (known) {
    return known;
  }
  if (status === undefined) {
    return fromNoReply(error);
  }
  if (isTemporary(status)) {
    return new MailFailure(
      'token-endpoint-unreachable',
      `The token endpoint answered with HTTP ${status}`,
      { detail: `HTTP ${status}`, retryAfterMs },
    );
  }
  if (error instanceof oauth.ResponseBodyError) {
    const detail = redact(describe(error), context.secrets);
    return new MailFailure(
      codeOf(error, kind),
      `The token endpoint answered with ${detail}`,
      { detail },
    );
  }
  return new MailFailure(
    'token-reply-unusable',
    `The token endpoint gave an unusable answer (HTTP ${status}): ${messageOf(
      error,
    )}`,
    { detail: `HTTP ${status}` },
  );
}

/**
 * The `error` of an authorization response (RFC 6749 section 4.1.2.1) as a
 * failure. It comes through the browser, so it decides between two codes only,
 * and its description is not repeated.
 */
export function toAuthorizationFailure(error: string): MailFailure {
  const detail = errorWord(error);
  return new MailFailure(
    error === 'access_denied'
      ? 'consent-denied'
      : 'consent-refused-by-provider',
    `The authorization endpoint answered with ${detail}`,
    { detail },
  );
}

function codeOf(
  error: oauth.ResponseBodyError,
  kind: TokenRequestKind,
): FailureCode {
  const [, number] =
    /AADSTS(\d{5,8})\b/.exec(error.error_description ?? '') ?? [];
  return (
    (number ? codesByAadsts[number] : undefined) ??
    codesByError[error.error]?.[kind] ??
    'token-reply-unusable'
  );
}

function fromNoReply(error: unknown): MailFailure {
  const forbidden =
    error instanceof oauth.OperationProcessingError &&
    error.code === oauth.HTTP_REQUEST_FORBIDDEN;
  return forbidden
    ? new MailFailure('plaintext-refused', 'The token endpoint is not https')
    : new MailFailure(
        'token-endpoint-unreachable',
        `The token endpoint could not be asked: ${messageOf(error)}`,
      );
}

// Too many requests, a server fault, or a request that took too long: in every
// body of these, a word like invalid_grant would be a proxy's, not a verdict.
function isTemporary(status: number): boolean {
  return status === 408 || status === 425 || status === 429 || status >= 500;
}

/** A failure of the guarded fetch, also where a wrapper made it a cause. */
function findMailFailure(error: unknown): MailFailure | undefined {
  if (MailFailure.is(error)) {
    return error;
  }
  return isError(error) && MailFailure.is(error.cause)
    ? error.cause
    : undefined;
}

// Foreign text is shortened before it is stored or logged.
const MAX_DESCRIPTION = 200;
const MAX_WORD = 60;

function describe(error: oauth.ResponseBodyError): string {
  const word = errorWord(error.error);
  return error.error_description
    ? `${word}: ${error.error_description.slice(0, MAX_DESCRIPTION)}`
    : word;
}

/** An error code, reduced to the characters that one has. */
function errorWord(error: string): string {
  return error.replace(/[^\w.-]+/g, ' ').slice(0, MAX_WORD);
}

function redact(text: string, secrets: readonly Secret[]): string {
  return secrets.reduce(
    (result, secret) => result.replaceAll(secret.reveal(), String(secret)),
    text,
  );
}

// oauth4webapi's messages are fixed sentences, undici's name hosts and ports.
function messageOf(error: unknown): string {
  return isError(error) ? error.message : 'unknown';
}
