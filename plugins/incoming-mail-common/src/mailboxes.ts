// SPDX-License-Identifier: Apache-2.0
import { z } from 'zod';
import { afterStoringRefusalSchema, afterStoringSchema } from './afterStoring';
import {
  authenticationSchema,
  storedAuthenticationSchema,
} from './authentication';
import { checkReportSchema } from './checks';
import { failureSchema } from './failures';
import { folderSchema } from './folders';
import { mailImportSchema } from './imports';
import { grantTypeSchema, mailHostSchema } from './integrations';
import { requestDefaultsSchema } from './requestDefaults';

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

/** The most further addresses that a mailbox may have. @public */
export const MAX_ALIASES = 20;

/**
 * Further addresses whose mail arrives in the mailbox: mail from one of them
 * is our own, mail to one of them is to us.
 *
 * @public
 */
export const aliasesSchema = z
  .array(mailAddressSchema)
  .max(MAX_ALIASES)
  .refine(
    aliases => new Set(aliases).size === aliases.length,
    'holds an address twice',
  );

/** What every mailbox has, whether a project's channel or a mail server. @public */
export const mailboxSettings = {
  /** The account whose mail is read. */
  address: mailAddressSchema,
  /**
   * With OAuth 2.0 one of the integration's mail hosts, word for word; with a
   * password any that this installation may reach.
   */
  server: mailHostSchema,
  /** IMAP only; POP3 has no folders. */
  folder: folderSchema.default('INBOX'),
  authentication: authenticationSchema,
  aliases: aliasesSchema.default([]),
  afterStoring: afterStoringSchema.default({ action: 'mark-read' }),
};

const channelSettings = {
  ...mailboxSettings,
  /** What requests made of the channel's mail begin with. */
  requestDefaults: requestDefaultsSchema.default({}),
};

/** What gives a project its channel. @public */
export const createChannelSchema = z.strictObject(channelSettings);

/** See {@link createChannelSchema}. @public */
export type CreateChannel = z.input<typeof createChannelSchema>;

/**
 * What replaces a channel's settings. A change of address, of integration or
 * of the way to sign in makes the channel a draft again until it is authorized
 * (OAuth 2.0) or activated (password); a change of folder does not. How far
 * the mailbox was read stays, unless it is another account's.
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
 * - `draft`: saved; not authorized, or with a password not activated, yet.
 * - `active`: read at each visit.
 * - `degraded`: the last visit failed; it is tried again by itself.
 * - `needs-consent`: someone must authorize (again).
 * - `needs-password`: the password is refused; someone must enter it again.
 * - `mailbox-unavailable`: account or folder cannot be read.
 * - `integration-fault`: an administrator must mend the integration.
 * - `paused`: a person had reading stopped; nothing is fetched or handled.
 *
 * @public
 */
export const channelStateSchema = z.enum([
  'draft',
  'active',
  'degraded',
  'needs-consent',
  'needs-password',
  'mailbox-unavailable',
  'integration-fault',
  'paused',
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

/** What a mailbox is to those who look at it, besides its settings. @public */
export const mailboxStatus = {
  id: z.string(),
  version: z.number().int(),
  address: z.string(),
  server: mailHostSchema,
  folder: z.string(),
  authentication: storedAuthenticationSchema,
  /** The integration's name, for people who may not list integrations. */
  integrationName: z.string().optional(),
  /** The account that gave access, where that is not the address itself. */
  readBy: z.string().optional(),
  /** Whether its owner authorizes it, or the application reads it in its own name. */
  grantType: grantTypeSchema.optional(),
  aliases: z.array(z.string()),
  afterStoring: afterStoringSchema,
  /** Absent where the server did it, or was not asked yet. */
  afterStoringRefusal: afterStoringRefusalSchema.optional(),
  state: channelStateSchema,
  failure: failureSchema.optional(),
  /** Since when mail is read; older mail is left alone ("from now on"). */
  readingSince: z.iso.datetime().optional(),
  lastVisitAt: z.iso.datetime().optional(),
  lastSuccessAt: z.iso.datetime().optional(),
  nextVisitAt: z.iso.datetime().optional(),
  /** Absent where no end is in sight. */
  consentEnd: consentEndSchema.optional(),
  counts: z.object({
    /** Mails of the last 24 hours. */
    lastDay: z.number().int(),
    /** Mails that wait for their turn. */
    waiting: z.number().int(),
    /** Mails that wait for a person. */
    held: z.number().int(),
    /** All mails that are stored, which go when the mailbox is removed. */
    stored: z.number().int(),
    /** How many the last visit left on the server for the next one, at most. */
    onServer: z.number().int().optional(),
  }),
  /** The latest import of older mail. */
  lastImport: mailImportSchema.optional(),
  createdAt: z.iso.datetime(),
  updatedAt: z.iso.datetime(),
};

/**
 * A project's mailbox as the tab *Email requests* shows it.
 *
 * @public
 */
export const channelSchema = z.object({
  ...mailboxStatus,
  projectRef: z.string(),
  requestDefaults: requestDefaultsSchema,
});

/** See {@link channelSchema}. @public */
export type Channel = z.infer<typeof channelSchema>;

/**
 * How the activation of a channel with a password went: what was looked at, in
 * order, and the channel afterwards, which is active where all went well.
 *
 * @public
 */
export const activationSchema = z.object({
  report: checkReportSchema,
  channel: channelSchema,
});

/** See {@link activationSchema}. @public */
export type Activation = z.infer<typeof activationSchema>;
