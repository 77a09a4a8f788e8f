// SPDX-License-Identifier: Apache-2.0
import { z } from 'zod';
import { failureSchema } from './failures';

/**
 * What starts a consent. `returnOrigin` is the origin of the page that opened
 * the popup; it must be one that the installation lists.
 *
 * @public
 */
export const startConsentSchema = z.strictObject({
  returnOrigin: z.string().max(255),
});

/**
 * A started consent. The popup is sent to `startUrl`, which works once, within
 * two minutes, in the browser of the person who started it.
 *
 * @public
 */
export const startedConsentSchema = z.object({
  consentId: z.string(),
  startUrl: z.string(),
  expiresAt: z.iso.datetime(),
});

/** See {@link startedConsentSchema}. @public */
export type StartedConsent = z.infer<typeof startedConsentSchema>;

/**
 * What came of connecting a mailbox that the application reads in its own
 * name: nobody is asked, so it has ended when this is answered.
 *
 * @public
 */
export const connectionSchema = z.discriminatedUnion('status', [
  z.object({ status: z.literal('succeeded') }),
  z.object({ status: z.literal('failed'), failure: failureSchema }),
]);

/** See {@link connectionSchema}. @public */
export type Connection = z.infer<typeof connectionSchema>;

/**
 * How far a consent is. This polled status is the truth; the message that the
 * popup posts to its opener is a hint to ask now.
 *
 * @public
 */
export const consentSchema = z.object({
  id: z.string(),
  status: z.enum(['waiting', 'succeeded', 'failed', 'cancelled', 'expired']),
  failure: failureSchema.optional(),
  expiresAt: z.iso.datetime(),
});

/** See {@link consentSchema}. @public */
export type Consent = z.infer<typeof consentSchema>;
