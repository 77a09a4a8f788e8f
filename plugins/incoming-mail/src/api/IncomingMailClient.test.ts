// SPDX-License-Identifier: Apache-2.0
import { createFetchApi, FetchMiddlewares } from '@backstage/core-app-api';
import { mockApis } from '@backstage/frontend-test-utils';
import { endpoints } from '@postroom/plugin-incoming-mail-common';
import { aChannel, aRequest } from '../__testUtils__/samples';
import { kindOfError } from './errorKind';
import { IncomingMailClient } from './IncomingMailClient';

const BASE = 'https://backend.test/api/incoming-mail';
const discoveryApi = { getBaseUrl: async () => BASE };
const project = { kind: 'component', namespace: 'default', name: 'a/b?c' };

function clientWith(reply: Partial<Response>) {
  const fetch = jest.fn(
    async (_url: unknown, _init?: RequestInit) =>
      ({ ok: true, status: 200, ...reply } as Response),
  );
  const client = new IncomingMailClient({ discoveryApi, fetchApi: { fetch } });
  return { client, fetch };
}

function json(value: unknown): Partial<Response> {
  return { text: async () => JSON.stringify(value) };
}

afterEach(() => {
  jest.useRealTimers();
});

describe('IncomingMailClient', () => {
  it('puts encoded parts into the path and the query', async () => {
    const { client, fetch } = clientWith(json({ items: [] }));
    await expect(
      client.call('listRequests', {
        params: project,
        query: { limit: 25, cursor: undefined },
      }),
    ).resolves.toEqual({ items: [] });
    expect(fetch).toHaveBeenCalledWith(
      `${BASE}/projects/component/default/a%2Fb%3Fc/requests?limit=25`,
      expect.objectContaining({ method: 'GET' }),
    );
  });

  it('sends a body as JSON and keeps only what the contract has', async () => {
    const { server, authentication } = aChannel();
    const body = { address: 'support@corp.test', server, authentication };
    const { client, fetch } = clientWith(json({ ...aChannel(), extra: 1 }));
    const channel = await client.call('createChannel', {
      params: project,
      body,
    });
    expect(channel).toEqual(aChannel());
    expect(fetch.mock.calls[0][1]).toMatchObject({
      method: 'POST',
      headers: { 'Content-Type': 'application/json' },
      body: JSON.stringify(body),
    });
  });

  it('refuses a reply that is not what the contract has', async () => {
    const { client } = clientWith(json({ ...aRequest(), number: 'seven' }));
    await expect(
      client.call('getRequest', { params: { ...project, number: 7 } }),
    ).rejects.toThrow(/number/);
  });

  it('takes an empty reply where there is nothing to answer', async () => {
    const { client, fetch } = clientWith({ text: async () => '' });
    await expect(
      client.call('pollChannel', { params: project }),
    ).resolves.toBeUndefined();
    expect(fetch.mock.calls[0][1]).not.toHaveProperty('body');
  });

  it('answers every download of the table with the file', async () => {
    const file = new Blob(['raw']);
    const { client } = clientWith({ blob: async () => file });
    await expect(
      client.call('downloadMessage', {
        params: { ...project, messageId: 'id' },
      }),
    ).resolves.toBe(file);
    // The type of a reply cannot tell a download; DownloadName lists them.
    const downloads = Object.entries(endpoints)
      .filter(([, endpoint]) => endpoint.download)
      .map(([name]) => name);
    expect(downloads).toEqual(['downloadMailServerMessage', 'downloadMessage']);
  });

  it('throws what the backend answered', async () => {
    const { client } = clientWith({
      ok: false,
      status: 409,
      statusText: 'Conflict',
      headers: new Headers({ 'content-type': 'application/json' }),
      text: async () =>
        JSON.stringify({
          error: { name: 'ConflictError', message: 'in use' },
          response: { statusCode: 409 },
        }),
    });
    await expect(
      client.call('deleteIntegration', { params: { integrationId: 'x' } }),
    ).rejects.toMatchObject({
      name: 'ResponseError',
      statusCode: 409,
      cause: { message: 'in use' },
    });
  });

  it('does not wait for ever', async () => {
    jest.useFakeTimers();
    const fetch = (_: unknown, init?: RequestInit) =>
      new Promise<Response>((_resolve, reject) => {
        init?.signal?.addEventListener('abort', () =>
          reject(new Error('aborted')),
        );
      });
    const client = new IncomingMailClient({
      discoveryApi,
      fetchApi: { fetch },
    });
    const kind = client.call('listIntegrations', {}).catch(kindOfError);
    await jest.advanceTimersByTimeAsync(30_000);
    await expect(kind).resolves.toBe('unreachable');

    const given = new AbortController();
    const end = client
      .call('listIntegrations', {}, { signal: given.signal })
      .catch(error => error.message);
    await jest.advanceTimersByTimeAsync(0);
    given.abort();
    await expect(end).resolves.toBe('aborted');
  });

  it('fetches the cookie with token and credentials through the app’s own fetch', async () => {
    const requests: Request[] = [];
    const fetchApi = createFetchApi({
      baseImplementation: async (input, init) => {
        requests.push(new Request(input, init));
        return { ok: true } as Response;
      },
      middleware: [
        FetchMiddlewares.injectIdentityAuth({
          identityApi: mockApis.identity({ token: 'the-token' }),
          allowUrl: url => url.startsWith(BASE),
        }),
      ],
    });
    const client = new IncomingMailClient({ discoveryApi, fetchApi });
    await client.issueCookie();
    expect(requests[0].url).toBe(`${BASE}/.backstage/auth/v1/cookie`);
    expect(requests[0].credentials).toBe('include');
    expect(requests[0].headers.get('authorization')).toBe('Bearer the-token');
  });

  it('knows the origin of the backend, also of one on the page’s own', async () => {
    const { client } = clientWith({});
    await expect(client.getBackendOrigin()).resolves.toBe(
      'https://backend.test',
    );
    const relative = new IncomingMailClient({
      discoveryApi: { getBaseUrl: async () => '/api/incoming-mail' },
      fetchApi: { fetch: jest.fn() },
    });
    await expect(relative.getBackendOrigin()).resolves.toBe(
      window.location.origin,
    );
  });
});
