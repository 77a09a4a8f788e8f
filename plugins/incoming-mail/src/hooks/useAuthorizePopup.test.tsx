// SPDX-License-Identifier: Apache-2.0
import { ReactNode } from 'react';
import { act, renderHook } from '@testing-library/react';
import { TestApiProvider } from '@backstage/frontend-test-utils';
import type {
  ClaimedConsent,
  Connection,
  Consent,
} from '@postroom/plugin-incoming-mail-common';
import { FakeIncomingMailApi } from '../__testUtils__/FakeIncomingMailApi';
import { aRefusal } from '../__testUtils__/samples';
import { incomingMailApiRef } from '../api/incomingMailApiRef';
import { useAuthorizePopup } from './useAuthorizePopup';
import { useChannelConsent } from './useChannelConsent';

const project = { kind: 'component', namespace: 'default', name: 'support' };
const START_URL = 'https://backend.test/api/incoming-mail/oauth/start/ticket';
const BACKEND = 'https://backend.test';
const POLL_MS = 1_500;

/** As much of a window as a page can touch of a popup. */
class FakePopup {
  closed = false;
  readonly location = { href: 'about:blank' };
  close() {
    this.closed = true;
  }
}

interface Setup {
  connectChannel?: () => Connection | Promise<Connection>;
  startConsent?: () => Promise<never>;
  popup?: FakePopup;
  startUrl?: string;
  getConsent?: () => Consent | Promise<Consent>;
  claimConsent?: () => ClaimedConsent;
}

/** The popup as a project's page uses it. */
function useChannelPopup() {
  return {
    popup: useAuthorizePopup(),
    consent: useChannelConsent(project),
  };
}

function setUp(setup: Setup) {
  const consent: Consent = {
    id: 'consent',
    status: 'waiting',
    expiresAt: '2024-05-06T07:08:09.000Z',
  };
  const api = new FakeIncomingMailApi({
    connectChannel: setup.connectChannel,
    startConsent:
      setup.startConsent ??
      (() => ({
        consentId: 'consent',
        startUrl: setup.startUrl ?? START_URL,
        expiresAt: consent.expiresAt,
      })),
    getConsent: setup.getConsent ?? (() => consent),
    cancelConsent: () => undefined,
    ...(setup.claimConsent && { claimConsent: setup.claimConsent }),
  });
  const open = jest
    .spyOn(window, 'open')
    .mockReturnValue((setup.popup ?? null) as unknown as Window | null);
  const hook = renderHook(useChannelPopup, {
    wrapper: ({ children }: { children: ReactNode }) => (
      <TestApiProvider apis={[[incomingMailApiRef, api]]}>
        {children}
      </TestApiProvider>
    ),
  });
  const polls = () => api.names.filter(name => name === 'getConsent').length;
  const authorize = () =>
    act(() => {
      const { popup, consent: how } = hook.result.current;
      popup.authorize(how.start);
    });
  const connect = () =>
    act(() => {
      const { popup, consent: how } = hook.result.current;
      popup.connect(how.connect);
    });
  const state = () => hook.result.current.popup.state;
  return { api, open, hook, authorize, connect, state, consent, polls };
}

const pass = (ms: number) => act(() => jest.advanceTimersByTimeAsync(ms));

function post(origin: string, data: unknown) {
  return act(async () => {
    window.dispatchEvent(new MessageEvent('message', { origin, data }));
    await jest.advanceTimersByTimeAsync(0);
  });
}

beforeEach(() => {
  jest.useFakeTimers();
});

afterEach(() => {
  jest.restoreAllMocks();
  jest.useRealTimers();
  window.history.replaceState(null, '', '/');
});

