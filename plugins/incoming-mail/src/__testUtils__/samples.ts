// SPDX-License-Identifier: Apache-2.0
import type { Entity } from '@backstage/catalog-model';
import { ResponseError } from '@backstage/errors';
import type {
  Channel,
  Failure,
  HandlerDescription,
  IntegrationChoice,
  MailHost,
  MailServer,
  MailServerDraft,
  OAuthIntegration,
  Request,
  RequestSummary,
} from '@postroom/plugin-incoming-mail-common';

const NOW = '2024-05-06T07:08:09.000Z';
const INTEGRATION_ID = '3f0e8f8e-5f0e-4f0e-8f0e-3f0e8f8e5f0e';

export const imapHost: MailHost = {
  protocol: 'imap',
  host: 'imap.corp.test',
  port: 993,
  security: 'tls',
};

const pop3Host: MailHost = {
  protocol: 'pop3',
  host: 'pop.corp.test',
  port: 995,
  security: 'tls',
};

export const project: Entity = {
  apiVersion: 'backstage.io/v1alpha1',
  kind: 'Component',
  metadata: { name: 'Support', namespace: 'default' },
  spec: { type: 'service' },
};

export function anIntegration(
  changes: Partial<OAuthIntegration> = {},
): OAuthIntegration {
  return {
    id: INTEGRATION_ID,
    version: 3,
    name: 'Corp mail',
    provider: 'custom',
    grantType: 'authorization_code',
    issuer: 'https://login.corp.test',
    authorizationEndpoint: 'https://login.corp.test/auth',
    tokenEndpoint: 'https://login.corp.test/token',
    scopes: ['openid', 'mail'],
    clientId: 'postroom',
    clientAuthentication: 'client_secret_basic',
    allowedDomains: ['corp.test'],
    mailHosts: [imapHost, pop3Host],
    redirectUrl:
      'https://portal.test/api/incoming-mail/oauth/callback/AAAAAAAAAAAAAAAAAAAAAA',
    clientSecret: { set: true, updatedAt: NOW },
    clientKey: { set: false },
    ready: true,
    channelCount: 1,
    mailServerCount: 0,
    createdAt: NOW,
    updatedAt: NOW,
    ...changes,
  };
}

export function aChoice(
  changes: Partial<IntegrationChoice> = {},
): IntegrationChoice {
  const { id, name, provider, grantType, allowedDomains, mailHosts, ready } =
    anIntegration();
  return {
    id,
    name,
    provider,
    grantType,
    allowedDomains,
    mailHosts,
    protocols: ['imap'],
    ready,
    ...changes,
  };
}

export function aChannel(changes: Partial<Channel> = {}): Channel {
  return {
    id: 'channel',
    projectRef: 'component:default/support',
    version: 2,
    address: 'support@corp.test',
    server: imapHost,
    folder: 'INBOX',
    authentication: { method: 'oauth', integrationId: INTEGRATION_ID },
    integrationName: 'Corp mail',
    grantType: 'authorization_code',
    aliases: [],
    afterStoring: { action: 'mark-read' },
    requestDefaults: {},
    state: 'active',
    counts: { lastDay: 4, waiting: 0, held: 0, stored: 12 },
    createdAt: NOW,
    updatedAt: NOW,
    ...changes,
  };
}

export const trackerHandler: HandlerDescription = {
  id: 'request-tracker',
  title: 'Create a request',
  fields: [
    { name: 'project', title: 'Project', kind: 'entity', required: true },
    { name: 'labels', title: 'Labels', kind: 'list', required: false },
  ],
};

export const alertHandler: HandlerDescription = {
  id: 'alerts',
  title: 'Raise an alert',
  description: 'Wakes whoever is on call.',
  fields: [
    { name: 'team', title: 'Team', kind: 'text', required: false },
    { name: 'loud', title: 'Loud', kind: 'boolean', required: false },
    {
      name: 'urgency',
      title: 'Urgency',
      kind: 'choice',
      required: false,
      choices: [
        { value: 'low', title: 'When awake' },
        { value: 'high', title: 'At once' },
      ],
    },
  ],
};

export function aMailServer(changes: Partial<MailServer> = {}): MailServer {
  const { projectRef: _, requestDefaults: __, ...mailbox } = aChannel();
  return {
    ...mailbox,
    id: '5f0e8f8e-5f0e-4f0e-8f0e-3f0e8f8e5f0e',
    name: 'Alerts',
    address: 'alerts@corp.test',
    timeoutSeconds: 30,
    handlers: [
      {
        handlerId: 'request-tracker',
        settings: { project: 'component:default/support' },
      },
    ],
    enabled: true,
    ...changes,
  };
}

export function aDraft(
  changes: Partial<MailServerDraft> = {},
): MailServerDraft {
  const {
    name,
    timeoutSeconds,
    handlers,
    enabled,
    address,
    server,
    folder,
    authentication,
    aliases,
    afterStoring,
  } = aMailServer();
  return {
    name,
    timeoutSeconds,
    handlers,
    enabled,
    address,
    server,
    folder,
    authentication,
    aliases,
    afterStoring,
    id: '6f0e8f8e-5f0e-4f0e-8f0e-3f0e8f8e5f0e',
    authorization: 'none',
    obstacle: 'not-tested',
    expiresAt: NOW,
    ...changes,
  };
}

export function aRequest(changes: Partial<Request> = {}): Request {
  return {
    id: 'request-7',
    projectRef: 'component:default/support',
    number: 7,
    subject: 'Printer on fire',
    sender: { name: 'Jo', address: 'jo@corp.test' },
    sentAt: NOW,
    createdAt: NOW,
    lastActivityAt: NOW,
    text: 'It burns.\nPlease help.',
    labels: [],
    attachments: [],
    commentCount: 0,
    messageId: 'message-7',
    ...changes,
  };
}

export function aRequestSummary(
  changes: Partial<RequestSummary> = {},
): RequestSummary {
  const { id, number, subject, sender, commentCount, createdAt } = aRequest();
  return {
    id,
    number,
    subject,
    sender,
    commentCount,
    createdAt,
    lastActivityAt: createdAt,
    excerpt: 'It burns. Please help.',
    labels: [],
    ...changes,
  };
}

const errorNames: Record<number, string> = {
  400: 'InputError',
  403: 'NotAllowedError',
  404: 'NotFoundError',
  409: 'ConflictError',
  429: 'TooManyRequestsError',
  500: 'Error',
  503: 'ServiceUnavailableError',
};

/** What the client throws for a refusal of the backend. */
export function aRefusal(
  status: number,
  message: string,
  fields?: { path: string; message: string }[],
  failure?: Failure,
  reason?: string,
): Promise<ResponseError> {
  const error = { name: errorNames[status], message, fields, failure, reason };
  return ResponseError.fromResponse({
    ok: false,
    status,
    statusText: errorNames[status],
    headers: new Headers({ 'content-type': 'application/json' }),
    text: async () =>
      JSON.stringify({ error, response: { statusCode: status } }),
  } as unknown as Parameters<typeof ResponseError.fromResponse>[0]);
}
