// SPDX-License-Identifier: Apache-2.0
import { FailureCode, ProviderId } from '@postroom/plugin-incoming-mail-common';
import {
  OAuthErrorReply,
  OAuthErrorWords,
  OAuthProvider,
} from '@postroom/plugin-incoming-mail-node';
import { z } from 'zod';
import { explainFailure } from '../explainFailure';
import { findProviderError, ProviderError } from '../providerErrors';
import { CheckResult } from '../runChecks';
import { TokenProbe } from '../tokenEndpoint';

/**
 * Judges whether there is a token endpoint at all, by its answer to a request
 * that shows no client: the client secret is sent to nothing that does not
 * speak OAuth.
 */
export function judgeEndpointProbe({
  status,
  refusal,
}: TokenProbe): CheckResult {
  const detail = `HTTP ${status}`;
  if (isTemporary(status)) {
    return explainNoAnswer({ code: 'token-endpoint-unreachable', detail });
  }
  if (refusal) {
    return { verdict: 'passed', detail: `It answers (${detail})` };
  }
  // Some providers have nothing but a status for whoever shows no client. A
  // good one, or one that says that nothing is there, is no token endpoint's.
  return status >= 400 && status !== 404 && status !== 410
    ? {
        verdict: 'warned',
        detail: `It answers, but not with an error of OAuth 2.0 (${detail})`,
        remedy:
          'Check that the address is the token endpoint. The next check tells.',
      }
    : {
        ...explainFailure({ code: 'token-reply-unusable', detail }),
        remedy:
          'The address is not that of a token endpoint, or something on the way answers in its place, such as a proxy with a sign-in page. Compare it with the provider’s documentation.',
      };
}

/** Why there is no answer that could be judged. */
export function explainNoAnswer(failure: {
  readonly code: FailureCode;
  readonly detail?: string;
}): CheckResult {
  const result = explainFailure(failure);
  return failure.code === 'token-endpoint-unreachable'
    ? {
        ...result,
        // The catalogue's is for tokens in use, which are renewed anew.
        remedy:
          'Check the token endpoint’s address, and that the way from the portal’s backend to it is open. If both are right, check again in a few minutes.',
      }
    : result;
}

const UNKNOWN_REMEDY =
  'This does not tell whether the client is accepted; the first authorization will.';

/** Judges what a provider thinks of the client, by its answer to a made-up code. */
export function judgeClientProbe(
  { status, refusal }: TokenProbe,
  provider: ProviderId,
  presetProvider?: OAuthProvider,
): CheckResult {
  if (isTemporary(status)) {
    return explainNoAnswer({
      code: 'token-endpoint-unreachable',
      detail: refusal?.words ?? `HTTP ${status}`,
    });
  }
  if (!refusal) {
    return {
      ...explainFailure({
        code: 'token-reply-unusable',
        detail: `HTTP ${status}`,
      }),
      remedy:
        status < 300
          ? 'A made-up code has to be refused, but was not. Check that the address is the token endpoint.'
          : 'Check that the address is the token endpoint.',
    };
  }
  const { error, description, words } = refusal;
  const known =
    decode(presetProvider, { status, error, description: description ?? '' }) ??
    findProviderError({ provider, error, description });
  if (known?.concerns === 'grant' || known?.concerns === 'account') {
    return {
      verdict: 'passed',
      detail: `The made-up code was refused, as it has to be, and the client was not (${words})`,
    };
  }
  if (known && known.concerns !== 'request') {
    return { ...explain(known, words), ...codeOf(known, error) };
  }
  return {
    ...(known
      ? explain(known, words)
      : { detail: `The answer was ${words}`, remedy: UNKNOWN_REMEDY }),
    verdict: 'warned',
  };
}

const decodedSchema = z.object({
  meaning: z.string().min(1).max(300),
  remedy: z.string().min(1).max(500),
  link: z.url({ protocol: /^https?$/ }).optional(),
  concerns: z.enum([
    'client',
    'tenant',
    'redirect-url',
    'scopes',
    'grant',
    'account',
    'request',
  ]),
} satisfies Record<keyof OAuthErrorWords, z.ZodType>);

// Code of others, fed with foreign text: what is no answer counts as none.
function decode(
  provider: OAuthProvider | undefined,
  reply: OAuthErrorReply,
): ProviderError | undefined {
  try {
    return decodedSchema.safeParse(provider?.decodeError?.(reply)).data;
  } catch {
    return undefined;
  }
}

function explain(
  { meaning, remedy, link }: ProviderError,
  words: string,
): Omit<CheckResult, 'verdict'> {
  return { detail: `${meaning} (${words})`, remedy, link };
}

function codeOf(
  { concerns, failure }: ProviderError,
  error: string,
): Pick<CheckResult, 'verdict' | 'failure'> {
  const isClient = concerns === 'client' && error.endsWith('_client');
  return {
    verdict: 'failed',
    failure:
      failure ?? (isClient ? 'client-refused' : 'consent-refused-by-provider'),
  };
}

// As in oauthFailures: whatever the body says then, nothing was judged.
function isTemporary(status: number): boolean {
  return status === 408 || status === 425 || status === 429 || status >= 500;
}
