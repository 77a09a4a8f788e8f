// SPDX-License-Identifier: Apache-2.0
import { createRouteRef, createSubRouteRef } from '@backstage/core-plugin-api';

// Made by core-plugin-api, whose refs work in the new and in the legacy
// front-end system alike.

/** The page *Incoming mail*. */
export const rootRouteRef = createRouteRef({ id: 'incoming-mail' });

/** The tab *OAuth 2.0* of the page, with the list of integrations. */
export const integrationsRouteRef = createSubRouteRef({
  id: 'incoming-mail/oauth',
  parent: rootRouteRef,
  path: '/oauth',
});

/** The editor with a new integration. */
export const newIntegrationRouteRef = createSubRouteRef({
  id: 'incoming-mail/oauth/new',
  parent: rootRouteRef,
  path: '/oauth/new',
});

/** The editor with one integration. */
export const integrationRouteRef = createSubRouteRef({
  id: 'incoming-mail/oauth/integration',
  parent: rootRouteRef,
  path: '/oauth/:integrationId',
});

/** The tab *Mail servers* of the page, with the list of mail servers. */
export const mailServersRouteRef = createSubRouteRef({
  id: 'incoming-mail/servers',
  parent: rootRouteRef,
  path: '/servers',
});

/** The editor with a new mail server. */
export const newMailServerRouteRef = createSubRouteRef({
  id: 'incoming-mail/servers/new',
  parent: rootRouteRef,
  path: '/servers/new',
});

/** How one mail server is doing. */
export const mailServerRouteRef = createSubRouteRef({
  id: 'incoming-mail/servers/server',
  parent: rootRouteRef,
  path: '/servers/:mailServerId',
});

/** The editor with one mail server. */
export const editMailServerRouteRef = createSubRouteRef({
  id: 'incoming-mail/servers/server/edit',
  parent: rootRouteRef,
  path: '/servers/:mailServerId/edit',
});

/** A project's tab *Email requests*. */
export const emailRequestsRouteRef = createRouteRef({
  id: 'incoming-mail/email-requests',
});

/** A project's tab *Requests*. */
export const requestsRouteRef = createRouteRef({
  id: 'incoming-mail/requests',
});

/** One request of a project. */
export const requestRouteRef = createSubRouteRef({
  id: 'incoming-mail/requests/request',
  parent: requestsRouteRef,
  path: '/:number',
});
