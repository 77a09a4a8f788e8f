// SPDX-License-Identifier: Apache-2.0
import { IncomingMailConfig } from './config';
import { HostPolicy } from './egress';
import { AccountGate, AccountGateStore } from './polling';
import { createOpenSession, OpenSession } from './transport';

// How long a person's test waits for a visit of the same account to end.
const PATIENCE_MS = 10_000;

/** The two ways to a session; both pass the gate of the account. */
export interface Sessions {
  /** Gives way to whoever is connected to the account; for visits. */
  readonly openForVisit: OpenSession;
  /** Waits a while for the account; for people who wait for the answer. */
  readonly openForPerson: OpenSession;
}

/** Wires what opens sessions on mail servers, one per account at a time. */
export function createSessions({
  gates,
  holder,
  policy,
  config,
}: {
  gates: AccountGateStore;
  /** Names this replica in leases; at most 64 characters. */
  holder: string;
  policy: HostPolicy;
  config: Pick<
    IncomingMailConfig,
    'development' | 'egress' | 'leases' | 'messages'
  >;
}): Sessions {
  const connect = createOpenSession({
    policy,
    allowPlaintextLoopback: config.development.allowPlaintextLoopback,
    ca: config.egress.extraCa,
    maxMessageBytes: config.messages.maxBytes,
  });
  const gate = new AccountGate({
    store: gates,
    holder,
    leaseMs: config.leases.durationMs,
    random: Math.random,
  });
  return {
    openForVisit: gate.guard(connect),
    openForPerson: gate.guardPatiently(connect, { waitMs: PATIENCE_MS }),
  };
}
