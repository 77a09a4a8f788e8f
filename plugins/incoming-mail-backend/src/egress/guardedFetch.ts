// SPDX-License-Identifier: Apache-2.0
import { InputError } from '@backstage/errors';
import { MailFailure } from '@postroom/plugin-incoming-mail-node';
import { Agent, Dispatcher, request } from 'undici';
import { HostPolicy, isLoopback } from './hostPolicy';
import { networkFailureCode } from './networkFailureCode';
import {
  Lookup,
  PinnedAddress,
  pinnedLookup,
  resolveHost,
} from './resolveHost';
import { trustedAuthorities } from './trustedAuthorities';
import { withDeadline } from './withDeadline';

/** What of a fetch request is looked at. */
export interface GuardedRequest {
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | URLSearchParams;
  readonly signal?: AbortSignal;
  /**
   * Only whether something answers counts, as with pages that are meant for
   * browsers: a redirect is handed back, though still not followed, and the
   * body is not read, whatever its size.
   */
  readonly statusOnly?: boolean;
}

/** The part of `fetch` that OAuth needs, for oauth4webapi's `customFetch`. */
export type GuardedFetch = (
  url: string,
  init?: GuardedRequest,
) => Promise<Response>;

export interface GuardedFetchOptions {
  readonly policy: HostPolicy;
  /** For everything together, from the name lookup to the body's last byte. */
  readonly timeoutMs?: number;
  readonly maxBytes?: number;
  /** PEM certificates of authorities that are trusted besides Node's. */
  readonly ca?: readonly string[];
  readonly lookup?: Lookup;
}

// A provider's reply is a few kilobytes; what is longer is not one.
const MAX_BYTES = 65_536;
const TIMEOUT_MS = 10_000;

// The Fetch standard forbids a body with these.
const STATUS_WITHOUT_BODY = new Set([204, 205]);

/**
 * Makes a fetch for requests that carry client secrets and tokens. It connects
 * only to judged addresses, https only (plain http to an allowed loopback
 * address, for development), follows no redirect (RFC 9700 section 4.12: a
 * 307 would post the credentials to another host), keeps no cookie, stops at a
 * deadline and at a size. Each request has a connection of its own, so nothing
 * is left open afterwards.
 *
 * It throws a `MailFailure`: `host-not-allowed`, `host-not-found`,
 * `plaintext-refused`, `tls-failed`, `token-endpoint-unreachable`, or
 * `token-reply-unusable` for a redirect and for a reply that is too long. On
 * an abort it throws the signal's reason, like `fetch`.
 */
export function createGuardedFetch(options: GuardedFetchOptions): GuardedFetch {
  const { timeoutMs = TIMEOUT_MS } = options;
  return async (address, init = {}) => {
    const url = parseUrl(address);
    try {
      return await withDeadline({ timeoutMs, signal: init.signal }, signal =>
        exchange(url, { ...init, signal }, options),
      );
    } catch (error) {
      if (init.signal?.aborted) {
        throw init.signal.reason;
      }
      throw MailFailure.is(error) ? error : unreachable(url, error);
    }
  };
}

async function exchange(
  url: URL,
  init: GuardedRequest,
  options: GuardedFetchOptions,
): Promise<Response> {
  const { policy, lookup, maxBytes = MAX_BYTES } = options;
  const { signal } = init;
  const addresses = await resolveHost(hostOf(url), { policy, lookup, signal });
  refusePlaintext(url, addresses);

  const agent = new Agent({
    connect: {
      lookup: pinnedLookup(addresses),
      ca: trustedAuthorities(options.ca),
      minVersion: 'TLSv1.2',
    },
  });
  try {
    const reply = await request(url, {
      dispatcher: agent,
      method: (init.method ?? 'GET') as Dispatcher.HttpMethod,
      headers: init.headers,
      body: init.body?.toString(),
      signal,
    });
    if (init.statusOnly) {
      return new Response(null, { status: reply.statusCode });
    }
    refuseRedirect(url, reply.statusCode);
    const body = await readBody(reply.body, maxBytes, url);
    return new Response(
      STATUS_WITHOUT_BODY.has(reply.statusCode) ? null : body,
      { status: reply.statusCode, headers: toHeaders(reply.headers) },
    );
  } finally {
    await agent.destroy();
  }
}

async function readBody(
  body: AsyncIterable<Buffer>,
  maxBytes: number,
  url: URL,
): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of body) {
    length += chunk.length;
    if (length > maxBytes) {
      throw unusable(url, `sent more than ${maxBytes} bytes`);
    }
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

function refusePlaintext(url: URL, addresses: readonly PinnedAddress[]): void {
  if (url.protocol === 'https:') {
    return;
  }
  if (!addresses.every(({ address }) => isLoopback(address))) {
    throw new MailFailure(
      'plaintext-refused',
      `${url.origin} is not https, and not on this machine`,
    );
  }
}

function refuseRedirect(url: URL, status: number): void {
  if (status >= 300 && status < 400) {
    throw unusable(url, `answered with a redirect (HTTP ${status})`);
  }
}

function parseUrl(address: string): URL {
  const url = URL.canParse(address) ? new URL(address) : undefined;
  if (url?.protocol !== 'https:' && url?.protocol !== 'http:') {
    throw new InputError('An endpoint is not an http(s) address');
  }
  return url;
}

/** The host name without the brackets that URLs put around IPv6 literals. */
function hostOf(url: URL): string {
  return url.hostname.replace(/^\[(.*)\]$/, '$1');
}

function toHeaders(
  received: Record<string, string | string[] | undefined>,
): Headers {
  const headers = new Headers();
  for (const [name, values] of Object.entries(received)) {
    for (const value of [values ?? []].flat()) {
      headers.append(name, value);
    }
  }
  headers.delete('set-cookie');
  return headers;
}

// Messages hold the origin only: a path or query may hold what is not for logs.
function unusable(url: URL, what: string): MailFailure {
  return new MailFailure('token-reply-unusable', `${url.origin} ${what}`, {
    detail: `It ${what}`,
  });
}

function unreachable(url: URL, cause: unknown): MailFailure {
  const code = networkFailureCode(cause);
  return new MailFailure(
    code === 'tls-failed' ? code : 'token-endpoint-unreachable',
    `${url.origin} could not be asked`,
    { cause },
  );
}
