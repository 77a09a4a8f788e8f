// SPDX-License-Identifier: Apache-2.0
import {
  AuditorService,
  HttpAuthService,
  LoggerService,
} from '@backstage/backend-plugin-api';
import { isError } from '@backstage/errors';
import { failures } from '@postroom/plugin-incoming-mail-common';
import { Request, Response, Router } from 'express';
import PromiseRouter from 'express-promise-router';
import { toSafeError } from '../../database';
import { CALLBACK_PATH, START_PATH } from '../integrations/redirectUrl';
import { CallbackOutcome, ConsentFlow } from './ConsentFlow';
import { sendClaimPage, sendNeutralPage, sendResultPage } from './consentPages';
import { flowCookie, readCookie } from './flowCookie';
import { isNavigation } from './isNavigation';
import { sendLinkDone, sendLinkRefused } from './linkPages';
import { parseCallback } from './parseCallback';
import { redactRequestLine } from './redactRequestLine';
import { returnUrl } from './returnPath';
import { setPageHeaders } from './sendPage';

/** What the routes of the popup need. */
export interface BrowserRouterOptions {
  readonly httpAuth: HttpAuthService;
  readonly auditor: AuditorService;
  readonly logger: LoggerService;
}

/**
 * The two URLs that a browser visits in a popup. They are no endpoints: they
 * answer with pages and redirects, and take whatever a provider adds.
 *
 * Auth policies are the caller's: `user-cookie` for the start, none where the
 * portal is on another site; for the callback none, since it must be able to
 * show its page to anyone, so it reads the cookie itself.
 */
export function createBrowserRouter(
  options: BrowserRouterOptions & {
    flow: ConsentFlow;
    externalBaseUrl: string;
  },
): Router {
  const { flow, externalBaseUrl, httpAuth, auditor, logger } = options;
  const router = PromiseRouter();

  router.get(`${START_PATH}/:ticket`, async (request, response) => {
    setPageHeaders(response);
    redactRequestLine(request, START_PATH);
    const userRef = await findUserRef(httpAuth, request);
    const begun = isNavigation(request)
      ? await flow.begin(request.params.ticket, userRef)
      : undefined;
    if (!begun) {
      sendNeutralPage(response);
      return;
    }
    const cookie = flowCookie(begun.consentId, externalBaseUrl);
    response
      .cookie(cookie.name, begun.browserToken, cookie.options)
      .redirect(303, begun.location);
  });

  router.get(`${CALLBACK_PATH}/:slug`, async (request, response) => {
    setPageHeaders(response);
    const answer = parseCallback(parametersOf(request));
    redactRequestLine(request, CALLBACK_PATH);
    if (!answer || !isNavigation(request)) {
      sendNeutralPage(response);
      return;
    }
    const outcome = await flow.complete({
      slug: request.params.slug,
      answer,
      userRef: await findUserRef(httpAuth, request),
      readBrowserToken: consentId =>
        readCookie(
          request.headers.cookie,
          flowCookie(consentId, externalBaseUrl).name,
        ),
    });
    await audit(auditor, outcome);
    if (outcome.kind === 'failed' && outcome.error !== undefined) {
      logger.error(
        'A consent could not be completed',
        toSafeError(outcome.error),
      );
    }
    sendOutcome(response, outcome, externalBaseUrl);
  });

  return router;
}

/** Who is signed in to Backstage in this browser, by its limited user cookie. */
async function findUserRef(
  httpAuth: HttpAuthService,
  request: Request,
): Promise<string | undefined> {
  try {
    const { principal } = await httpAuth.credentials(request, {
      allow: ['user'],
      allowLimitedAccess: true,
    });
    return principal.userEntityRef.toLocaleLowerCase('en-US');
  } catch (error) {
    if (
      isError(error) &&
      ['AuthenticationError', 'NotAllowedError'].includes(error.name)
    ) {
      return undefined;
    }
    throw error;
  }
}

// Not Express' query: it makes objects and arrays of what looks like them.
function parametersOf(request: Request): URLSearchParams {
  const at = request.originalUrl.indexOf('?');
  return new URLSearchParams(at < 0 ? '' : request.originalUrl.slice(at + 1));
}

function sendOutcome(
  response: Response,
  outcome: CallbackOutcome,
  externalBaseUrl: string,
): void {
  if (outcome.kind === 'refused') {
    sendNeutralPage(response);
    return;
  }
  const { consent } = outcome;
  const { name, options } = flowCookie(consent.id, externalBaseUrl);
  response.clearCookie(name, { ...options, maxAge: undefined });
  if (consent.kind === 'link') {
    sendLinkEnd(response, outcome);
    return;
  }
  const { id: consentId, returnOrigin, returnPath } = consent;
  const backTo =
    returnPath === undefined
      ? undefined
      : returnUrl(returnOrigin, returnPath, consentId);
  if (outcome.kind === 'unclaimed') {
    const { code } = outcome;
    sendClaimPage(response, { returnOrigin, consentId, code, backTo });
  } else if (backTo !== undefined) {
    response.redirect(303, backTo);
  } else {
    sendResultPage(
      response,
      returnOrigin,
      outcome.kind === 'succeeded'
        ? { status: 'succeeded', consentId }
        : { status: 'failed', code: outcome.code },
    );
  }
}

function sendLinkEnd(
  response: Response,
  outcome: Exclude<CallbackOutcome, { kind: 'refused' }>,
): void {
  if (outcome.kind === 'failed') {
    sendLinkRefused(response, outcome.code);
  } else {
    sendLinkDone(response, outcome.consent.expectedAccount);
  }
}

/** Without the request: its URL, which the auditor would note, holds the code. */
async function audit(
  auditor: AuditorService,
  outcome: CallbackOutcome,
): Promise<void> {
  if (outcome.kind === 'refused') {
    return;
  }
  const { id, kind, mailboxId, integrationId, userRef } = outcome.consent;
  const event = await auditor.createEvent({
    eventId: 'consent-complete',
    severityLevel: 'medium',
    meta: { consentId: id, kind, mailboxId, integrationId, userRef },
  });
  if (outcome.kind === 'failed') {
    await event.fail({ error: new Error(failures[outcome.code].title) });
  } else {
    await event.success({ meta: { claimed: outcome.kind === 'succeeded' } });
  }
}
