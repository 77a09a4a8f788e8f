// SPDX-License-Identifier: Apache-2.0
import { AuditorService } from '@backstage/backend-plugin-api';
import { failures } from '@postroom/plugin-incoming-mail-common';
import express, { Request, Router } from 'express';
import PromiseRouter from 'express-promise-router';
import { RunLimit, TooManyRequestsError } from '../../http';
import { hashToken, randomToken, tokensMatch } from '../../secrets';
import { LINK_PATH } from '../integrations/redirectUrl';
import {
  BegunLink,
  ConsentLinkService,
  OpenedLink,
} from './ConsentLinkService';
import { flowCookie, readCookie } from './flowCookie';
import { isNavigation, isOwnForm } from './isNavigation';
import {
  PAGE_FIELD,
  Portal,
  SECRET_FIELD,
  sendDeparture,
  sendInvitation,
  sendLinkBusy,
  sendLinkRefused,
  sendLinkShell,
} from './linkPages';
import { linkPageCookie } from './linkPageCookie';
import { setPageHeaders } from './sendPage';

// A form with a link or its secret and a token.
const MAX_BODY = '4kb';

// Per address that requests come from; behind a proxy that the platform is not
// told of (backend.trustProxy) that is one for all, so it is generous.
const PER_ADDRESS = 60;
// Bounds what there is to count as well.
const ALTOGETHER = 600;
const MINUTE_MS = 60_000;

/**
 * The pages behind a link, for people without a sign-in:
 *
 * - `GET /oauth/invite` knows nothing. Its script takes the secret out of the
 *   fragment and posts it.
 * - `POST /oauth/invite` says what the link is for.
 * - `POST /oauth/invite/continue` is that page's button, and nobody else's:
 *   it shows, with a cookie, that the page was seen in this very browser.
 *
 * The caller lets anyone reach them; nothing else is below that path.
 */
export function createLinkRouter(options: {
  links: ConsentLinkService;
  auditor: AuditorService;
  portal: Portal;
  externalBaseUrl: string;
}): Router {
  const { links, auditor, portal, externalBaseUrl } = options;
  const router = PromiseRouter();
  const parseForm = express.urlencoded({ extended: false, limit: MAX_BODY });
  const mayAsk = limitAsking();

  router.use(LINK_PATH, async (request, response) => {
    setPageHeaders(response);
    if (mayAsk(request)) {
      return 'next';
    }
    sendLinkBusy(response);
    return undefined;
  });

  router.get(LINK_PATH, async (request, response) => {
    if (isNavigation(request)) {
      sendLinkShell(response);
    } else {
      sendLinkRefused(response, 'link-unknown', 400);
    }
  });

  router.post(LINK_PATH, parseForm, async (request, response) => {
    const secret = isOwnForm(request) ? secretOf(request) : '';
    const opened = await links.open(secret);
    await auditLink(auditor, 'consent-link-open', opened);
    if (opened.kind === 'refused') {
      sendLinkRefused(response, opened.code, 400);
      return;
    }
    const pageToken = randomToken();
    const cookie = linkPageCookie(externalBaseUrl);
    response.cookie(cookie.name, pageToken, cookie.options);
    const { link, integration } = opened;
    sendInvitation(response, { link, integration, portal, secret, pageToken });
  });

  router.post(`${LINK_PATH}/continue`, parseForm, async (request, response) => {
    const pageCookie = linkPageCookie(externalBaseUrl);
    if (!isOwnForm(request) || !showsPage(request, pageCookie.name)) {
      sendLinkRefused(response, 'consent-invalid', 400);
      return;
    }
    const outcome = await beginOrBusy(links, secretOf(request));
    if (!outcome) {
      sendLinkBusy(response);
      return;
    }
    await auditLink(auditor, 'consent-link-begin', outcome);
    if (outcome.kind === 'refused') {
      sendLinkRefused(response, outcome.code, 400);
      return;
    }
    const { begun } = outcome;
    const cookie = flowCookie(begun.consentId, externalBaseUrl);
    response.clearCookie(pageCookie.name, {
      ...pageCookie.options,
      maxAge: undefined,
    });
    response.cookie(cookie.name, begun.browserToken, cookie.options);
    sendDeparture(response, begun.location);
  });

  return router;
}

function limitAsking(): (request: Request) => boolean {
  const all = new RunLimit({ max: ALTOGETHER, windowMs: MINUTE_MS });
  const each = new RunLimit({ max: PER_ADDRESS, windowMs: MINUTE_MS });
  return request => all.tryTake('all') && each.tryTake(request.ip ?? '');
}

async function beginOrBusy(
  links: ConsentLinkService,
  secret: string,
): Promise<BegunLink | undefined> {
  try {
    return await links.begin(secret);
  } catch (error) {
    if (error instanceof TooManyRequestsError) {
      return undefined;
    }
    throw error;
  }
}

/** The secret itself, or the whole link as somebody pasted it. */
function secretOf(request: Request): string {
  const field = fieldOf(request, SECRET_FIELD).trim();
  return field.slice(field.lastIndexOf('#') + 1);
}

function showsPage(request: Request, cookieName: string): boolean {
  const cookie = readCookie(request.headers.cookie, cookieName);
  return (
    cookie !== undefined &&
    tokensMatch(fieldOf(request, PAGE_FIELD), hashToken(cookie))
  );
}

function fieldOf(request: Request, name: string): string {
  const body: unknown = request.body;
  const fields = (body ?? {}) as Record<string, unknown>;
  const value = Object.hasOwn(fields, name) ? fields[name] : undefined;
  return typeof value === 'string' ? value : '';
}

/** Without the request, as nobody is signed in; a stranger's guess is no event. */
async function auditLink(
  auditor: AuditorService,
  eventId: string,
  outcome: OpenedLink | BegunLink,
): Promise<void> {
  if (outcome.kind === 'refused' && !outcome.link) {
    return;
  }
  const meta =
    outcome.kind === 'begun'
      ? { consentId: outcome.begun.consentId, linkId: outcome.linkId }
      : { linkId: outcome.link?.id, mailboxId: outcome.link?.mailboxId };
  const event = await auditor.createEvent({
    eventId,
    severityLevel: 'medium',
    meta,
  });
  if (outcome.kind === 'refused') {
    await event.fail({ error: new Error(failures[outcome.code].title) });
  } else {
    await event.success();
  }
}
