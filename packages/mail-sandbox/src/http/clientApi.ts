// SPDX-License-Identifier: Apache-2.0
import { json, Router } from 'express';
import {
  clientRequestSchema,
  type ClientRegistry,
} from '../oauth/ClientRegistry';
import { parseBody } from './parseBody';

/** `POST /api/clients`: registers an OAuth application. */
export function clientApi(clients: ClientRegistry): Router {
  const router = Router();
  router.post('/clients', json(), (req, res) => {
    const request = parseBody(clientRequestSchema, req.body, res);
    if (!request) return;
    const credentials = clients.register(request);
    if (credentials) res.status(201).json(credentials);
    else res.status(409).json({ error: 'There are too many applications' });
  });
  return router;
}
