// SPDX-License-Identifier: Apache-2.0
import { Pop3Response } from './ResponseFramer';

/** What a server says it can (RFC 2449); most of it is found out by trying. */
export interface Capabilities {
  /** SASL mechanisms, in capitals; absent where the server does not tell. */
  readonly mechanisms?: ReadonlySet<string>;
  /** The least time between two logins. */
  readonly loginDelayMs?: number;
}

/** Reads the answer to CAPA, which servers need not know. */
export function readCapabilities(response: Pop3Response): Capabilities {
  if (response.status !== 'ok') {
    return {};
  }
  const tags = new Map(
    response.body
      .toString('latin1')
      .split('\r\n')
      .map(line => line.toUpperCase().split(' '))
      .map(([tag, ...values]) => [tag, values]),
  );
  const mechanisms = tags.get('SASL');
  const [delay] = tags.get('LOGIN-DELAY') ?? [];
  return {
    mechanisms: mechanisms && new Set(mechanisms),
    loginDelayMs: /^\d{1,6}$/.test(delay ?? '')
      ? Number(delay) * 1000
      : undefined,
  };
}
