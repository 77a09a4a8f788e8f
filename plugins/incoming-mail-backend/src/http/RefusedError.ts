// SPDX-License-Identifier: Apache-2.0
import { ConflictError } from '@backstage/errors';
import { FailureCode, failures } from '@postroom/plugin-incoming-mail-common';

/**
 * A call that cannot be done as things stand, for a reason of the catalogue.
 * The reply is a 409 with the code beside the sentence (`error.failure`), so
 * that a page says it in its own words.
 */
export class RefusedError extends ConflictError {
  readonly failure: { readonly code: FailureCode };

  constructor(code: FailureCode) {
    const { title, remedy } = failures[code];
    super(`${title}. ${remedy}`);
    // The platform finds the status by the name.
    this.name = 'ConflictError';
    this.failure = { code };
  }
}
