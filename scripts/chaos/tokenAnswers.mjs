// SPDX-License-Identifier: Apache-2.0

// What token endpoints answer that is no token, by what it means.

/** @typedef {import('./TokenDesk.mjs').Answer} Answer */

const PAGE = '<!doctype html><title>Bad gateway</title>';
const LATE_MS = 12_000;

const error = (status, word, description, headers) => ({
  ...{ status, headers },
  body: { error: word, error_description: description },
});

/**
 * Passes by itself. By what it is called: {@link Answer}, or what comes to one.
 *
 * @type {Record<string, () => Answer | Promise<Answer>>}
 */
export const passing = {
  'HTTP 429 with Retry-After': () =>
    error(429, 'temporarily_unavailable', 'Too many requests.', {
      'retry-after': '2',
    }),
  'HTTP 429': () => ({ status: 429 }),
  'HTTP 500': () => error(500, 'server_error', 'Something went wrong.'),
  'HTTP 502 with a page': () => ({ status: 502, body: PAGE }),
  'HTTP 503 with Retry-After': () => ({
    ...{ status: 503, body: PAGE },
    headers: { 'retry-after': '2' },
  }),
  'HTTP 503 that says invalid_grant': () =>
    error(503, 'invalid_grant', 'Some proxy’s word.'),
  temporarily_unavailable: () => error(400, 'temporarily_unavailable'),
  server_error: () => error(400, 'server_error'),
  slow_down: () => error(400, 'slow_down'),
  'a page': () => ({ body: PAGE }),
  nothing: () => ({}),
  'torn JSON': () => ({
    headers: { 'content-type': 'application/json' },
    body: '{"access_token":"eyJh","token_type":"Bea',
  }),
  'JSON without a token': () => ({ body: { token_type: 'Bearer' } }),
  'JSON that is no object': () => ({ body: ['token'] }),
  'another type of token': () => ({
    body: { access_token: 'a', token_type: 'mac' },
  }),
  'a redirect': () => ({
    status: 307,
    headers: { location: 'http://localhost:9/' },
  }),
  'half an answer': () => ({ body: PAGE, isTorn: true }),
};

/** So late that nobody waits for it. */
export const late = async () => {
  await new Promise(resolve => {
    setTimeout(resolve, LATE_MS);
  });
  return { status: 504, body: PAGE };
};

/** Only the mailbox's owner can mend it. @type {Record<string, () => Answer>} */
export const ended = {
  invalid_grant: () => error(400, 'invalid_grant', 'Token has been revoked.'),
  AADSTS50076: () =>
    error(
      400,
      'interaction_required',
      'AADSTS50076: You must use multi-factor authentication.',
    ),
  interaction_required: () => error(400, 'interaction_required', 'Sign in.'),
  AADSTS50173: () =>
    error(400, 'invalid_grant', 'AADSTS50173: The grant has expired.'),
  AADSTS65001: () =>
    error(400, 'invalid_grant', 'AADSTS65001: The user has not consented.'),
  AADSTS700082: () =>
    error(400, 'invalid_grant', 'AADSTS700082: Expired due to inactivity.'),
  AADSTS700084: () =>
    error(400, 'invalid_grant', 'AADSTS700084: The lifetime has passed.'),
};

/** Only an administrator can mend it. @type {Record<string, () => Answer>} */
export const clientRefused = {
  AADSTS7000222: () =>
    error(
      401,
      'invalid_client',
      'AADSTS7000222: The provided client secret keys are expired.',
    ),
  invalid_client: () => error(401, 'invalid_client', 'Unknown client.'),
  unauthorized_client: () => error(400, 'unauthorized_client', 'Not allowed.'),
};
