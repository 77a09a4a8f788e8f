// SPDX-License-Identifier: Apache-2.0
import { AuditorService, HttpAuthService } from '@backstage/backend-plugin-api';
import {
  endpoints,
  openApiDocument,
} from '@postroom/plugin-incoming-mail-common';
import express, { Router } from 'express';
import PromiseRouter from 'express-promise-router';
import { toSafeError } from './database';
import { createMountEndpoint, MountEndpoint } from './http';

// A channel's or integration's settings are a few kilobytes.
const MAX_BODY = '100kb';

/**
 * The plugin's routes: those that browsers visit in a popup, then the endpoint
 * table, which each room mounts its rows of.
 */
export function createRouter(options: {
  httpAuth: HttpAuthService;
  auditor: AuditorService;
  browserRouter: Router;
  mountRooms(mount: MountEndpoint): void;
}): Router {
  const router = PromiseRouter();
  router.use(options.browserRouter);
  router.use(express.json({ limit: MAX_BODY, strict: false }));
  router.get('/openapi.json', (_request, response) => {
    response.json(
      openApiDocument({
        endpoints,
        title: 'Incoming mail',
        version: '1',
      }),
    );
  });
  options.mountRooms(
    createMountEndpoint({
      router,
      httpAuth: options.httpAuth,
      auditor: options.auditor,
      toSafeError,
    }),
  );
  return router;
}
