// SPDX-License-Identifier: Apache-2.0
import { json, Router } from 'express';
import type { AccountRegistry } from '../AccountRegistry';
import type { FaultBoard } from '../faults/FaultBoard';
import {
  faultsRequestSchema,
  type FaultsRequest,
} from '../faults/faultsRequest';
import type { ImapServer } from '../imap/ImapServer';
import type { MailStore } from '../imap/MailStore';
import type { Pop3Server } from '../pop3/Pop3Server';
import type { ModelStore } from '../oauth/ModelStore';
import type { Stats } from '../Stats';
import { parseBody } from './parseBody';

interface ControlApiOptions {
  readonly accounts: AccountRegistry;
  readonly ca: string;
  readonly faults: FaultBoard;
  readonly stats: Stats;
  readonly models: ModelStore;
  readonly mail: MailStore;
  readonly imap: ImapServer;
  readonly pop3: Pop3Server;
}

/** Makes the sandbox misbehave, and tells what clients did meanwhile. */
export function controlApi(options: ControlApiOptions): Router {
  const { faults, stats, imap, pop3 } = options;
  const router = Router();

  router.get('/faults', (_req, res) => {
    res.json(faults.toJson());
  });

  router.put('/faults', json(), (req, res) => {
    const request = parseBody(faultsRequestSchema, req.body, res);
    if (!request) return;
    const unknown = unknownAccount(options.accounts, request);
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

  router.get('/ca', (_req, res) => {
    res.json({ ca: options.ca });
  });

  router.get('/stats', (_req, res) => {
    res.json({
      ...stats.snapshot(),
      imapConnectionsOpen: imap.openConnections,
      idleSessions: imap.idleSessions,
      pop3ConnectionsOpen: pop3.openConnections,
    });
  });

  router.delete('/stats', (_req, res) => {
    stats.reset();
    res.status(204).end();
  });

  return router;
}

function unknownAccount(
  accounts: AccountRegistry,
  request: FaultsRequest,
): string | undefined {
  return [request.revokeGrants?.account, request.renewUidValidity?.account]
    .filter(account => account !== undefined)
    .find(account => !accounts.find(account));
}

/** Does what is done once, as against the faults that stay. */
function act(options: ControlApiOptions, request: FaultsRequest) {
  const { accounts, models, mail } = options;
  if (request.expireAccessTokensNow) {
    models.destroyAll('AccessToken');
    models.destroyAll('ClientCredentials');
  }
  if (request.revokeGrants) {
    const { account } = request.revokeGrants;
    models.revokeGrants(account && accounts.find(account)?.address);
  }
  if (request.renewUidValidity) {
    const account = mail.find(request.renewUidValidity.account);
    for (const mailbox of account?.mailboxes ?? []) mailbox.renewUidValidity();
  }
}
