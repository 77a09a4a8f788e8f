// SPDX-License-Identifier: Apache-2.0
import { z } from 'zod';
import { checkReportSchema } from '../checks';
import {
  consentLinksSchema,
  createConsentLinkSchema,
  createdConsentLinkSchema,
} from '../consentLinks';
import {
  claimConsentSchema,
  claimedConsentSchema,
  connectionSchema,
  consentSchema,
  startConsentSchema,
  startedConsentSchema,
} from '../consents';
import { handlerListSchema } from '../handlers';
import { discoveredIssuerSchema, discoverIssuerSchema } from '../discovery';
import { folderListSchema } from '../folderList';
import { invariantReportSchema } from '../health';
import {
  folderPreviewSchema,
  mailImportSchema,
  startImportSchema,
} from '../imports';
import {
  callbackSlugSchema,
  createIntegrationSchema,
  integrationChoiceSchema,
  integrationSchema,
  integrationUserSchema,
  retireClientSecretSchema,
  updateIntegrationSchema,
} from '../integrations';
import { journalEntrySchema } from '../journal';
import {
  activationSchema,
  channelSchema,
  createChannelSchema,
  updateChannelSchema,
} from '../mailboxes';
import {
  createMailServerDraftSchema,
  createMailServerSchema,
  mailServerDraftSchema,
  mailServerSchema,
  testedDraftSchema,
  updateMailServerDraftSchema,
  updateMailServerSchema,
} from '../mailServers';
import { messageDryRunSchema, messageSummarySchema } from '../messages';
import { providerListSchema } from '../providerDescriptions';
import {
  requestCommentSchema,
  requestSchema,
  requestSummarySchema,
} from '../requests';
import { vaultStatusSchema } from '../vault';
import { defineEndpoint } from './defineEndpoint';
import { pageOf, pageQuerySchema } from './page';

// The parts of an entity ref, as the catalog's own routes have them.
const entityPart = z.string().min(1).max(63);
const projectParams = z.strictObject({
  kind: entityPart,
  namespace: entityPart,
  name: entityPart,
});
const integrationParams = z.strictObject({ integrationId: z.uuid() });
const mailServerParams = z.strictObject({ mailServerId: z.uuid() });
const draftParams = z.strictObject({ draftId: z.uuid() });
const consentParams = z.strictObject({ consentId: z.uuid() });
const requestParams = projectParams.extend({
  number: z.coerce.number().int().min(1).max(2_147_483_647),
});
const messageParams = projectParams.extend({ messageId: z.uuid() });
const mailServerMessageParams = mailServerParams.extend({
  messageId: z.uuid(),
});

const PROJECT = '/projects/:kind/:namespace/:name';
const MAIL_SERVER = '/mail-servers/:mailServerId';
const DRAFT = '/mail-server-drafts/:draftId';

/**
 * Every endpoint of the plugin. The OAuth redirect is not one of them: it is
 * for browsers, and takes whatever parameters a provider adds.
 *
 * @public
 */
