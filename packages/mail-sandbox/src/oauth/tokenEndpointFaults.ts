// SPDX-License-Identifier: Apache-2.0
import {
  Router,
  urlencoded,
  type RequestHandler,
  type Response,
} from 'express';
import type { FaultBoard } from '../faults/FaultBoard';
import type { Faults } from '../faults/faultsRequest';
import { sleep } from '../sleep';
import type { Stats } from '../Stats';

const HTML_REPLY = '<!doctype html><title>Sign in to the network</title>';
const TORN_REPLY = '{"access_token":"eyJh","token_type":"Bea';
const GATEWAY_REPLY = '<!doctype html><title>Bad gateway</title>';

/**
 * Stands before the token endpoint: waits, or answers in its place with a
 * reply that is no token reply. A request that is answered here never reaches
 * the provider, so no refresh token is used up by it. Stands before the
 * revocation endpoint too.
 */
export function tokenEndpointFaults(options: {
  readonly faults: FaultBoard;
  readonly stats: Stats;
  readonly signal: AbortSignal;
}): RequestHandler {
  const { faults, stats, signal } = options;
  const router = Router();

  router.post('/token', async (_req, _res, next) => {
    await sleep(faults.current.tokenDelayMs, signal);
    const { tokenReply, tokenError } = faults.current;
    next(tokenReply || tokenError ? undefined : 'router');
  });

  // The body is read only here: the provider wants to read it itself.
  router.post('/token', urlencoded({ extended: false }), (req, res) => {
    stats.countTokenRequest(req.body.grant_type);
    const { tokenReply, tokenError } = faults.current;
    if (tokenError) {
      sendError(res, tokenError);
      faults.spendTokenError();
    } else {
      sendReply(res, tokenReply);
    }
  });

  router.post('/token/revocation', (_req, res, next) => {
    if (!faults.current.revocationDown) {
      next();
      return;
    }
    stats.countRevocation();
    res.status(503).type('html').send(GATEWAY_REPLY);
  });

  return router;
}

function sendReply(res: Response, reply: Faults['tokenReply']): void {
  switch (reply) {
    case 'torn-json':
      res.type('json').send(TORN_REPLY);
      break;
    case 'empty':
      res.status(200).end();
      break;
    case 'no-token':
      res.json({ token_type: 'Bearer', expires_in: 3600 });
      break;
    default:
      res.type('html').send(HTML_REPLY);
  }
}

function sendError(
  res: Response,
  answer: NonNullable<Faults['tokenError']>,
): void {
  const { status, error, description, retryAfter } = answer;
  res.status(status);
  if (retryAfter !== undefined) res.set('Retry-After', retryAfter);
  if (error === undefined) res.type('html').send(GATEWAY_REPLY);
  else res.json({ error, error_description: description });
}
