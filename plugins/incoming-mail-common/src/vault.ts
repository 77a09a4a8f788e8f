// SPDX-License-Identifier: Apache-2.0
import { z } from 'zod';

/**
 * How far a change of the vault's key is: a former key may leave the
 * configuration when nothing is sealed with it any more.
 *
 * @public
 */
export const vaultStatusSchema = z.object({
  primaryKid: z.string(),
  keys: z.array(
    z.object({
      kid: z.string(),
      /** Whether the key is in the configuration. */
      configured: z.boolean(),
      /** How many records are sealed with it. */
      sealedRecords: z.number().int(),
    }),
  ),
});

/** See {@link vaultStatusSchema}. @public */
export type VaultStatus = z.infer<typeof vaultStatusSchema>;
