// SPDX-License-Identifier: Apache-2.0
import { Secret } from '../../secrets';

/** What a provider sent back (RFC 6749 section 4.1.2), well-formed. */
export interface CallbackAnswer {
  readonly state: string;
  /** Each `iss` there was (RFC 9207); more than one is refused later. */
  readonly issuers: readonly string[];
  readonly result:
    | { readonly kind: 'code'; readonly code: Secret }
    | { readonly kind: 'error'; readonly error: string };
}

const MAX_STATE_LENGTH = 512;
const MAX_CODE_LENGTH = 8_192;
const MAX_ERROR_LENGTH = 512;

/**
 * Reads the parameters of a callback; undefined where they are not an answer:
 * exactly one `state`, and exactly one of `code` and `error`. What a provider
 * adds besides is not looked at.
 */
export function parseCallback(
  parameters: URLSearchParams,
): CallbackAnswer | undefined {
  const state = onlyValue(parameters, 'state', MAX_STATE_LENGTH);
  const result = parseResult(parameters);
  return state && result
    ? { state, issuers: parameters.getAll('iss'), result }
    : undefined;
}

function parseResult(
  parameters: URLSearchParams,
): CallbackAnswer['result'] | undefined {
  if (parameters.has('code') === parameters.has('error')) {
    return undefined;
  }
  const code = onlyValue(parameters, 'code', MAX_CODE_LENGTH);
  const error = onlyValue(parameters, 'error', MAX_ERROR_LENGTH);
  if (code) {
    return { kind: 'code', code: new Secret(code) };
  }
  return error ? { kind: 'error', error } : undefined;
}

function onlyValue(
  parameters: URLSearchParams,
  name: string,
  maxLength: number,
): string | undefined {
  const [value, ...others] = parameters.getAll(name);
  return others.length === 0 && value && value.length <= maxLength
    ? value
    : undefined;
}
