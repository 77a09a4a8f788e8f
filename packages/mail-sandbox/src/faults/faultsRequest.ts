// SPDX-License-Identifier: Apache-2.0
import { z } from 'zod';
import type { FaultFields, FaultValues } from './faultFields';
import { imapFaults } from './imapFaults';
import { mailFaults } from './mailFaults';
import { oauthFaults } from './oauthFaults';
import { pop3Faults } from './pop3Faults';

/** All faults that last, by their names. */
export const allFaults = {
  ...oauthFaults,
  ...mailFaults,
  ...imapFaults,
  ...pop3Faults,
};

/** The faults in force. */
export type Faults = FaultValues<typeof allFaults>;

type Changes<F extends FaultFields> = {
  readonly [K in keyof F]?: z.output<F[K]['schema']> | null;
};

/** What is done once and not remembered. */
const actionsSchema = z.object({
  /** Every live access token ends; refresh tokens go on working. */
  expireAccessTokensNow: z.literal(true).optional(),
  /** Every grant (of one account) ends with all of its tokens. */
  revokeGrants: z.strictObject({ account: z.string().optional() }).optional(),
  /** All mailboxes of the account get a new UIDVALIDITY and new UIDs. */
  renewUidValidity: z.strictObject({ account: z.string() }).optional(),
});

export type FaultsRequest = z.output<typeof actionsSchema> &
  Changes<typeof allFaults>;

/**
 * The body of `PUT /api/faults`. A field that is named is set (`null` turns it
 * off), a field that is not named keeps its value.
 */
export const faultsRequestSchema = z.strictObject({
  ...actionsSchema.shape,
  ...Object.fromEntries(
    Object.entries<FaultFields[string]>(allFaults).map(([name, { schema }]) => [
      name,
      schema.nullable().optional(),
    ]),
  ),
  // The shape is built from the table above, and so is the type.
}) as unknown as z.ZodType<FaultsRequest>;
