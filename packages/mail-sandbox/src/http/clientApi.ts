// SPDX-License-Identifier: Apache-2.0
import { json, Router } from 'express';
import {
  clientRequestSchema,
  type ClientRegistry,
} from '../oauth/ClientRegistry';
import { ownSettingsSchema } from '../oauth/ApplicationSettings';
import { parseBody } from './parseBody';

/** Registers OAuth applications and changes how they are treated. */
export function clientApi(clients: ClientRegistry): Router {
  const router = Router();
  router.post('/clients', json(), (req, res) => {
    const request = parseBody(clientRequestSchema, req.body, res);
    if (!request) return;
    const credentials = clients.register(request);
    if (credentials) res.status(201).json(credentials);
    else res.status(409).json({ error: 'There are too many applications' });
  });

  router.put('/clients/:clientId/settings', json(), (req, res) => {
    const settings = parseBody(ownSettingsSchema, req.body, res);
    if (!settings) return;
    const { clientId } = req.params;
    if (clients.change(clientId, settings)) {
      res.json(clients.settingsOf(clientId));
    } else {
      res.status(404).json({ error: 'There is no such application' });
    }
  });

  return router;
}
