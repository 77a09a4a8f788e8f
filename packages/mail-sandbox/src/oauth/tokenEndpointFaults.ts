// SPDX-License-Identifier: Apache-2.0
import { Router, urlencoded, type RequestHandler } from 'express';
import type { FaultBoard } from '../faults/FaultBoard';
import { sleep } from '../sleep';
import type { Stats } from '../Stats';

const HTML_REPLY = '<!doctype html><title>Sign in to the network</title>';
const TORN_REPLY = '{"access_token":"eyJh","token_type":"Bea';

/**
 * Stands before the token endpoint: waits, or answers in its place with a
 * reply that is no token reply. A request that is answered here never reaches
 * the provider, so no refresh token is used up by it.
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
    next(faults.current.tokenReply ? undefined : 'router');
  });

  // The body is read only here: the provider wants to read it itself.
  router.post('/token', urlencoded({ extended: false }), (req, res) => {
    stats.countTokenRequest(req.body.grant_type);
    const torn = faults.current.tokenReply === 'torn-json';
    res.type(torn ? 'json' : 'html').send(torn ? TORN_REPLY : HTML_REPLY);
  });

  return router;
}
