// SPDX-License-Identifier: Apache-2.0
import { ResponseError } from '@backstage/errors';
import type {
  Consent,
  Failure,
  StartedConsent,
} from '@postroom/plugin-incoming-mail-common';
import { failureOf } from '../api/errorKind';
import type { IncomingMailApi } from '../api/incomingMailApiRef';
import { Alarm } from './Alarm';

/** How far an authorization is, as the page shows it. */
export type AuthorizeState =
  | { status: 'idle' }
  | { status: 'opening' }
  | { status: 'connecting' }
  | { status: 'waiting' }
  | { status: 'blocked'; startUrl: string }
  | { status: 'succeeded' }
  | { status: 'failed'; failure: Failure }
  | { status: 'failed'; error: Error }
  | { status: 'cancelled' };

/** The name of the window, so that a second click reuses the first one's. */
export const POPUP_NAME = 'incoming-mail-authorize';

const POLL_MS = 1_500;
const CLOSED_CHECK_MS = 250;
// A consent is open for ten minutes by the backend's clock, which says
// `expired` itself; this ends the wait when the backend cannot be asked.
const DEADLINE_MS = 11 * 60_000;

/**
 * Starts a consent at the backend, after whatever has to be stored before it.
 * Told the origin of this page, which the backend's page answers to.
 */
export type StartConsent = (
  body: { returnOrigin: string },
  options: { signal: AbortSignal },
) => Promise<StartedConsent>;

/** What {@link runConsent} needs. */
export interface RunConsentOptions {
  api: IncomingMailApi;
  /** Opened in the click itself; absent where the browser blocked it. */
  popup: Window | undefined;
  start: StartConsent;
  onState: (state: AuthorizeState) => void;
  onStarted: (started: StartedConsent) => void;
  /** Stops waiting; the consent itself goes on until it is cancelled. */
  signal: AbortSignal;
}

/**
 * One authorization from the click to its end. The truth is the status that
 * is polled. A message from the popup and the popup's closing are hints to
 * ask at once, never more: a message can be forged, and a provider's page with
 * `Cross-Origin-Opener-Policy` makes an open popup look closed.
 */
export async function runConsent(options: RunConsentOptions): Promise<void> {
  const { api, popup, onState, signal } = options;
  const end = (state: AuthorizeState) => {
    if (!signal.aborted) {
      onState(state);
    }
  };
  onState({ status: 'opening' });
  try {
    await api.issueCookie({ signal });
    const started = await options.start(
      { returnOrigin: window.location.origin },
      { signal },
    );
    if (signal.aborted) {
      return;
    }
    options.onStarted(started);
    const startUrl = webAddress(started.startUrl);
    if (popup && !popup.closed) {
      popup.location.href = startUrl;
      onState({ status: 'waiting' });
    } else {
      onState({ status: 'blocked', startUrl });
    }
    end(await waitForEnd(options, started.consentId));
  } catch (error) {
    if (!signal.aborted) {
      popup?.close();
    }
    end(failedWith(error));
  }
}

/** A refusal of the catalogue is told by its code, anything else as it came. */
export function failedWith(error: unknown): AuthorizeState {
  const failure = failureOf(error);
  return failure
    ? { status: 'failed', failure }
    : {
        status: 'failed',
        error: error instanceof Error ? error : new Error(String(error)),
      };
}

async function waitForEnd(
  options: RunConsentOptions,
  consentId: string,
): Promise<AuthorizeState> {
  const { api, popup, signal } = options;
  const alarm = new Alarm();
  const stopListening = listenForHints(
    popup,
    await api.getBackendOrigin(),
    () => alarm.ring(),
  );
  let waitedMs = 0;
  try {
    while (!signal.aborted && waitedMs < DEADLINE_MS) {
      await alarm.wait(POLL_MS, signal);
      waitedMs += POLL_MS;
      const state = await askOnce(api, consentId, signal);
      if (state) {
        return state;
      }
    }
  } finally {
    stopListening();
  }
  return { status: 'failed', failure: { code: 'consent-expired' } };
}

async function askOnce(
  api: IncomingMailApi,
  consentId: string,
  signal: AbortSignal,
): Promise<AuthorizeState | undefined> {
  if (signal.aborted) {
    return undefined;
  }
  try {
    return endOf(
      await api.call('getConsent', { params: { consentId } }, { signal }),
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
function listenForHints(
  popup: Window | undefined,
  origin: string,
  onHint: () => void,
): () => void {
  const onMessage = (event: MessageEvent<unknown>) => {
    if (event.origin === origin && isAuthorizationResponse(event.data)) {
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

/** The popup is only ever sent to a web page, whatever the reply says. */
function webAddress(address: string): string {
  const { protocol } = new URL(address, window.location.href);
  if (protocol !== 'https:' && protocol !== 'http:') {
    throw new Error('The backend gave no web address to authorize at');
  }
  return address;
}
