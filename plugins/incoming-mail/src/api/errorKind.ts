// SPDX-License-Identifier: Apache-2.0
import { ResponseError } from '@backstage/errors';
import { Failure, failureSchema } from '@postroom/plugin-incoming-mail-common';
import { z } from 'zod';
import { DeadlineError } from './withDeadline';

/** The kinds of refusal and fault that pages have words for. */
export type ErrorKind =
  | 'signed-out'
  | 'refused'
  | 'missing'
  | 'conflict'
  | 'invalid'
  | 'too-often'
  | 'unreachable'
  | 'unexpected';

const kindOfStatus: Readonly<Record<number, ErrorKind>> = {
  400: 'invalid',
  401: 'signed-out',
  403: 'refused',
  404: 'missing',
  409: 'conflict',
  429: 'too-often',
  // What proxies and the framework answer while the backend is not there.
  502: 'unreachable',
  503: 'unreachable',
  504: 'unreachable',
};

/** Judges what a call threw. */
export function kindOfError(error: unknown): ErrorKind {
  if (ResponseError.is(error)) {
    return kindOfStatus[error.statusCode] ?? 'unexpected';
  }
  // What fetch rejects with when there is no connection, by its standard.
  if (error instanceof DeadlineError || error instanceof TypeError) {
    return 'unreachable';
  }
  return 'unexpected';
}

/**
 * The server's own sentence, where it is meant for the person: what stands
 * against a change, which input was refused, or how long to wait.
 */
export function sentenceOfError(error: unknown): string | undefined {
  if (!ResponseError.is(error)) {
    return undefined;
  }
  const kind = kindOfError(error);
  return ['conflict', 'invalid', 'too-often'].includes(kind)
    ? error.cause.message || undefined
    : undefined;
}

const failureBodySchema = z.object({
  error: z.object({ failure: failureSchema }),
});

/** The failure of the catalogue that a refusal names, if it names one. */
export function failureOf(error: unknown): Failure | undefined {
  return ResponseError.is(error)
    ? failureBodySchema.safeParse(error.body).data?.error.failure
    : undefined;
}
