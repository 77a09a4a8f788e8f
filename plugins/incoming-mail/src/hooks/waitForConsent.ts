// SPDX-License-Identifier: Apache-2.0
import { ResponseError } from '@backstage/errors';
import type { Consent } from '@postroom/plugin-incoming-mail-common';
import type { IncomingMailApi } from '../api/incomingMailApiRef';
import { Alarm } from './Alarm';
import type { AuthorizeState } from './AuthorizeState';

const POLL_MS = 1_500;
const CLOSED_CHECK_MS = 250;
// A consent is open for ten minutes by the backend's clock, and for ten more
// to be claimed; it says `expired` itself. This ends the wait when the backend
// cannot be asked.
const DEADLINE_MS = 11 * 60_000;
const CLAIM_MS = 10 * 60_000;

/** What {@link waitForConsent} needs. */
export interface WaitForConsentOptions {
  api: IncomingMailApi;
  consentId: string;
  /** Absent where the consent was given in this very tab. */
  popup: Window | undefined;
  /** Told when the code of the window is needed and did not come by itself. */
  onUnclaimed: () => void;
  signal: AbortSignal;
}

/** What the popup has told; only hints. */
interface Hints {
  /** The code by which the consent is claimed, for the backend to judge. */
  code?: string;
}

/**
 * Waits for the end of a consent. The truth is the status that is polled. A
 * message from the popup and the popup's closing are hints to ask at once,
 * never more: a message can be forged, and a provider's page with
 * `Cross-Origin-Opener-Policy` makes an open popup look closed.
 */
export async function waitForConsent(
  options: WaitForConsentOptions,
): Promise<AuthorizeState> {
  const { api, consentId, popup, signal } = options;
  const alarm = new Alarm();
  const hints: Hints = {};
  const stopListening = listenForHints({
    popup,
    origin: await api.getBackendOrigin(),
    consentId,
    hints,
    onHint: () => alarm.ring(),
  });
  let told = false;
  let leftMs = DEADLINE_MS;
  try {
    while (!signal.aborted && leftMs > 0) {
      await alarm.wait(POLL_MS, signal);
      leftMs -= POLL_MS;
      const consent = await askOnce(options, hints);
      const end = consent && endOf(consent);
      if (end) {
        return end;
      }
      if (consent?.status === 'unclaimed' && !told) {
        told = true;
        leftMs += CLAIM_MS;
        options.onUnclaimed();
      }
    }
  } finally {
    stopListening();
  }
  return { status: 'failed', failure: { code: 'consent-expired' } };
}

async function askOnce(
  { api, consentId, signal }: WaitForConsentOptions,
  hints: Hints,
): Promise<Consent | undefined> {
  if (signal.aborted) {
    return undefined;
  }
  const params = { consentId };
  try {
    const consent = await api.call('getConsent', { params }, { signal });
    const { code } = hints;
    if (consent.status !== 'unclaimed' || code === undefined) {
      return consent;
    }
    // A message is tried once: a wrong one must not use up all tries.
    delete hints.code;
    return await api.call(
      'claimConsent',
      { params, body: { code } },
      { signal },
    );
  } catch (error) {
    if (isFinal(error)) {
      throw error;
    }
    return undefined;
  }
}

// A backend that restarts, or that limits how often it is asked, is asked
// again; only a refusal stays one.
function isFinal(error: unknown): boolean {
  return (
    ResponseError.is(error) &&
    error.statusCode < 500 &&
    error.statusCode !== 429
  );
}

function endOf(consent: Consent): AuthorizeState | undefined {
  switch (consent.status) {
    case 'succeeded':
      return { status: 'succeeded' };
    case 'cancelled':
      return { status: 'cancelled' };
    case 'expired':
      return {
        status: 'failed',
        failure: consent.failure ?? { code: 'consent-expired' },
      };
    case 'failed':
      return {
        status: 'failed',
        failure: consent.failure ?? { code: 'internal-error' },
      };
    default:
      return undefined;
  }
}

/** Calls `onHint` when something tells that asking now may be worth it. */
function listenForHints(options: {
  popup: Window | undefined;
  origin: string;
  consentId: string;
  hints: Hints;
  onHint: () => void;
}): () => void {
  const { popup, origin, consentId, hints, onHint } = options;
  const onMessage = (event: MessageEvent<unknown>) => {
    if (event.origin !== origin) {
      return;
    }
    const code = claimCodeOf(event.data, consentId);
    if (code !== undefined) {
      hints.code = code;
      onHint();
    } else if (isAuthorizationResponse(event.data)) {
      onHint();
    }
  };
  window.addEventListener('message', onMessage);
  const closedCheck = setInterval(() => {
    if (!popup || popup.closed) {
      clearInterval(closedCheck);
      onHint();
    }
  }, CLOSED_CHECK_MS);
  return () => {
    window.removeEventListener('message', onMessage);
    clearInterval(closedCheck);
  };
}

// The shape that `sendWebMessageResponse` of Backstage's auth-node posts.
function isAuthorizationResponse(message: unknown): boolean {
  return (
    typeof message === 'object' &&
    message !== null &&
    'type' in message &&
    message.type === 'authorization_response'
  );
}

/** The code that the window hands over where backend and portal are apart. */
function claimCodeOf(message: unknown, consentId: string): string | undefined {
  return typeof message === 'object' &&
    message !== null &&
    'type' in message &&
    message.type === 'incoming-mail-claim' &&
    'consentId' in message &&
    message.consentId === consentId &&
    'code' in message &&
    typeof message.code === 'string'
    ? message.code
    : undefined;
}
