// SPDX-License-Identifier: Apache-2.0
import { FailureCode, failures } from '@postroom/plugin-incoming-mail-common';
import { sendWebMessageResponse } from '@backstage/plugin-auth-node';
import { Response } from 'express';

// What the popup shows. Nothing that a provider or a URL says ever stands in
// it; the page that opened the popup asks for the status and shows the rest.

const POLICY =
  "default-src 'none'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'";

const NEUTRAL_PAGE = `<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><title>Authorization</title></head>
<body>
<p>This authorization does not belong to this browser, was used before or has run out.</p>
<p>Close this window and start again with the Authorize button.</p>
</body>
</html>
`;

/** What the popup tells the page that opened it, besides that it is over. */
export type ConsentResult =
  | { readonly status: 'succeeded'; readonly consentId: string }
  | { readonly status: 'failed'; readonly code: FailureCode };

/**
 * Headers of every answer in the popup, redirects included: its URL holds a
 * ticket or a code, which must not be kept or passed on (RFC 9700 section 4.2).
 */
export function setPopupHeaders(response: Response): void {
  response
    .set('Cache-Control', 'no-store')
    .set('Referrer-Policy', 'no-referrer')
    .set('X-Content-Type-Options', 'nosniff')
    .set('X-Frame-Options', 'DENY')
    .set('Content-Security-Policy', POLICY);
}

/**
 * The page for whoever did not show that they may know more: the same for each
 * reason, so that nothing can be learned from it.
 */
export function sendNeutralPage(response: Response): void {
  response.status(400).type('html').send(NEUTRAL_PAGE);
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
  const page = recordPage(recorder =>
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
  response
    .status(200)
    .type('html')
    .set('Content-Security-Policy', `${POLICY}; ${page.policy}`)
    // For the case that the provider's page has cut the popup off from its
    // opener, and a browser does not let it close itself.
    .send(
      page.html.replace('<body>', '<body><p>You can close this window.</p>'),
    );
}

/**
 * What the platform's page would send, to add to it: its policy allows its one
 * script by its hash, and nothing else has to be allowed.
 */
function recordPage(send: (recorder: Response) => void): {
  html: string;
  policy: string;
} {
  const page = { html: '', policy: '' };
  const recorder = {
    setHeader: (name: string, value: string) => {
      if (name.toLowerCase() === 'content-security-policy') {
        page.policy = value;
      }
    },
    end: (html: string) => {
      page.html = html;
    },
  };
  send(recorder as unknown as Response);
  return page;
}
