// SPDX-License-Identifier: Apache-2.0
import { sendWebMessageResponse } from '@backstage/plugin-auth-node';
import { FailureCode, failures } from '@postroom/plugin-incoming-mail-common';
import { Response } from 'express';
import { Secret } from '../../secrets';
import { markup, Markup } from './markup';
import { sendPage, toScriptLiteral } from './sendPage';

// What the popup shows. Nothing that a provider or a URL says ever stands in
// it: all words are ours, chosen by a code.

/** What the popup tells the page that opened it, besides that it is over. */
export type ConsentResult =
  | { readonly status: 'succeeded'; readonly consentId: string }
  | { readonly status: 'failed'; readonly code: FailureCode };

// The address holds the code of the provider: it does not stay in the history
// (RFC 9700 section 4.3).
const FORGET_ADDRESS = `history.replaceState(null, '', location.pathname);`;

/**
 * The page for whoever did not show that they may know more: the same for each
 * reason, so that nothing can be learned from it.
 */
export function sendNeutralPage(response: Response): void {
  sendPage(response, {
    status: 400,
    title: 'This authorization cannot go on here',
    body: markup`<p>
        This authorization does not belong to this browser, was used before or
        has run out.
      </p>
      <p>
        Close this window and start again with the Authorize button, or with the
        link that you were sent.
      </p>`,
    scripts: [FORGET_ADDRESS],
  });
}

/**
 * The page that tells its opener, at exactly this origin, that the consent is
 * over, and closes itself. The message is a hint: it holds no token, and the
 * opener asks for the status.
 */
export function sendResultPage(
  response: Response,
  returnOrigin: string,
  result: ConsentResult,
): void {
  const script = scriptOf(recorder =>
    sendWebMessageResponse(
      recorder,
      returnOrigin,
      result.status === 'succeeded'
        ? {
            type: 'authorization_response',
            response: { profile: {}, providerInfo: result },
          }
        : {
            type: 'authorization_response',
            error: new Error(failures[result.code].title),
          },
    ),
  );
  sendPage(response, {
    ...wordsOf(result),
    scripts: [FORGET_ADDRESS, script],
  });
}

/**
 * The page that hands the code of a claim to its opener, at exactly this
 * origin, and to the person. It does not close itself: where the provider's
 * page has cut it off from its opener, the person copies the code.
 */
export function sendClaimPage(
  response: Response,
  options: {
    returnOrigin: string;
    consentId: string;
    code: Secret;
    /** Where the tab goes back to, where it is the portal's own. */
    backTo?: string;
  },
): void {
  const { returnOrigin, consentId, backTo } = options;
  const code = options.code.reveal();
  const message = { type: 'incoming-mail-claim', consentId, code };
  sendPage(response, {
    title: 'One more step in the portal',
    body: markup`<p>
        Access was given, but it is not used yet. If the portal’s page does not
        go on by itself, enter this code there within ten minutes:
      </p>
      <p class="code">${code}</p>
      <p>
        Enter it only on the page where you yourself pressed Authorize. Whoever
        asks you for this code wants to read the mailbox: do not give it to
        anybody.
      </p>
      ${
        backTo === undefined
          ? markup`<p>Then you can close this window.</p>`
          : markup`<p><a href="${backTo}">Back to the portal</a></p>`
      }`,
    scripts: [
      FORGET_ADDRESS,
      `if (window.opener) { window.opener.postMessage(${toScriptLiteral(
        message,
      )}, ${toScriptLiteral(returnOrigin)}); }`,
    ],
  });
}

function wordsOf(result: ConsentResult): { title: string; body: Markup } {
  if (result.status === 'succeeded') {
    return {
      title: 'The mailbox is authorized',
      body: markup`<p>You can close this window.</p>`,
    };
  }
  const { title, remedy } = failures[result.code];
  return {
    title,
    body: markup`<p>${remedy}</p>
      <p>You can close this window.</p>`,
  };
}

/** The one script of the page that the platform would send. */
function scriptOf(send: (recorder: Response) => void): string {
  let page = '';
  const recorder = {
    setHeader: () => {},
    end: (text: string) => {
      page = text;
    },
  };
  send(recorder as unknown as Response);
  return /<script>([^]*)<\/script>/.exec(page)?.[1] ?? '';
}
