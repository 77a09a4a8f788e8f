// SPDX-License-Identifier: Apache-2.0
import { z } from 'zod';
import { failureSchema } from './failures';
import { folderSchema } from './folders';
import { grantTypeSchema, mailHostSchema } from './integrations';

/**
 * An addr-spec in the form that mail providers use for accounts: a dot-atom
 * local part and a domain name, lower-cased. Quoted local parts, comments and
 * address literals (RFC 5322 section 3.4.1) are not accepted: no account that
 * OAuth 2.0 can be used for has one, and parsers disagree about them.
 *
 * @public
 */
export const mailAddressSchema = z
  .string()
  .trim()
  .toLowerCase()
  .max(254)
  .regex(
    /^[a-z0-9!#$%&'*+/=?^_`{|}~-]+(?:\.[a-z0-9!#$%&'*+/=?^_`{|}~-]+)*@[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?(?:\.[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?)+$/,
    'is not an e-mail address',
  );

/**
 * How a mailbox is signed in to.
 *
 * @public
 */
export const authenticationSchema = z.discriminatedUnion('method', [
  z.strictObject({
    method: z.literal('oauth'),
    integrationId: z.uuid(),
  }),
]);

/** See {@link authenticationSchema}. @public */
export type Authentication = z.infer<typeof authenticationSchema>;

const channelSettings = {
  /** The account whose mail is read. */
  address: mailAddressSchema,
  /** One of the integration's mail hosts, word for word. */
  server: mailHostSchema,
  folder: folderSchema.default('INBOX'),
  authentication: authenticationSchema,
};

/** What gives a project its channel. @public */
export const createChannelSchema = z.strictObject(channelSettings);

/** See {@link createChannelSchema}. @public */
export type CreateChannel = z.input<typeof createChannelSchema>;

/**
 * What replaces a channel's settings. A change of address or integration
 * needs a new consent; a change of folder or server does not.
 *
 * @public
 */
export const updateChannelSchema = z.strictObject({
  ...channelSettings,
  /** The version that was read; a change in between is refused with 409. */
  version: z.number().int().min(1),
});

/** See {@link updateChannelSchema}. @public */
export type UpdateChannel = z.input<typeof updateChannelSchema>;

/**
 * How a channel is doing.
 *
 * - `draft`: saved, not authorized yet.
 * - `active`: read at each visit.
 * - `degraded`: the last visit failed; it is tried again by itself.
 * - `needs-consent`: someone must authorize (again).
 * - `mailbox-unavailable`: account or folder cannot be read.
 * - `integration-fault`: an administrator must mend the integration.
 *
 * @public
 */
export const channelStateSchema = z.enum([
  'draft',
  'active',
  'degraded',
  'needs-consent',
  'mailbox-unavailable',
  'integration-fault',
]);

/** See {@link channelStateSchema}. @public */
export type ChannelState = z.infer<typeof channelStateSchema>;

/**
 * When a consent ends unless somebody authorizes again, and how that is known:
 * the provider told it, its app is in testing, or the access is not being
 * used, which ends it at last.
 *
 * @public
 */
export const consentEndSchema = z.object({
  at: z.iso.datetime(),
  reason: z.enum(['told', 'testing', 'unused']),
});

/** See {@link consentEndSchema}. @public */
export type ConsentEnd = z.infer<typeof consentEndSchema>;

/**
 * A project's mailbox as the tab *Email requests* shows it.
 *
 * @public
 */
export const channelSchema = z.object({
  id: z.string(),
  projectRef: z.string(),
  version: z.number().int(),
  address: z.string(),
  server: mailHostSchema,
  folder: z.string(),
  authentication: authenticationSchema,
  /** The integration's name, for people who may not list integrations. */
  integrationName: z.string().optional(),
  /** The account that gave access, where that is not the address itself. */
  readBy: z.string().optional(),
  /** Whether its owner authorizes it, or the application reads it in its own name. */
  grantType: grantTypeSchema.optional(),
  state: channelStateSchema,
  failure: failureSchema.optional(),
  /** Since when mail is read; older mail is left alone ("from now on"). */
  readingSince: z.iso.datetime().optional(),
  lastVisitAt: z.iso.datetime().optional(),
  lastSuccessAt: z.iso.datetime().optional(),
  nextVisitAt: z.iso.datetime().optional(),
  /** Absent where no end is in sight. */
  consentEnd: consentEndSchema.optional(),
  /** Mails of the last 24 hours, and mails that wait for their turn. */
  counts: z.object({
    lastDay: z.number().int(),
    waiting: z.number().int(),
    held: z.number().int(),
  }),
  createdAt: z.iso.datetime(),
  updatedAt: z.iso.datetime(),
});

/** See {@link channelSchema}. @public */
export type Channel = z.infer<typeof channelSchema>;
