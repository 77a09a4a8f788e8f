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
  /**
   * Given where no popup could be opened: path and query of the page at
   * `returnOrigin` that the tab comes back to, with
   * {@link CONSENT_PARAMETER} added.
   */
  returnPath: z.string().max(1024).optional(),
});

/**
 * The query parameter that holds the consent's id when a tab comes back.
 *
 * @public
 */
export const CONSENT_PARAMETER = 'incoming-mail-consent';

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
 * `unclaimed`: access was given, but nothing is stored or used before the
 * person who started it shows the code that the popup got.
 *
 * @public
 */
export const consentSchema = z.object({
  id: z.string(),
  status: z.enum([
    'waiting',
    'unclaimed',
    'succeeded',
    'failed',
    'cancelled',
    'expired',
  ]),
  failure: failureSchema.optional(),
  expiresAt: z.iso.datetime(),
});

/** See {@link consentSchema}. @public */
export type Consent = z.infer<typeof consentSchema>;

/**
 * What claims a consent that was given on another site than the portal's: the
 * eight characters that its popup shows, as they are typed.
 *
 * @public
 */
export const claimConsentSchema = z.strictObject({
  code: z
    .string()
    .max(40)
    .transform(code => code.toUpperCase().replace(/[\s-]/g, ''))
    .pipe(z.string().regex(/^[2-9A-HJKMNP-Z]{8}$/, 'is not such a code')),
});

/**
 * What a claim came to: the consent as it now is. While it is still
 * `unclaimed`, the code was wrong and `triesLeft` says how often it may be
 * entered again.
 *
 * @public
 */
export const claimedConsentSchema = consentSchema.extend({
  triesLeft: z.number().int().optional(),
});

/** See {@link claimedConsentSchema}. @public */
export type ClaimedConsent = z.infer<typeof claimedConsentSchema>;
