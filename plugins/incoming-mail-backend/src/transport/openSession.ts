// SPDX-License-Identifier: Apache-2.0
import { MailFailure } from '@postroom/plugin-incoming-mail-node';
import {
  HostPolicy,
  isLoopback,
  Lookup,
  PinnedAddress,
  resolveHost,
} from '../egress';
import { ConnectOptions } from './ConnectOptions';
import { ImapSession } from './imap/ImapSession';
import { Pop3Session } from './pop3/Pop3Session';
import { defaultTimeouts, SessionTimeouts } from './sessionTimeouts';
import { OpenSession, SessionOptions } from './types';

export interface OpenSessionOptions {
  readonly policy: HostPolicy;
  /** Development only: sign in without TLS to a server on this machine. */
  readonly allowPlaintextLoopback: boolean;
  /** PEM certificates of authorities that are trusted besides Node's. */
  readonly ca?: readonly string[];
  /** The largest mail that is ever fetched whole; 25 MB unless told. */
  readonly maxMessageBytes?: number;
  readonly lookup?: Lookup;
  readonly timeouts?: Partial<SessionTimeouts>;
}

const MAX_MESSAGE_BYTES = 25 * 1024 * 1024;

/**
 * Makes the function that opens sessions. It resolves and judges the host
 * first and connects to the very addresses that were judged, with the host's
 * name in TLS: a token is shown to nobody else. There is no switch that turns
 * the check of certificates off.
 */
export function createOpenSession(options: OpenSessionOptions): OpenSession {
  const {
    maxMessageBytes = MAX_MESSAGE_BYTES,
    ca,
    timeouts: changed,
  } = options;
  return async ({ server, credentials, signal, timeoutMs, onStage }) => {
    refuseSecurity(server);
    const addresses = await findServer(
      { server, credentials, signal },
      options,
    );
    onStage?.('resolved');
    refusePlaintext(server, addresses, options.allowPlaintextLoopback);
    const connectOptions: ConnectOptions = {
      server,
      addresses,
      credentials,
      signal,
      onStage,
      ca,
      maxMessageBytes,
      timeouts: { ...timeoutsWithin(timeoutMs), ...changed },
    };
    return server.protocol === 'imap'
      ? ImapSession.connect(connectOptions)
      : Pop3Session.connect(connectOptions);
  };
}

/** The usual times, with those of a mailbox that is given its own. */
function timeoutsWithin(timeoutMs: number | undefined): SessionTimeouts {
  return timeoutMs === undefined
    ? defaultTimeouts
    : {
        ...defaultTimeouts,
        connectMs: timeoutMs,
        greetingMs: timeoutMs,
        signInMs: timeoutMs,
        inactivityMs: timeoutMs,
        commandMs: timeoutMs,
        reopenMs: Math.min(timeoutMs, defaultTimeouts.reopenMs),
      };
}

async function findServer(
  { server, signal }: SessionOptions,
  { policy, lookup }: OpenSessionOptions,
): Promise<readonly PinnedAddress[]> {
  try {
    return await resolveHost(server.host, { policy, lookup, signal });
  } catch (error) {
    if (MailFailure.is(error)) {
      throw error;
    }
    throw new MailFailure(
      'connection-lost',
      `${server.host} was not connected to: aborted`,
      { cause: error },
    );
  }
}

// POP3 has TLS from the first byte, at port 995, with every provider. STLS
// (RFC 2595) would be one more way to be talked out of it.
function refuseSecurity({
  protocol,
  security,
  host,
}: SessionOptions['server']): void {
  if (protocol === 'pop3' && security === 'starttls') {
    throw new MailFailure(
      'plaintext-refused',
      `${host} would have been connected to without encryption`,
      { detail: 'POP3 is read with TLS from the first byte (port 995)' },
    );
  }
}

function refusePlaintext(
  { host, security }: SessionOptions['server'],
  addresses: readonly PinnedAddress[],
  allowLoopback: boolean,
): void {
  if (security !== 'none') {
    return;
  }
  const local = addresses.every(({ address }) => isLoopback(address));
  if (!allowLoopback || !local) {
    throw new MailFailure(
      'plaintext-refused',
      `${host} would have been shown a secret without encryption`,
    );
  }
}
