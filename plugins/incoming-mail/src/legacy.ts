// SPDX-License-Identifier: Apache-2.0

/**
 * The same pages for apps on the legacy front-end system.
 *
 * @packageDocumentation
 */

import {
  createApiFactory,
  createPlugin,
  createRoutableExtension,
  discoveryApiRef,
  fetchApiRef,
} from '@backstage/core-plugin-api';
import { incomingMailApiRef } from './api/incomingMailApiRef';
import { IncomingMailClient } from './api/IncomingMailClient';
import {
  emailRequestsRouteRef,
  requestsRouteRef,
  rootRouteRef,
} from './routes';

export { isIncomingMailAvailable } from './projectKinds';
export { incomingMailTranslationRef } from './translation';

/** The plugin for the legacy front-end system. @public */
export const incomingMailPlugin = createPlugin({
  id: 'incoming-mail',
  apis: [
    createApiFactory({
      api: incomingMailApiRef,
      deps: { discoveryApi: discoveryApiRef, fetchApi: fetchApiRef },
      factory: options => new IncomingMailClient(options),
    }),
  ],
  routes: {
    root: rootRouteRef,
    emailRequests: emailRequestsRouteRef,
    requests: requestsRouteRef,
  },
});

/** The page *Incoming mail*, for a `Route` of the app. @public */
export const IncomingMailPage = incomingMailPlugin.provide(
  createRoutableExtension({
    name: 'IncomingMailPage',
    component: () =>
      import('./admin/IncomingMailAdminPage').then(
        module => module.IncomingMailAdminPage,
      ),
    mountPoint: rootRouteRef,
  }),
);

/**
 * The tab *Email requests*, for an `EntityLayout.Route` with the path
 * `/email-requests`.
 *
 * @public
 */
export const EntityEmailRequestsContent = incomingMailPlugin.provide(
  createRoutableExtension({
    name: 'EntityEmailRequestsContent',
    component: () =>
      import('./channel/ChannelContent').then(module => module.ChannelContent),
    mountPoint: emailRequestsRouteRef,
  }),
);

/**
 * The tab *Requests*, for an `EntityLayout.Route` with the path `/requests`.
 *
 * @public
 */
export const EntityRequestsContent = incomingMailPlugin.provide(
  createRoutableExtension({
    name: 'EntityRequestsContent',
    component: () =>
      import('./requests/RequestsContent').then(
        module => module.RequestsContent,
      ),
    mountPoint: requestsRouteRef,
  }),
);
