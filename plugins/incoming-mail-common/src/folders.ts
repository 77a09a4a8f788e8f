// SPDX-License-Identifier: Apache-2.0
import { z } from 'zod';

/**
 * A folder's name as people write it. No control characters: they would end
 * an IMAP command (RFC 9051 section 9).
 *
 * @public
 */
export const folderSchema = z
  .string()
  .min(1)
  .max(255)
  // eslint-disable-next-line no-control-regex
  .regex(/^[^\x00-\x1f\x7f]+$/, 'holds control characters');
