// SPDX-License-Identifier: Apache-2.0
import {
  AuditorService,
  HttpAuthService,
  HttpRouterService,
  LoggerService,
} from '@backstage/backend-plugin-api';
import { MountEndpoint } from './http';
import { CALLBACK_PATH, LINK_PATH, OAuth, START_PATH } from './oauth';
import { createRouter } from './router';

/**
 * Serves the plugin's routes. Those that browsers visit in a popup come without
 * a token of the portal, so they are let in by a cookie or by nothing.
 */
export function serveRoutes(
  services: {
    auditor: AuditorService;
    httpAuth: HttpAuthService;
    httpRouter: HttpRouterService;
    logger: LoggerService;
  },
  options: {
    oauth: Pick<OAuth, 'createBrowserRouter'>;
    /** Whether portal and backend are on different sites. */
    crossSite: boolean;
    mountRooms(mount: MountEndpoint): void;
  },
): void {
  const { auditor, httpAuth, httpRouter, logger } = services;
  httpRouter.use(
    createRouter({
      httpAuth,
      auditor,
      browserRouter: options.oauth.createBrowserRouter({
        httpAuth,
        auditor,
        logger,
      }),
      mountRooms: options.mountRooms,
    }),
  );
  httpRouter.addAuthPolicy({
    path: START_PATH,
    allow: options.crossSite ? 'unauthenticated' : 'user-cookie',
  });
  httpRouter.addAuthPolicy({ path: CALLBACK_PATH, allow: 'unauthenticated' });
  httpRouter.addAuthPolicy({ path: LINK_PATH, allow: 'unauthenticated' });
}