export const endpoints = {
  listIntegrations: defineEndpoint({
    method: 'GET',
    path: '/integrations',
    summary: 'Lists the OAuth 2.0 integrations by name.',
    query: pageQuerySchema,
    reply: pageOf(integrationSchema),
  }),
  reserveRedirectUrl: defineEndpoint({
    method: 'POST',
    path: '/redirect-urls',
    summary:
      'Makes a redirect URL for an integration that does not exist yet, so that it can be registered at the provider first.',
    reply: z.object({
      callbackSlug: callbackSlugSchema,
      redirectUrl: z.string(),
    }),
    status: 201,
  }),
  createIntegration: defineEndpoint({
    method: 'POST',
    path: '/integrations',
    summary: 'Registers an OAuth 2.0 integration.',
    body: createIntegrationSchema,
    reply: integrationSchema,
    status: 201,
  }),
  getIntegration: defineEndpoint({
    method: 'GET',
    path: '/integrations/:integrationId',
    summary: 'Reads one OAuth 2.0 integration, without its secret.',
    params: integrationParams,
    reply: integrationSchema,
  }),
  updateIntegration: defineEndpoint({
    method: 'PUT',
    path: '/integrations/:integrationId',
    summary: 'Replaces the settings of an OAuth 2.0 integration.',
    params: integrationParams,
    body: updateIntegrationSchema,
    reply: integrationSchema,
  }),
  deleteIntegration: defineEndpoint({
    method: 'DELETE',
    path: '/integrations/:integrationId',
    summary: 'Removes an OAuth 2.0 integration that no mailbox uses.',
    params: integrationParams,
    status: 204,
  }),
  retireClientSecret: defineEndpoint({
    method: 'POST',
    path: '/integrations/:integrationId/retired-secrets',
    summary:
      'Removes one of the two client secrets that an integration has while they are changed.',
    params: integrationParams,
    body: retireClientSecretSchema,
    reply: integrationSchema,
  }),
  listIntegrationUsers: defineEndpoint({
    method: 'GET',
    path: '/integrations/:integrationId/users',
    summary: 'Lists the channels and mail servers that use an integration.',
    params: integrationParams,
    query: pageQuerySchema,
    reply: pageOf(integrationUserSchema),
  }),
  checkIntegration: defineEndpoint({
    method: 'POST',
    path: '/integrations/:integrationId/checks',
    summary:
      'Checks the set-up of an integration step by step, with the provider.',
    params: integrationParams,
    reply: checkReportSchema,
  }),
  discoverIssuer: defineEndpoint({
    method: 'POST',
    path: '/discoveries',
    summary:
      'Reads what an issuer says of itself (RFC 8414), to be shown before it is taken over.',
    body: discoverIssuerSchema,
    reply: discoveredIssuerSchema,
  }),
  listProviders: defineEndpoint({
    method: 'GET',
    path: '/oauth-providers',
    summary:
      'Lists the providers that backend modules bring, beside those that come with the plugin.',
    reply: providerListSchema,
  }),
  listHandlers: defineEndpoint({
    method: 'GET',
    path: '/handlers',
    summary: 'Lists the mail handlers that a mailbox can be bound to.',
    reply: handlerListSchema,
  }),
  getVaultStatus: defineEndpoint({
    method: 'GET',
    path: '/vault',
    summary: 'Tells how many records are sealed with which vault key.',
    reply: vaultStatusSchema,
  }),
  checkInvariants: defineEndpoint({
    method: 'GET',
    path: '/health/invariants',
    summary:
      'Looks through the database for what can never be; an answer with ok: false is a fault to be reported.',
    reply: invariantReportSchema,
  }),
  listMailServerIntegrations: defineEndpoint({
    method: 'GET',
    path: '/mail-server-integrations',
    summary: 'Lists what may be chosen for a mail server, by name.',
    query: pageQuerySchema,
    reply: pageOf(integrationChoiceSchema),
  }),
  listMailServers: defineEndpoint({
    method: 'GET',
    path: '/mail-servers',
    summary: 'Lists the mail servers by name, and how they are doing.',
    query: pageQuerySchema,
    reply: pageOf(mailServerSchema),
  }),
  createMailServer: defineEndpoint({
    method: 'POST',
    path: '/mail-servers',
    summary:
      'Saves a draft as a new mail server; 409 unless exactly this was tested.',
    body: createMailServerSchema,
    reply: mailServerSchema,
    status: 201,
  }),
  getMailServer: defineEndpoint({
    method: 'GET',
    path: MAIL_SERVER,
    summary: 'Reads a mail server and how it is doing.',
    params: mailServerParams,
    reply: mailServerSchema,
  }),
  updateMailServer: defineEndpoint({
    method: 'PUT',
    path: MAIL_SERVER,
    summary:
      'Saves a draft over its mail server; 409 unless exactly this was tested.',
    params: mailServerParams,
    body: updateMailServerSchema,
    reply: mailServerSchema,
  }),
  deleteMailServer: defineEndpoint({
    method: 'DELETE',
    path: MAIL_SERVER,
    summary:
      'Removes a mail server with its grant or password and its stored mail; what handlers made stays.',
    params: mailServerParams,
    status: 204,
  }),
  pauseMailServer: defineEndpoint({
    method: 'PUT',
    path: `${MAIL_SERVER}/pause`,
    summary:
      'Stops reading and handling; nothing takes effect after the answer.',
    params: mailServerParams,
    reply: mailServerSchema,
  }),
  resumeMailServer: defineEndpoint({
    method: 'DELETE',
    path: `${MAIL_SERVER}/pause`,
    summary: 'Goes on where reading was stopped.',
    params: mailServerParams,
    reply: mailServerSchema,
  }),
  checkMailServer: defineEndpoint({
    method: 'POST',
    path: `${MAIL_SERVER}/checks`,
    summary: 'Tests a mail server step by step, as it is saved.',
    params: mailServerParams,
    reply: checkReportSchema,
  }),
  pollMailServer: defineEndpoint({
    method: 'POST',
    path: `${MAIL_SERVER}/visits`,
    summary: 'Has a mail server visited at once.',
    params: mailServerParams,
    status: 202,
  }),
  startMailServerConsent: defineEndpoint({
    method: 'POST',
    path: `${MAIL_SERVER}/consents`,
    summary: 'Starts the renewal of a mail server’s authorization, in place.',
    params: mailServerParams,
    body: startConsentSchema,
    reply: startedConsentSchema,
    status: 201,
  }),
  connectMailServer: defineEndpoint({
    method: 'POST',
    path: `${MAIL_SERVER}/connections`,
    summary:
      'Connects a mail server that the application reads in its own name.',
    params: mailServerParams,
    reply: connectionSchema,
  }),
  previewMailServer: defineEndpoint({
    method: 'POST',
    path: `${MAIL_SERVER}/preview`,
    summary: 'Counts what is in a mail server’s folder; nothing is read.',
    params: mailServerParams,
    reply: folderPreviewSchema,
  }),
  startMailServerImport: defineEndpoint({
    method: 'POST',
    path: `${MAIL_SERVER}/imports`,
    summary: 'Has older mail of a mail server read once.',
    params: mailServerParams,
    body: startImportSchema,
    reply: mailImportSchema,
    status: 201,
  }),
  cancelMailServerImport: defineEndpoint({
    method: 'DELETE',
    path: `${MAIL_SERVER}/imports`,
    summary: 'Stops the import of older mail; what was read stays.',
    params: mailServerParams,
    status: 204,
  }),
  listMailServerJournal: defineEndpoint({
    method: 'GET',
    path: `${MAIL_SERVER}/journal`,
    summary: 'Lists what happened to a mail server, newest first.',
    params: mailServerParams,
    query: pageQuerySchema,
    reply: pageOf(journalEntrySchema),
  }),
  listMailServerMessages: defineEndpoint({
    method: 'GET',
    path: `${MAIL_SERVER}/messages`,
    summary:
      'Lists the mails of a mail server and how each ended, newest first.',
    params: mailServerParams,
    query: pageQuerySchema,
    reply: pageOf(messageSummarySchema),
  }),
  downloadMailServerMessage: defineEndpoint({
    method: 'GET',
    path: `${MAIL_SERVER}/messages/:messageId/raw`,
    summary: 'Downloads a mail of a mail server byte for byte.',
    params: mailServerMessageParams,
    download: 'message/rfc822',
  }),
  dryRunMailServerMessage: defineEndpoint({
    method: 'POST',
    path: `${MAIL_SERVER}/messages/:messageId/dry-runs`,
    summary:
      'Tells what would become of a mail of a mail server if it were handled now, without any effect.',
    params: mailServerMessageParams,
    reply: messageDryRunSchema,
  }),
  runMailServerMessage: defineEndpoint({
    method: 'POST',
    path: `${MAIL_SERVER}/messages/:messageId/runs`,
    summary:
      'Has a mail of a mail server that is held or quarantined handled again.',
    params: mailServerMessageParams,
    reply: messageSummarySchema,
    status: 202,
  }),
  createMailServerDraft: defineEndpoint({
    method: 'POST',
    path: '/mail-server-drafts',
    summary: 'Opens a draft of a new mail server, or of a change to one.',
    body: createMailServerDraftSchema,
    reply: mailServerDraftSchema,
    status: 201,
  }),
  getMailServerDraft: defineEndpoint({
    method: 'GET',
    path: DRAFT,
    summary: 'Reads a draft of one’s own.',
    params: draftParams,
    reply: mailServerDraftSchema,
  }),
  updateMailServerDraft: defineEndpoint({
    method: 'PUT',
    path: DRAFT,
    summary: 'Replaces the settings of a draft.',
    params: draftParams,
    body: updateMailServerDraftSchema,
    reply: mailServerDraftSchema,
  }),
  deleteMailServerDraft: defineEndpoint({
    method: 'DELETE',
    path: DRAFT,
    summary: 'Drops a draft with the grant or password that it was given.',
    params: draftParams,
    status: 204,
  }),
  startDraftConsent: defineEndpoint({
    method: 'POST',
    path: `${DRAFT}/consents`,
    summary: 'Starts the authorization of a draft’s mailbox, before saving.',
    params: draftParams,
    body: startConsentSchema,
    reply: startedConsentSchema,
    status: 201,
  }),
  connectMailServerDraft: defineEndpoint({
    method: 'POST',
    path: `${DRAFT}/connections`,
    summary:
      'Connects a draft’s mailbox that the application reads in its own name, before saving.',
    params: draftParams,
    reply: connectionSchema,
  }),
  checkMailServerDraft: defineEndpoint({
    method: 'POST',
    path: `${DRAFT}/checks`,
    summary:
      'Tests the connection of a draft step by step; when all is well it can be saved.',
    params: draftParams,
    reply: testedDraftSchema,
  }),
  listMailServerDraftFolders: defineEndpoint({
    method: 'POST',
    path: `${DRAFT}/folders`,
    summary: 'Signs in as a draft says and lists the account’s folders (IMAP).',
    params: draftParams,
    reply: folderListSchema,
  }),
  listIntegrationChoices: defineEndpoint({
    method: 'GET',
    path: `${PROJECT}/integrations`,
    summary:
      'Lists what a project owner may choose for a channel: names and mail hosts, no client settings.',
    params: projectParams,
    query: pageQuerySchema,
    reply: pageOf(integrationChoiceSchema),
  }),
  getChannel: defineEndpoint({
    method: 'GET',
    path: `${PROJECT}/channel`,
    summary: 'Reads the channel of a project and how it is doing.',
    params: projectParams,
    reply: channelSchema,
  }),
  createChannel: defineEndpoint({
    method: 'POST',
    path: `${PROJECT}/channel`,
    summary: 'Gives a project its channel; a project has at most one.',
    params: projectParams,
    body: createChannelSchema,
    reply: channelSchema,
    status: 201,
  }),
  updateChannel: defineEndpoint({
    method: 'PUT',
    path: `${PROJECT}/channel`,
    summary: 'Replaces the settings of a channel.',
    params: projectParams,
    body: updateChannelSchema,
    reply: channelSchema,
  }),
  deleteChannel: defineEndpoint({
    method: 'DELETE',
    path: `${PROJECT}/channel`,
    summary:
      'Removes a channel with its grant and stored mail; requests and comments stay.',
    params: projectParams,
    status: 204,
  }),
  activateChannel: defineEndpoint({
    method: 'POST',
    path: `${PROJECT}/channel/activations`,
    summary:
      'Signs in to a channel’s mailbox with its password and, where that works, begins to read it.',
    params: projectParams,
    reply: activationSchema,
  }),
  pauseChannel: defineEndpoint({
    method: 'PUT',
    path: `${PROJECT}/channel/pause`,
    summary:
      'Stops reading and handling; nothing takes effect after the answer.',
    params: projectParams,
    reply: channelSchema,
  }),
  resumeChannel: defineEndpoint({
    method: 'DELETE',
    path: `${PROJECT}/channel/pause`,
    summary: 'Goes on where reading was stopped.',
    params: projectParams,
    reply: channelSchema,
  }),
  listChannelFolders: defineEndpoint({
    method: 'POST',
    path: `${PROJECT}/channel/folders`,
    summary: 'Signs in to a channel’s mailbox and lists its folders (IMAP).',
    params: projectParams,
    reply: folderListSchema,
  }),
  previewChannel: defineEndpoint({
    method: 'POST',
    path: `${PROJECT}/channel/preview`,
    summary: 'Counts what is in a channel’s folder; nothing is read.',
    params: projectParams,
    reply: folderPreviewSchema,
  }),
  startChannelImport: defineEndpoint({
    method: 'POST',
    path: `${PROJECT}/channel/imports`,
    summary: 'Has older mail of a channel read once.',
    params: projectParams,
    body: startImportSchema,
    reply: mailImportSchema,
    status: 201,
  }),
  cancelChannelImport: defineEndpoint({
    method: 'DELETE',
    path: `${PROJECT}/channel/imports`,
    summary: 'Stops the import of older mail; what was read stays.',
    params: projectParams,
    status: 204,
  }),
  checkChannel: defineEndpoint({
    method: 'POST',
    path: `${PROJECT}/channel/checks`,
    summary:
      'Checks a channel step by step: integration, grant, server, sign-in, folder.',
    params: projectParams,
    reply: checkReportSchema,
  }),
  pollChannel: defineEndpoint({
    method: 'POST',
    path: `${PROJECT}/channel/visits`,
    summary: 'Has a channel visited at once.',
    params: projectParams,
    status: 202,
  }),
  listJournal: defineEndpoint({
    method: 'GET',
    path: `${PROJECT}/channel/journal`,
    summary: 'Lists what happened to a channel, newest first.',
    params: projectParams,
    query: pageQuerySchema,
    reply: pageOf(journalEntrySchema),
  }),
  startConsent: defineEndpoint({
    method: 'POST',
    path: `${PROJECT}/channel/consents`,
    summary: 'Starts the authorization of a channel’s mailbox.',
    params: projectParams,
    body: startConsentSchema,
    reply: startedConsentSchema,
    status: 201,
  }),
  connectChannel: defineEndpoint({
    method: 'POST',
    path: `${PROJECT}/channel/connections`,
    summary:
      'Connects a channel’s mailbox that the application reads in its own name, by signing in to it.',
    params: projectParams,
    reply: connectionSchema,
  }),
  getConsent: defineEndpoint({
    method: 'GET',
    path: '/consents/:consentId',
    summary: 'Tells the person who started a consent how far it is.',
    params: consentParams,
    reply: consentSchema,
  }),
  cancelConsent: defineEndpoint({
    method: 'DELETE',
    path: '/consents/:consentId',
    summary: 'Gives up a consent that is still waiting.',
    params: consentParams,
    status: 204,
  }),
  claimConsent: defineEndpoint({
    method: 'POST',
    path: '/consents/:consentId/claim',
    summary:
      'Shows the code of the popup, where portal and backend are on different sites; only then is a consent used.',
    params: consentParams,
    body: claimConsentSchema,
    reply: claimedConsentSchema,
  }),
  createConsentLink: defineEndpoint({
    method: 'POST',
    path: `${PROJECT}/channel/consent-links`,
    summary:
      'Makes a link by which the owner of a channel’s mailbox authorizes it without the portal.',
    params: projectParams,
    body: createConsentLinkSchema,
    reply: createdConsentLinkSchema,
    status: 201,
  }),
  listConsentLinks: defineEndpoint({
    method: 'GET',
    path: `${PROJECT}/channel/consent-links`,
    summary: 'Lists the links of a channel that can still be used.',
    params: projectParams,
    reply: consentLinksSchema,
  }),
  revokeConsentLink: defineEndpoint({
    method: 'DELETE',
    path: `${PROJECT}/channel/consent-links/:linkId`,
    summary: 'Withdraws a link, also while somebody is about to use it.',
    params: projectParams.extend({ linkId: z.uuid() }),
    status: 204,
  }),
  listMessages: defineEndpoint({
    method: 'GET',
    path: `${PROJECT}/messages`,
    summary: 'Lists the mails of a project and how each ended, newest first.',
    params: projectParams,
    query: pageQuerySchema,
    reply: pageOf(messageSummarySchema),
  }),
  downloadMessage: defineEndpoint({
    method: 'GET',
    path: `${PROJECT}/messages/:messageId/raw`,
    summary: 'Downloads a mail byte for byte.',
    params: messageParams,
    download: 'message/rfc822',
  }),
  dryRunMessage: defineEndpoint({
    method: 'POST',
    path: `${PROJECT}/messages/:messageId/dry-runs`,
    summary:
      'Tells what would become of a mail if it were handled now, without any effect.',
    params: messageParams,
    reply: messageDryRunSchema,
  }),
  runMessage: defineEndpoint({
    method: 'POST',
    path: `${PROJECT}/messages/:messageId/runs`,
    summary: 'Has a mail that is held or quarantined handled again.',
    params: messageParams,
    reply: messageSummarySchema,
    status: 202,
  }),
  listRequests: defineEndpoint({
    method: 'GET',
    path: `${PROJECT}/requests`,
    summary: 'Lists the requests of a project, latest activity first.',
    params: projectParams,
    query: pageQuerySchema,
    reply: pageOf(requestSummarySchema),
  }),
  getRequest: defineEndpoint({
    method: 'GET',
    path: `${PROJECT}/requests/:number`,
    summary: 'Reads one request.',
    params: requestParams,
    reply: requestSchema,
  }),
  listRequestComments: defineEndpoint({
    method: 'GET',
    path: `${PROJECT}/requests/:number/comments`,
    summary: 'Lists the comments on a request, oldest first.',
    params: requestParams,
    query: pageQuerySchema,
    reply: pageOf(requestCommentSchema),
  }),
} as const;

/** The name of an endpoint. @public */
export type EndpointName = keyof typeof endpoints;
