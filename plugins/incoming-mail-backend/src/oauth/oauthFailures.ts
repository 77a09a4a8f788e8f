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
export type TokenRequestKind = 'code' | 'refresh' | 'application';

// RFC 6749 section 5.2, OpenID Connect Core section 3.1.2.6.
const codesByError: Readonly<
  Record<string, Readonly<Record<TokenRequestKind, FailureCode>>>
> = {
  // At a code: run out, used before, another verifier's or redirect URL's.
  // An application sent no grant: its own right to one is meant.
  invalid_grant: {
    code: 'consent-invalid',
    refresh: 'consent-revoked',
    application: 'application-refused',
  },
  interaction_required: endsConsent(),
  consent_required: endsConsent(),
  login_required: endsConsent(),
  invalid_client: ofAll('client-refused'),
  unauthorized_client: {
    ...ofAll('client-refused'),
    application: 'application-refused',
  },
  // Google's words for a client that was removed or switched off.
  deleted_client: ofAll('client-refused'),
  disabled_client: ofAll('client-refused'),
  access_denied: {
    ...ofAll('token-reply-unusable'),
    application: 'application-refused',
  },
  invalid_scope: refusedAtConsent(),
  invalid_request: {
    ...refusedAtConsent(),
    application: 'token-reply-unusable',
  },
  unsupported_grant_type: refusedAtConsent(),
  temporarily_unavailable: ofAll('token-endpoint-unreachable'),
  server_error: ofAll('token-endpoint-unreachable'),
  slow_down: ofAll('token-endpoint-unreachable'),
};

function ofAll(code: FailureCode) {
  return { code, refresh: code, application: code };
}

function endsConsent() {
  return {
    ...ofAll('consent-revoked'),
    application: 'application-refused',
  } as const;
}

function refusedAtConsent() {
  return {
    code: 'consent-refused-by-provider',
    refresh: 'token-reply-unusable',
    application: 'application-refused',
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
  const failure = number ? microsoftErrors[number]?.failure : undefined;
  if (kind === 'application' && failure === 'consent-revoked') {
    return 'application-refused';
  }
  return failure ?? codesByError[error.error]?.[kind] ?? 'token-reply-unusable';
}

/**
 * Whether the provider has something against the client, whichever mailbox it
 * asks for: an administrator mends that at the integration.
 */
export function isClientFault(error: unknown): error is MailFailure {
  return (
    MailFailure.is(error) &&
    (error.code === 'client-refused' || error.code === 'application-refused')
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
