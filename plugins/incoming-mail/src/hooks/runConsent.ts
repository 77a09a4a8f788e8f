// SPDX-License-Identifier: Apache-2.0
import type { StartedConsent } from '@postroom/plugin-incoming-mail-common';
import { failureOf } from '../api/errorKind';
import type { IncomingMailApi } from '../api/incomingMailApiRef';
import type { AuthorizeState } from './AuthorizeState';
import { waitForConsent } from './waitForConsent';

/** Where the backend's page answers to, and where the tab comes back to. */
export interface ReturnTo {
  returnOrigin: string;
  returnPath?: string;
}

/**
 * Starts a consent at the backend, after whatever has to be stored before it.
 */
export type StartConsent = (
  body: ReturnTo,
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
 * One authorization from the click to its end. Where the browser blocked the
 * popup, the tab itself goes to the provider at the next click, and comes back
 * to this page.
 */
export async function runConsent(options: RunConsentOptions): Promise<void> {
  const { api, popup, onState, signal } = options;
  onState({ status: 'opening' });
  await settle(options, async () => {
    await api.issueCookie({ signal });
    const isBlocked = !popup || popup.closed;
    const started = await options.start(returnTo(isBlocked), {
      signal,
    });
    if (signal.aborted) {
      return undefined;
    }
    options.onStarted(started);
    const startUrl = webAddress(started.startUrl);
    if (isBlocked) {
      onState({ status: 'blocked', startUrl });
    } else {
      popup.location.href = startUrl;
      onState({ status: 'waiting' });
    }
    return waitOn(options, started.consentId);
  });
}

/** The rest of an authorization that this tab went away for. */
export async function resumeConsent(
  options: Pick<RunConsentOptions, 'api' | 'onState' | 'signal'> & {
    consentId: string;
  },
): Promise<void> {
  options.onState({ status: 'waiting' });
  const { consentId } = options;
  await settle(options, () =>
    waitOn({ ...options, popup: undefined }, consentId),
  );
}

function returnTo(leaves: boolean): ReturnTo {
  const { origin, pathname, search } = window.location;
  return {
    returnOrigin: origin,
    ...(leaves && { returnPath: `${pathname}${search}` }),
  };
}

function waitOn(
  options: Pick<RunConsentOptions, 'api' | 'popup' | 'onState' | 'signal'>,
  consentId: string,
): Promise<AuthorizeState> {
  const { api, popup, onState, signal } = options;
  return waitForConsent({
    api,
    consentId,
    popup,
    onUnclaimed: () => onState({ status: 'unclaimed', claiming: false }),
    signal,
  });
}

/** Tells how it ended, unless nobody waits any more. */
async function settle(
  options: Pick<RunConsentOptions, 'onState' | 'signal'> & {
    popup?: Window;
  },
  work: () => Promise<AuthorizeState | undefined>,
): Promise<void> {
  const { onState, signal, popup } = options;
  try {
    const end = await work();
    if (end && !signal.aborted) {
      onState(end);
    }
  } catch (error) {
    if (!signal.aborted) {
      popup?.close();
      onState(failedWith(error));
    }
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

/** The popup is only ever sent to a web page, whatever the reply says. */
function webAddress(address: string): string {
  const { protocol } = new URL(address, window.location.href);
  if (protocol !== 'https:' && protocol !== 'http:') {
    throw new Error('The backend gave no web address to authorize at');
  }
  return address;
}
