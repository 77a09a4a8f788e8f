// SPDX-License-Identifier: Apache-2.0
import {
  Router,
  urlencoded,
  type Request,
  type RequestHandler,
  type Response,
} from 'express';
import { z } from 'zod';
import type { AccountRegistry } from '../AccountRegistry';
import type { SandboxAccount } from '../accounts';
import type { FaultBoard } from '../faults/FaultBoard';
import { errorPage } from '../pages/errorPage';
import { consentPage } from '../pages/consentPage';
import { loginPage } from '../pages/loginPage';
import type { ClientRegistry } from './ClientRegistry';
import { isSessionNotFound } from './createProvider';
import type { Provider } from './oidcProvider';
import { sleep } from '../sleep';
import { scopeMeanings } from './scopes';

/** The parameters of the authorization request that the pages need. */
const paramsSchema = z.object({
  client_id: z.string(),
  scope: z.string().default(''),
  login_hint: z.string().optional(),
});

const loginSchema = z.object({ account: z.string() });
/** A browser sends one field for each box that is ticked. */
const consentSchema = z.object({
  decision: z.enum(['allow', 'deny']),
  scope: z
    .union([z.string().transform(scope => [scope]), z.array(z.string())])
    .default([]),
});

interface InteractionRoutesOptions {
  readonly accounts: AccountRegistry;
  readonly provider: Provider;
  readonly clients: ClientRegistry;
  readonly faults: FaultBoard;
  /** Ends waits when the sandbox closes. */
  readonly signal: AbortSignal;
}

/**
 * The two steps a person sees: which account, and may the application have
 * it. The provider ties each step to a cookie with `SameSite=Lax` on its own
 * path, so another site can post none of the forms.
 */
export function interactionRoutes(options: InteractionRoutesOptions): Router {
  const router = Router();
  router.use(urlencoded({ extended: false, limit: '10kb' }));
  router.get('/interaction/:uid', guarded(showStep(options)));
  router.post('/interaction/:uid/login', guarded(takeLogin(options)));
  router.post('/interaction/:uid/consent', guarded(takeConsent(options)));
  return router;
}

type Step = (req: Request, res: Response) => Promise<void>;

/** Says it kindly when the interaction is over, wherever that is noticed. */
function guarded(step: Step): RequestHandler {
  return (req, res, next) => {
    step(req, res).catch(error => {
      if (isSessionNotFound(error)) res.status(400).send(tooLatePage());
      else next(error);
    });
  };
}

function tooLatePage(): string {
  return errorPage(
    'This sign-in is over',
    'It took too long or was finished in another window. Start it again from your application.',
  );
}

function showStep({
  accounts,
  provider,
  clients,
}: InteractionRoutesOptions): Step {
  return async (req, res) => {
    const { uid, prompt, params, session } = await provider.interactionDetails(
      req,
      res,
    );
    const { client_id, scope, login_hint } = paramsSchema.parse(params);
    const clientName = clients.find(client_id)?.name ?? client_id;
    if (prompt.name === 'consent') {
      res.send(
        consentPage({
          action: `/interaction/${uid}/consent`,
          clientName,
          account: chosenAccount(accounts, session?.accountId),
          scopes: knownScopes(scope),
          isGranular: clients.settingsOf(client_id).granularConsent,
        }),
      );
      return;
    }
    res.send(
      loginPage({
        action: `/interaction/${uid}/login`,
        clientName,
        accounts: hintedFirst(accounts, login_hint),
      }),
    );
  };
}

/** The provider lets nobody to the consent who is no account. */
function chosenAccount(accounts: AccountRegistry, id = ''): SandboxAccount {
  return accounts.find(id) ?? { address: id, name: id };
}

function knownScopes(scope: string): string[] {
  return scope.split(' ').filter(name => scopeMeanings.has(name));
}

function hintedFirst(accounts: AccountRegistry, hint: string | undefined) {
  const hinted = hint === undefined ? undefined : accounts.find(hint);
  if (!hinted) return accounts.list();
  return [hinted, ...accounts.list().filter(account => account !== hinted)];
}

function takeLogin({ accounts, provider }: InteractionRoutesOptions): Step {
  return async (req, res) => {
    const { prompt } = await provider.interactionDetails(req, res);
    const form = loginSchema.safeParse(req.body);
    const account = form.success ? accounts.find(form.data.account) : undefined;
    if (!account || prompt.name === 'consent') {
      res
        .status(400)
        .send(errorPage('No such account', 'Go back and choose one.'));
      return;
    }
    await provider.interactionFinished(
      req,
      res,
      {
        // Names the prompt as done, be it `login` or `select_account`.
        [prompt.name]: {},
        login: { accountId: account.address, remember: false },
      },
      { mergeWithLastSubmission: true },
    );
  };
}

function takeConsent(options: InteractionRoutesOptions): Step {
  const { provider, clients, faults, signal } = options;
  return async (req, res) => {
    const { params, session, prompt } = await provider.interactionDetails(
      req,
      res,
    );
    const form = consentSchema.safeParse(req.body);
    const accountId = session?.accountId;
    if (!form.success || !accountId || prompt.name !== 'consent') {
      res
        .status(400)
        .send(errorPage('Nothing decided', 'Go back and allow or deny.'));
      return;
    }
    await sleep(faults.current.consentDelayMs, signal);
    const { consentError } = faults.current;
    if (form.data.decision === 'allow' && consentError) {
      await provider.interactionFinished(req, res, {
        error: consentError.error,
        error_description: consentError.description,
      });
      return;
    }
    if (form.data.decision === 'deny' || faults.current.denyConsent) {
      await provider.interactionFinished(req, res, {
        error: 'access_denied',
        error_description: 'The account owner did not allow it.',
      });
      return;
    }
    const { client_id, scope } = paramsSchema.parse(params);
    const grant = new provider.Grant({ accountId, clientId: client_id });
    const asked = knownScopes(scope);
    const isTaken = clients.settingsOf(client_id).granularConsent
      ? (name: string) => form.data.scope.includes(name)
      : () => true;
    grant.addOIDCScope(asked.filter(isTaken).join(' '));
    // Said aloud, or the provider would ask for them again.
    grant.rejectOIDCScope(asked.filter(name => !isTaken(name)).join(' '));
    const grantId = await grant.save();
    await provider.interactionFinished(
      req,
      res,
      { consent: { grantId } },
      { mergeWithLastSubmission: true },
    );
  };
}
