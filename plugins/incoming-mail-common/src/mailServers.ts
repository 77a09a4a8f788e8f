// SPDX-License-Identifier: Apache-2.0
import { z } from 'zod';
import { checkReportSchema } from './checks';
import { handlerBindingSchema } from './handlers';
import { mailboxSettings, mailboxStatus } from './mailboxes';

/** The most handlers that a mail server's mail may go to. @public */
export const MAX_BINDINGS = 20;

/** How many drafts of mail servers a person may have open. @public */
export const MAX_DRAFTS = 10;

/** How long a mail server is given unless told, in seconds. @public */
export const DEFAULT_TIMEOUT_SECONDS = 30;

const identity = {
  name: z.string().trim().min(1, 'is required').max(100),
  description: z.string().trim().max(500).optional(),
  /** How long connecting, or a command, may take. */
  timeoutSeconds: z
    .number()
    .int()
    .min(5)
    .max(120)
    .default(DEFAULT_TIMEOUT_SECONDS),
  /** Whom the mail goes to, in this order. */
  handlers: z
    .array(handlerBindingSchema)
    .min(1, 'needs at least one handler')
    .max(MAX_BINDINGS),
  /** Whether it is read; one that is not is paused. */
  enabled: z.boolean().default(true),
};

/**
 * What an administrator decides about a mail server.
 *
 * @public
 */
export const mailServerSettingsSchema = z.strictObject({
  ...identity,
  ...mailboxSettings,
});

/** See {@link mailServerSettingsSchema}. @public */
export type MailServerSettings = z.input<typeof mailServerSettingsSchema>;

/**
 * A mail server as the page *Incoming mail* shows it: a mailbox without a
 * project. States are those of channels.
 *
 * @public
 */
export const mailServerSchema = z.object({
  ...mailboxStatus,
  ...identity,
});

/** See {@link mailServerSchema}. @public */
export type MailServer = z.infer<typeof mailServerSchema>;

/**
 * What opens a draft: settings of a new mail server, or the id of one that is
 * to be changed, with its current settings unless others are given.
 *
 * @public
 */
export const createMailServerDraftSchema = z
  .strictObject({
    serverId: z.uuid().optional(),
    settings: mailServerSettingsSchema.optional(),
  })
  .refine(
    ({ serverId, settings }) =>
      serverId !== undefined || settings !== undefined,
    { path: ['settings'], message: 'is required for a new mail server' },
  );

/** See {@link createMailServerDraftSchema}. @public */
export type CreateMailServerDraft = z.input<typeof createMailServerDraftSchema>;

/** What replaces the settings of a draft. @public */
export const updateMailServerDraftSchema = z.strictObject({
  settings: mailServerSettingsSchema,
});

/**
 * Why a draft cannot be saved (yet). Replies to a refused save (409) carry it
 * as `error.reason`.
 *
 * - `not-tested`: nobody tested the connection, or the test failed.
 * - `changed-since-test`: what was tested is not what would be saved: settings,
 *   password, grant or integration were changed.
 * - `test-too-old`: the test was more than 15 minutes ago.
 * - `server-changed`: somebody else changed the mail server meanwhile.
 *
 * @public
 */
export const saveObstacleSchema = z.enum([
  'not-tested',
  'changed-since-test',
  'test-too-old',
  'server-changed',
]);

/** See {@link saveObstacleSchema}. @public */
export type SaveObstacle = z.infer<typeof saveObstacleSchema>;

/**
 * Settings of a mail server on their way to being saved. A draft belongs to
 * the person who opened it, is never read, and goes after a day.
 *
 * @public
 */
export const mailServerDraftSchema = z.object({
  ...identity,
  id: z.string(),
  /** The mail server that it changes; absent for a new one. */
  serverId: z.string().optional(),
  /** The version of it that the draft was opened with. */
  serverVersion: z.number().int().optional(),
  address: mailboxStatus.address,
  server: mailboxStatus.server,
  folder: mailboxStatus.folder,
  authentication: mailboxStatus.authentication,
  integrationName: mailboxStatus.integrationName,
  grantType: mailboxStatus.grantType,
  aliases: mailboxStatus.aliases,
  afterStoring: mailboxStatus.afterStoring,
  /**
   * Whether there is something to sign in with: `own` was given to the draft,
   * `server` is what the saved mail server has, which is for the same account.
   * With a password it says whether one is stored.
   */
  authorization: z.enum(['none', 'own', 'server']),
  /** When a test last passed; absent where none did. */
  testedAt: z.iso.datetime().optional(),
  /** What is in the way of saving; absent where nothing is. */
  obstacle: saveObstacleSchema.optional(),
  expiresAt: z.iso.datetime(),
});

/** See {@link mailServerDraftSchema}. @public */
export type MailServerDraft = z.infer<typeof mailServerDraftSchema>;

/** What a test found, and the draft afterwards. @public */
export const testedDraftSchema = z.object({
  report: checkReportSchema,
  draft: mailServerDraftSchema,
});

/** See {@link testedDraftSchema}. @public */
export type TestedDraft = z.infer<typeof testedDraftSchema>;

/** Saves a draft as a new mail server. @public */
export const createMailServerSchema = z.strictObject({ draftId: z.uuid() });

/**
 * Saves a draft over the mail server that it was opened for.
 *
 * @public
 */
export const updateMailServerSchema = z.strictObject({
  draftId: z.uuid(),
  /** The version that was read; a change in between is refused with 409. */
  version: z.number().int().min(1),
});
