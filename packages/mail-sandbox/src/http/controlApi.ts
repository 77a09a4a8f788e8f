// SPDX-License-Identifier: Apache-2.0
import { json, Router } from 'express';
import { findDemoAccount } from '../accounts';
import {
  faultsRequestSchema,
  type FaultBoard,
  type FaultsRequest,
} from '../faults';
import type { ImapServer } from '../imap/ImapServer';
import type { MailStore } from '../imap/MailStore';
import type { ModelStore } from '../oauth/ModelStore';
import type { Stats } from '../Stats';
import { parseBody } from './parseBody';

interface ControlApiOptions {
  readonly faults: FaultBoard;
  readonly stats: Stats;
  readonly models: ModelStore;
  readonly mail: MailStore;
  readonly imap: ImapServer;
}

/** Makes the sandbox misbehave, and tells what clients did meanwhile. */
export function controlApi(options: ControlApiOptions): Router {
  const { faults, stats, imap } = options;
  const router = Router();

  router.get('/faults', (_req, res) => {
    res.json(faults.toJson());
  });

  router.put('/faults', json(), (req, res) => {
    const request = parseBody(faultsRequestSchema, req.body, res);
    if (!request) return;
    const unknown = unknownAccount(request);
    if (unknown !== undefined) {
      res.status(404).json({ error: `There is no account ${unknown}` });
      return;
    }
    act(options, request);
    faults.set(request);
    res.json(faults.toJson());
  });

  router.delete('/faults', (_req, res) => {
    faults.reset();
    res.json(faults.toJson());
  });

  router.get('/stats', (_req, res) => {
    res.json({
      ...stats.snapshot(),
      imapConnectionsOpen: imap.openConnections,
      idleSessions: imap.idleSessions,
    });
  });

  router.delete('/stats', (_req, res) => {
    stats.reset();
    res.status(204).end();
  });

  return router;
}

function unknownAccount(request: FaultsRequest): string | undefined {
  return [request.revokeGrants?.account, request.renewUidValidity?.account]
    .filter(account => account !== undefined)
    .find(account => !findDemoAccount(account));
}

/** Does what is done once, as against the faults that stay. */
function act({ models, mail }: ControlApiOptions, request: FaultsRequest) {
  if (request.expireAccessTokensNow) models.destroyAll('AccessToken');
  if (request.revokeGrants) {
    const { account } = request.revokeGrants;
    models.revokeGrants(account && findDemoAccount(account)?.address);
  }
  if (request.renewUidValidity) {
    const account = mail.find(request.renewUidValidity.account);
    for (const mailbox of account?.mailboxes ?? []) mailbox.renewUidValidity();
  }
}
