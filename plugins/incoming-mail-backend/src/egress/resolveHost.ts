// SPDX-License-Identifier: Apache-2.0
import { lookup as dnsLookup } from 'node:dns/promises';
import { isIP, LookupFunction } from 'node:net';
import { MailFailure } from '@postroom/plugin-incoming-mail-node';
import { HostPolicy } from './hostPolicy';
import { DeadlineError, withDeadline } from './withDeadline';

/** An address that was judged and may be connected to. */
export interface PinnedAddress {
  readonly address: string;
  readonly family: 4 | 6;
}

/** Resolves a name to all of its addresses; rejects where there is none. */
export type Lookup = (
  host: string,
) => Promise<readonly { readonly address: string }[]>;

const LOOKUP_TIMEOUT_MS = 5_000;

// No mail host has more; a longer answer would only mean more to try.
const MAX_ADDRESSES = 16;

// getaddrinfo rather than a DNS query, so that /etc/hosts and the platform's
// resolver order count as they do for every other program on this machine.
const systemLookup: Lookup = host => dnsLookup(host, { all: true });

/**
 * Resolves a host name, or takes an address literal, and judges every address
 * of the answer. The caller connects to what is returned and never resolves
 * again: a name server that answers differently a second time (DNS rebinding)
 * then gains nothing.
 *
 * @throws MailFailure `host-not-found`, or `host-not-allowed` where a single
 * address is refused; the signal's reason on an abort
 */
export async function resolveHost(
  host: string,
  options: {
    policy: HostPolicy;
    lookup?: Lookup;
    signal?: AbortSignal;
    timeoutMs?: number;
  },
): Promise<readonly PinnedAddress[]> {
  const { policy, lookup = systemLookup, signal } = options;
  const answer = isIP(host)
    ? [host]
    : await lookUp(host, {
        lookup,
        signal,
        timeoutMs: options.timeoutMs ?? LOOKUP_TIMEOUT_MS,
      });

  const refused = answer.find(ip => policy.judgeAddress(ip) === 'refused');
  if (refused !== undefined) {
    throw new MailFailure(
      'host-not-allowed',
      `${host} is at ${refused}, which incomingMail.egress does not allow`,
    );
  }
  return answer
    .slice(0, MAX_ADDRESSES)
    .map(address => ({ address, family: isIP(address) === 6 ? 6 : 4 }));
}

/**
 * A lookup for sockets that knows nothing but the judged addresses. Node tries
 * them in turn, so one unreachable address family does no harm.
 */
export function pinnedLookup(
  addresses: readonly PinnedAddress[],
): LookupFunction {
  return (_host, { all }, callback) => {
    if (all) {
      callback(null, [...addresses]);
    } else {
      callback(null, addresses[0].address, addresses[0].family);
    }
  };
}

async function lookUp(
  host: string,
  options: { lookup: Lookup; signal?: AbortSignal; timeoutMs: number },
): Promise<string[]> {
  const { lookup, signal, timeoutMs } = options;
  let answer: readonly { readonly address: string }[];
  try {
    answer = await withDeadline({ timeoutMs, signal }, () => lookup(host));
  } catch (error) {
    if (signal?.aborted) {
      throw error;
    }
    const what = error instanceof DeadlineError ? 'in time' : 'to an address';
    throw notFound(`${host} could not be resolved ${what}`, error);
  }
  if (answer.length === 0) {
    throw notFound(`${host} has no address`);
  }
  return answer.map(({ address }) => address);
}

function notFound(message: string, cause?: unknown): MailFailure {
  return new MailFailure('host-not-found', message, { cause });
}
