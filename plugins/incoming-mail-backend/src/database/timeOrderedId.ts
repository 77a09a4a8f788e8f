// SPDX-License-Identifier: Apache-2.0
import { randomUUID } from 'node:crypto';

/**
 * A new id for a row that comes with many others: UUID version 7 (RFC 9562
 * section 5.7). Rows written together stand together in the indexes of their
 * ids, which spares the database a page for each. It tells when it was made and
 * must not be taken for a secret.
 */
export function timeOrderedId(): string {
  // Only for their order among each other: a clock that is wrong costs pages.
  // eslint-disable-next-line no-restricted-syntax
  const time = Date.now().toString(16).padStart(12, '0');
  // Of a random UUID all but its first 48 bits and its version.
  return `${time.slice(0, 8)}-${time.slice(8)}-7${randomUUID().slice(15)}`;
}