describe('useAuthorizePopup', () => {
  it('opens in the click, saves, sends the popup on and believes the polled status', async () => {
    const popup = new FakePopup();
    const { api, open, authorize, state, consent, polls } = setUp({ popup });
    authorize();
    // Before anything else had a turn.
    expect(open).toHaveBeenCalledWith(
      'about:blank',
      expect.any(String),
      expect.stringContaining('popup'),
    );
    expect(state()).toEqual({ status: 'opening' });

    await pass(0);
    expect(api.names).toEqual(['issueCookie', 'startConsent']);
    expect(api.lastInput('startConsent')).toEqual({
      params: project,
      body: { returnOrigin: window.location.origin },
    });
    expect(popup.location.href).toBe(START_URL);
    expect(state()).toEqual({ status: 'waiting' });

    await pass(POLL_MS);
    expect(polls()).toBe(1);
    consent.status = 'succeeded';
    await pass(POLL_MS);
    expect(state()).toEqual({ status: 'succeeded' });
    expect(popup.closed).toBe(true);

    await pass(10 * POLL_MS);
    expect(polls()).toBe(2);
  });

  it('asks at once when the backend’s page posts, and only then (T11)', async () => {
    const { authorize, state, consent, polls } = setUp({
      popup: new FakePopup(),
    });
    authorize();
    await pass(0);

    const response = { type: 'authorization_response', response: {} };
    await post('https://evil.test', response);
    await post(BACKEND, { type: 'config_info' });
    await post(BACKEND, 'authorization_response');
    expect(polls()).toBe(0);

    // What the message says is not believed.
    await post(BACKEND, response);
    expect(polls()).toBe(1);
    expect(state()).toEqual({ status: 'waiting' });

    consent.status = 'succeeded';
    await post(BACKEND, response);
    expect(state()).toEqual({ status: 'succeeded' });
  });

  it('goes on asking when the popup looks closed (T12)', async () => {
    const popup = new FakePopup();
    const { authorize, state, consent, polls } = setUp({ popup });
    authorize();
    await pass(0);
    popup.closed = true;
    await pass(250);
    expect(polls()).toBe(1);
    await pass(4 * POLL_MS);
    expect(polls()).toBe(5);
    expect(state()).toEqual({ status: 'waiting' });

    consent.status = 'succeeded';
    await pass(POLL_MS);
    expect(state()).toEqual({ status: 'succeeded' });
  });

  it('has the tab go and come back where the popup is blocked (T12)', async () => {
    window.history.replaceState(null, '', '/catalog/support?tab=mail#top');
    const { api, authorize, state, consent } = setUp({ popup: undefined });
    authorize();
    await pass(0);
    expect(api.lastInput('startConsent')).toEqual({
      params: project,
      body: {
        returnOrigin: window.location.origin,
        returnPath: '/catalog/support?tab=mail',
      },
    });
    expect(state()).toEqual({
      status: 'blocked',
      startUrl: START_URL,
    });
    consent.status = 'succeeded';
    await pass(POLL_MS);
    expect(state()).toEqual({ status: 'succeeded' });
  });

  it('goes on where the tab left when it comes back (T12)', async () => {
    window.history.replaceState(
      { idx: 1 },
      '',
      '/catalog/support?tab=mail&incoming-mail-consent=consent#top',
    );
    const { state, consent, polls, open } = setUp({});
    expect(state()).toEqual({ status: 'waiting' });
    expect(window.location.href).toContain('/catalog/support?tab=mail#top');
    expect(window.location.href).not.toContain('incoming-mail-consent');
    expect(window.history.state).toEqual({ idx: 1 });
    await pass(250);
    expect(polls()).toBe(1);
    consent.status = 'failed';
    consent.failure = { code: 'wrong-account' };
    await pass(POLL_MS);
    expect(state()).toEqual({
      status: 'failed',
      failure: { code: 'wrong-account' },
    });
    expect(open).not.toHaveBeenCalled();
  });

  it('shows the backend the code that its window handed over, once', async () => {
    const { api, authorize, state, consent } = setUp({
      popup: new FakePopup(),
      claimConsent: () => {
        consent.status = 'succeeded';
        return consent;
      },
    });
    authorize();
    await pass(0);
    const claim = { type: 'incoming-mail-claim', consentId: 'consent' };
    consent.status = 'unclaimed';
    await post('https://evil.test', { ...claim, code: 'EVILCODE' });
    await post(BACKEND, { ...claim, consentId: 'other', code: 'OTHERXXX' });
    await post(BACKEND, { ...claim, code: 7 });
    expect(api.names).not.toContain('claimConsent');
    await post(BACKEND, { ...claim, code: 'ABCD2345' });
    expect(api.lastInput('claimConsent')).toEqual({
      params: { consentId: 'consent' },
      body: { code: 'ABCD2345' },
    });
    expect(state()).toEqual({ status: 'succeeded' });
  });

  it('asks for the code where it does not come by itself', async () => {
    const answers: ClaimedConsent[] = [];
    const { api, hook, authorize, state, consent } = setUp({
      popup: new FakePopup(),
      claimConsent: () => answers.shift()!,
    });
    authorize();
    await pass(0);
    consent.status = 'unclaimed';
    await pass(POLL_MS);
    const asking = { status: 'unclaimed', claiming: false };
    expect(state()).toEqual(asking);

    answers.push({ ...consent, triesLeft: 4 });
    act(() => hook.result.current.popup.claim('WRONGXXX'));
    expect(state()).toMatchObject({ claiming: true });
    await pass(0);
    expect(state()).toEqual({ ...asking, triesLeft: 4 });
    await pass(POLL_MS);
    expect(state()).toEqual({ ...asking, triesLeft: 4 });

    consent.status = 'succeeded';
    answers.push({ ...consent });
    act(() => hook.result.current.popup.claim('ABCD2345'));
    await pass(POLL_MS);
    expect(state()).toEqual({ status: 'succeeded' });
    expect(api.names.filter(name => name === 'claimConsent')).toHaveLength(2);
  });

  it('tells why the provider or the backend said no', async () => {
    const { authorize, state, consent } = setUp({ popup: new FakePopup() });
    authorize();
    consent.status = 'failed';
    consent.failure = { code: 'consent-denied' };
    await pass(POLL_MS);
    expect(state()).toEqual({
      status: 'failed',
      failure: { code: 'consent-denied' },
    });

    consent.status = 'expired';
    consent.failure = undefined;
    authorize();
    await pass(POLL_MS);
    expect(state()).toEqual({
      status: 'failed',
      failure: { code: 'consent-expired' },
    });
  });

  it('closes the popup and starts nothing when saving fails', async () => {
    const popup = new FakePopup();
    const { api, hook, state } = setUp({ popup });
    const error = await aRefusal(400, 'Invalid input: body.address is wrong');
    act(() =>
      hook.result.current.popup.authorize(async () => {
        throw error;
      }),
    );
    await pass(0);
    expect(state()).toEqual({ status: 'failed', error });
    expect(popup.closed).toBe(true);
    expect(api.names).not.toContain('startConsent');
  });

  it('connects without a window, and tells how that ended', async () => {
    const answers: Connection[] = [
      { status: 'failed', failure: { code: 'application-refused' } },
      { status: 'succeeded' },
    ];
    const { api, open, connect, state } = setUp({
      connectChannel: async () => answers.shift()!,
    });
    connect();
    expect(state()).toEqual({ status: 'connecting' });
    await pass(0);
    expect(state()).toEqual({
      status: 'failed',
      failure: { code: 'application-refused' },
    });
    connect();
    await pass(0);
    expect(state()).toEqual({ status: 'succeeded' });
    expect(open).not.toHaveBeenCalled();
    expect(api.names).toEqual(['connectChannel', 'connectChannel']);
  });

  it('S5: tells a refusal of the backend by its code, and closes the popup', async () => {
    const refusal = await aRefusal(409, 'OAuth 2.0 needs https', undefined, {
      code: 'https-required',
    });
    const popup = new FakePopup();
    const { authorize, connect, state } = setUp({
      popup,
      startConsent: () => Promise.reject(refusal),
      connectChannel: () => Promise.reject(refusal),
    });
    const refused = { status: 'failed', failure: { code: 'https-required' } };
    authorize();
    await pass(0);
    expect(state()).toEqual(refused);
    expect(popup.closed).toBe(true);
    connect();
    await pass(0);
    expect(state()).toEqual(refused);
  });

  it('survives a backend that restarts, not one that refuses', async () => {
    const refusal = await aRefusal(404, 'gone');
    const restart = await aRefusal(503, 'starting');
    const getConsent = jest
      .fn<Promise<Consent>, []>()
      .mockRejectedValueOnce(restart)
      .mockRejectedValueOnce(new TypeError('Failed to fetch'))
      .mockRejectedValue(refusal);
    const { authorize, state } = setUp({ popup: new FakePopup(), getConsent });
    authorize();
    await pass(2 * POLL_MS);
    expect(state()).toEqual({ status: 'waiting' });
    await pass(POLL_MS);
    expect(state()).toEqual({
      status: 'failed',
      error: refusal,
    });
  });

  it('ends by itself where no answer ever comes', async () => {
    const { authorize, state, polls } = setUp({
      popup: new FakePopup(),
      getConsent: () => Promise.reject(new TypeError('Failed to fetch')),
    });
    authorize();
    await pass(12 * 60_000);
    expect(state()).toEqual({
      status: 'failed',
      failure: { code: 'consent-expired' },
    });
    const asked = polls();
    await pass(60_000);
    expect(polls()).toBe(asked);
  });

  it('cancels here and at the backend', async () => {
    const popup = new FakePopup();
    const { api, hook, authorize, state, polls } = setUp({ popup });
    authorize();
    await pass(0);
    act(() => hook.result.current.popup.cancel());
    await pass(4 * POLL_MS);
    expect(state()).toEqual({ status: 'cancelled' });
    expect(popup.closed).toBe(true);
    expect(api.lastInput('cancelConsent')).toEqual({
      params: { consentId: 'consent' },
    });
    expect(polls()).toBe(0);
  });

  it('stops asking when the page is left, and leaves the popup to the person', async () => {
    const popup = new FakePopup();
    const { hook, authorize, polls } = setUp({ popup });
    authorize();
    await pass(0);
    hook.unmount();
    await pass(4 * POLL_MS);
    expect(polls()).toBe(0);
    expect(popup.closed).toBe(false);
    expect(jest.getTimerCount()).toBe(0);
  });

  it('sends the popup to web pages only', async () => {
    const popup = new FakePopup();
    const { authorize, state } = setUp({
      popup,
      startUrl: 'javascript:alert(1)',
    });
    authorize();
    await pass(0);
    expect(state()).toMatchObject({ status: 'failed' });
    expect(popup.location.href).toBe('about:blank');
  });
});
