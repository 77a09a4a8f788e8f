// SPDX-License-Identifier: Apache-2.0
import {
  consentMendings,
  FailureCode,
  failures,
  ProviderId,
} from '@postroom/plugin-incoming-mail-common';
import { Response } from 'express';
import { IntegrationRecord } from '../integrations/types';
import { markup, Markup } from './markup';
import { sendPage } from './sendPage';
import { ConsentLinkRecord } from './types';

// What the holder of a link sees, who may know nothing of the portal. All words
// are ours; what people entered there stands in them as text.

/** The installation, as strangers are to know it. */
export interface Portal {
  readonly title: string;
  /** Where people open it. */
  readonly url: string;
}

/** The fields of both forms. */
export const SECRET_FIELD = 'secret';
export const PAGE_FIELD = 'page';

// Takes the secret out of the address, where it would stay in the history, and
// sends it in a body, where no log has it.
const SEND_SECRET = `
  var secret = location.hash.slice(1);
  history.replaceState(null, '', location.pathname);
  if (secret) {
    document.forms[0].elements['${SECRET_FIELD}'].value = secret;
    document.forms[0].submit();
  }
`;

/** The page that a link opens; it knows nothing yet. */
export function sendLinkShell(response: Response): void {
  sendPage(response, {
    title: 'Access to a mailbox',
    body: markup`<form method="post" action="invite">
      <p>
        If nothing happens by itself, paste the whole link that you were sent:
      </p>
      <p>
        <input
          name="${SECRET_FIELD}"
          type="text"
          aria-label="Link"
          autocomplete="off"
          required
        />
        <button>Open</button>
      </p>
    </form>`,
    scripts: [SEND_SECRET],
    hasForm: true,
  });
}

// Where an account's owner sees who has access, and takes it away.
const withdrawal: Readonly<Record<ProviderId, Markup>> = {
  google: markup`At Google, under myaccount.google.com/connections.`,
  microsoft: markup`At Microsoft, under myapps.microsoft.com or, for a personal
  account, account.live.com/consent/Manage.`,
  custom: markup`In the settings of your account at the provider, where it lists
  who has access.`,
};

/** What a link is for, and the button that goes on. */
export function sendInvitation(
  response: Response,
  options: {
    link: ConsentLinkRecord;
    integration: IntegrationRecord;
    portal: Portal;
    secret: string;
    /** Shows, with the cookie, that the button of this page was pressed. */
    pageToken: string;
  },
): void {
  const { link, integration, portal, secret, pageToken } = options;
  const { authorizationEndpoint, provider } = integration.settings;
  const providerHost = new URL(authorizationEndpoint).host;
  sendPage(response, {
    title: `Let ${portal.title} read ${link.address}?`,
    body: markup`<p>
        Somebody asks you to give access to this mailbox. Go on only if you know
        why.
      </p>
      <dl>
        <dt>What is read</dt>
        <dd>
          New mail to <strong>${link.address}</strong> in the folder
          <strong>${link.mailbox.folder}</strong>, from now on. Mail that is
          there already is left alone. No mail is sent, and no password is told
          to the portal.
        </dd>
        <dt>What becomes of it</dt>
        <dd>
          Each mail becomes a request in the project
          <strong>${link.mailbox.projectRef ?? ''}</strong>. Everybody who may
          see the requests of that project can read it.
        </dd>
        <dt>Who asks</dt>
        <dd>
          <strong>${link.createdBy}</strong>, at ${portal.title}: ${portal.url}
        </dd>
        <dt>Until when</dt>
        <dd>
          This link works once, until ${toMoment(link.expiresAt)}. The access
          itself lasts until it is withdrawn.
        </dd>
        <dt>How to withdraw it</dt>
        <dd>
          ${withdrawal[provider]} Or have the person who asks remove the mailbox
          from the project.
        </dd>
      </dl>
      <form method="post" action="invite/continue">
        <input type="hidden" name="${SECRET_FIELD}" value="${secret}" />
        <input type="hidden" name="${PAGE_FIELD}" value="${pageToken}" />
        <p>
          Next, sign in at ${providerHost} as <strong>${link.address}</strong>;
          another account is refused.
        </p>
        <p><button>Continue to ${providerHost}</button></p>
      </form>
      <p>If you do not want this, close this page. Nothing has been given.</p>`,
    hasForm: true,
  });
}

/**
 * The page that leads to the provider by itself. It is no redirect: browsers
 * hold what answers a form to the form's policy, also three redirects later at
 * a provider's own pages.
 */
export function sendDeparture(response: Response, location: string): void {
  const { host } = new URL(location);
  response.set('Refresh', `0; url=${location}`);
  sendPage(response, {
    title: `On to ${host}`,
    body: markup`<p><a href="${location}">Continue to ${host}</a></p>`,
  });
}

/** The page at the end of a link's consent that went well. */
export function sendLinkDone(response: Response, address: string): void {
  sendPage(response, {
    title: 'Done, thank you',
    body: markup`<p>
      ${address} is read from now on. You can close this page; the link does not
      work any more.
    </p>`,
    scripts: [`history.replaceState(null, '', location.pathname);`],
  });
}

/** The page at the end of a link, or of its consent, that came to nothing. */
export function sendLinkRefused(
  response: Response,
  code: FailureCode,
  status: number = 200,
): void {
  sendPage(response, {
    status,
    title: failures[code].title,
    body: markup`<p>Nothing was stored. ${adviceOn(code)}</p>`,
    scripts: [`history.replaceState(null, '', location.pathname);`],
  });
}

/** The page for who asks too often. */
export function sendLinkBusy(response: Response): void {
  sendPage(response, {
    status: 429,
    title: 'Too many at once',
    body: markup`<p>Wait a minute, then open the link again.</p>`,
  });
}

const ownAdvice: Partial<Record<FailureCode, string>> = {
  'wrong-account':
    'Open the link again and sign in with the account of the address that it names, no other one.',
  'consent-denied':
    'That is for you to decide. If it was a mistake, open the link again; it still works.',
  'scopes-missing':
    'Open the link again and leave all boxes of the provider’s page ticked.',
  'integration-changed':
    'The set-up in the portal was changed meanwhile. Have a new link made by the person who sent this one.',
};

/** What the holder of a link does about it, who has no page of the portal. */
function adviceOn(code: FailureCode): string {
  switch (consentMendings[code]) {
    case 'new-link':
      return failures[code].remedy;
    case 'integration':
    case 'channel':
      return 'You cannot mend this. Tell the person who sent you the link what is said above.';
    default:
      return (
        ownAdvice[code] ??
        'Open the link again; it still works. If this comes back, tell the person who sent it.'
      );
  }
}

function toMoment(at: Date): string {
  return `${at.toISOString().slice(0, 16).replace('T', ' ')} UTC`;
}
