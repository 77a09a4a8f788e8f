// SPDX-License-Identifier: Apache-2.0
import type { DiscoveryApi, FetchApi } from '@backstage/core-plugin-api';
import { ResponseError } from '@backstage/errors';
import {
  Endpoint,
  EndpointName,
  endpoints,
} from '@postroom/plugin-incoming-mail-common';
import type {
  CallInput,
  CallOptions,
  CallReply,
  IncomingMailApi,
} from './incomingMailApiRef';
import { withDeadline } from './withDeadline';

const PLUGIN_ID = 'incoming-mail';
const CALL_DEADLINE_MS = 30_000;
// These wait for a provider, a mail server or handlers, one after the other.
const PATIENT_DEADLINE_MS = 120_000;
// A mail may be tens of megabytes, on a slow line.
const DOWNLOAD_DEADLINE_MS = 300_000;

/** The cookie route that the framework gives every plugin. */
const COOKIE_PATH = '/.backstage/auth/v1/cookie';

interface Parts {
  params?: Readonly<Record<string, unknown>>;
  query?: Readonly<Record<string, unknown>>;
  body?: unknown;
}

/**
 * Calls the plugin's backend by the endpoint table: path, method and the
 * check of the reply all come from there.
 */
export class IncomingMailClient implements IncomingMailApi {
  readonly #discoveryApi: DiscoveryApi;
  readonly #fetchApi: FetchApi;

  constructor(options: { discoveryApi: DiscoveryApi; fetchApi: FetchApi }) {
    this.#discoveryApi = options.discoveryApi;
    this.#fetchApi = options.fetchApi;
  }

  async call<N extends EndpointName>(
    name: N,
    input: CallInput<N>,
    options: CallOptions = {},
  ): Promise<CallReply<N>> {
    const endpoint: Endpoint = endpoints[name];
    const baseUrl = await this.#discoveryApi.getBaseUrl(PLUGIN_ID);
    const url = `${baseUrl}${pathOf(endpoint, input)}`;
    const reply = await withDeadline(
      deadlineOf(name, endpoint),
      options.signal,
      signal => this.#send(endpoint, url, input, signal),
    );
    // `reply` went through this very endpoint's schema, or is its file.
    return reply as CallReply<N>;
  }

  async issueCookie(options: CallOptions = {}): Promise<void> {
    const baseUrl = await this.#discoveryApi.getBaseUrl(PLUGIN_ID);
    await withDeadline(CALL_DEADLINE_MS, options.signal, async signal => {
      const response = await this.#fetchApi.fetch(`${baseUrl}${COOKIE_PATH}`, {
        // Without this a browser drops the cookie of another origin's reply.
        credentials: 'include',
        signal,
      });
      if (!response.ok) {
        throw await ResponseError.fromResponse(response);
      }
    });
  }

  async getBackendOrigin(): Promise<string> {
    const baseUrl = await this.#discoveryApi.getBaseUrl(PLUGIN_ID);
    // A base URL without a host means the page's own origin.
    return new URL(baseUrl, window.location.href).origin;
  }

  async #send(
    endpoint: Endpoint,
    url: string,
    parts: Parts,
    signal: AbortSignal,
  ): Promise<unknown> {
    const response = await this.#fetchApi.fetch(url, {
      method: endpoint.method,
      signal,
      ...(parts.body !== undefined && {
        headers: { 'Content-Type': 'application/json' },
        body: JSON.stringify(parts.body),
      }),
    });
    if (!response.ok) {
      throw await ResponseError.fromResponse(response);
    }
    if (endpoint.download) {
      return response.blob();
    }
    const text = await response.text();
    return endpoint.reply.parse(text === '' ? undefined : JSON.parse(text));
  }
}

const patientEndpoints: readonly EndpointName[] = [
  'checkIntegration',
  'checkChannel',
  'claimConsent',
  'connectChannel',
  'activateChannel',
  'previewChannel',
  'listChannelFolders',
  'listMailServerDraftFolders',
  'checkMailServer',
  'checkMailServerDraft',
  'previewMailServer',
  'discoverIssuer',
  'dryRunMessage',
];

function deadlineOf(name: EndpointName, endpoint: Endpoint): number {
  if (endpoint.download) {
    return DOWNLOAD_DEADLINE_MS;
  }
  return patientEndpoints.includes(name)
    ? PATIENT_DEADLINE_MS
    : CALL_DEADLINE_MS;
}

function pathOf(endpoint: Endpoint, parts: Parts): string {
  const path = endpoint.path.replace(/:(\w+)/g, (_, key: string) =>
    encodeURIComponent(String(parts.params?.[key])),
  );
  const query = new URLSearchParams();
  for (const [key, value] of Object.entries(parts.query ?? {})) {
    if (value !== undefined) {
      query.set(key, String(value));
    }
  }
  const search = query.toString();
  return search ? `${path}?${search}` : path;
}
