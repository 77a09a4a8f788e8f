// SPDX-License-Identifier: Apache-2.0
import { isError } from '@backstage/errors';
import { FailureCode } from '@postroom/plugin-incoming-mail-common';
import { MailFailure } from '@postroom/plugin-incoming-mail-node';
import * as oauth from 'oauth4webapi';
import { z } from 'zod';
import { Secret, withoutSecrets } from '../secrets';
import { aadstsNumber, microsoftErrors } from './providerErrors';
import { parseObject, TokenReply } from './tokenReply';

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
  // Google's words for a client that was removed or switched off.
  deleted_client: ofBoth('client-refused'),
  disabled_client: ofBoth('client-refused'),
  invalid_scope: refusedAtConsent(),
  invalid_request: refusedAtConsent(),
  unsupported_grant_type: refusedAtConsent(),
  temporarily_unavailable: ofBoth('token-endpoint-unreachable'),
  server_error: ofBoth('token-endpoint-unreachable'),
  slow_down: ofBoth('token-endpoint-unreachable'),
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
    const detail = describe({
      error: error.error,
      description: error.error_description,
      secrets: context.secrets,
    });
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
  // Microsoft's own numbers say more than its OAuth error, which for some of
  // them differs between endpoints.
  const number = aadstsNumber(error.error_description ?? '');
  return (
    (number ? microsoftErrors[number]?.failure : undefined) ??
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

function describe(options: {
  error: string;
  description?: string;
  secrets: readonly Secret[];
}): string {
  const { error, description, secrets } = options;
  const word = errorWord(withoutSecrets(error, secrets));
  // Taken out before it is shortened: half a secret would not be found.
  const text = withoutSecrets(description ?? '', secrets)
    // One line: Microsoft's descriptions have several.
    .replace(/\p{Cc}+/gu, ' ')
    .slice(0, MAX_DESCRIPTION);
  return text ? `${word}: ${text}` : word;
}

/** An error code, reduced to the characters that one has. */
function errorWord(error: string): string {
  return error.replace(/[^\w.-]+/g, ' ').slice(0, MAX_WORD);
}

// oauth4webapi's messages are fixed sentences, undici's name hosts and ports.
function messageOf(error: unknown): string {
  return isError(error) ? error.message : 'unknown';
}

const refusalSchema = z.object({
  error: z.string().min(1),
  error_description: z.string().optional().catch(undefined),
});

/** The error that a token endpoint answered with (RFC 6749 section 5.2). */
export interface TokenRefusal {
  readonly error: string;
  /** Foreign text, whole and with whatever it repeats; to be judged, not shown. */
  readonly description?: string;
  /** Both, shortened and without what was sent. */
  readonly words: string;
}

/** Reads the error out of a reply; undefined where it holds none. */
export function readTokenRefusal(
  reply: TokenReply,
  secrets: readonly Secret[],
): TokenRefusal | undefined {
  const parsed = refusalSchema.safeParse(parseObject(reply.body));
  if (!parsed.success) {
    return undefined;
  }
  const { error, error_description: description } = parsed.data;
  const words = describe({ error, description, secrets });
  return { error, description, words };
}
