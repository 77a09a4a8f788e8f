// SPDX-License-Identifier: Apache-2.0
import { z } from 'zod';

/**
 * For how many hours a link may be made; the first is proposed.
 *
 * @public
 */
export const linkLifetimes = [72, 1, 24, 168] as const;

/** What makes a link. @public */
export const createConsentLinkSchema = z.strictObject({
  lifetimeHours: z.literal(linkLifetimes),
});

/**
 * A link by which the owner of a mailbox authorizes it without an account in
 * the portal. Listed while it can still be used.
 *
 * @public
 */
export const consentLinkSchema = z.object({
  id: z.string(),
  /** The address whose owner it is for. */
  address: z.string(),
  /** The entity ref of who made it. */
  createdBy: z.string(),
  createdAt: z.iso.datetime(),
  expiresAt: z.iso.datetime(),
  /** When somebody first opened it. */
  openedAt: z.iso.datetime().optional(),
});

/** See {@link consentLinkSchema}. @public */
export type ConsentLink = z.infer<typeof consentLinkSchema>;

/**
 * A link that was just made, with its address: this once, for only a hash of
 * it is stored.
 *
 * @public
 */
export const createdConsentLinkSchema = consentLinkSchema.extend({
  url: z.string(),
});

/** See {@link createdConsentLinkSchema}. @public */
export type CreatedConsentLink = z.infer<typeof createdConsentLinkSchema>;

/** The links of a channel that can still be used, the newest first. @public */
export const consentLinksSchema = z.object({
  items: z.array(consentLinkSchema),
});
