// SPDX-License-Identifier: Apache-2.0
import { isError } from '@backstage/errors';
import { codeOf, isDatabaseError } from './dialect';

/**
 * The same error, unless it comes from the database engine: then one that
 * says no more than the engine's code, because the engine's own message can
 * hold values of a row ("Key (address)=(…) already exists").
 *
 * For every place where an error leaves the plugin: replies and logs.
 */
export function toSafeError(error: unknown): Error {
  if (isDatabaseError(error)) {
    return new Error(`The database refused a statement (${codeOf(error)})`);
  }
  return isError(error) ? (error as Error) : new Error('Something was thrown');
}
