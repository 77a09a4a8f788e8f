// SPDX-License-Identifier: Apache-2.0

/** What `GET /api/stats` counts since the start or the last reset. */
export interface StatsCounters {
  tokenRequests: Record<CountedGrant, number>;
  introspections: number;
  revocations: number;
  imapLogins: number;
  imapLoginFailures: number;
  pop3Logins: number;
  pop3LoginFailures: number;
  /** Messages that RETR sent. */
  pop3Retrieved: number;
}

const countedGrants = [
  'authorization_code',
  'refresh_token',
  'client_credentials',
] as const;

type CountedGrant = (typeof countedGrants)[number];

function zero(): StatsCounters {
  return {
    tokenRequests: {
      authorization_code: 0,
      refresh_token: 0,
      client_credentials: 0,
    },
    introspections: 0,
    revocations: 0,
    imapLogins: 0,
    imapLoginFailures: 0,
    pop3Logins: 0,
    pop3LoginFailures: 0,
    pop3Retrieved: 0,
  };
}

/**
 * Counts what clients did. Every request counts, also a refused one and one
 * that a fault answered: tests ask "how often did it try?".
 */
export class Stats {
  #counters = zero();

  countTokenRequest(grantType: unknown): void {
    const counted = countedGrants.find(grant => grant === grantType);
    if (counted) this.#counters.tokenRequests[counted] += 1;
  }

  countIntrospection(): void {
    this.#counters.introspections += 1;
  }

  countRevocation(): void {
    this.#counters.revocations += 1;
  }

  countLogin(protocol: 'imap' | 'pop3', outcome: 'accepted' | 'refused'): void {
    const what = outcome === 'accepted' ? 'Logins' : 'LoginFailures';
    this.#counters[`${protocol}${what}` as const] += 1;
  }

  countRetrieved(): void {
    this.#counters.pop3Retrieved += 1;
  }

  snapshot(): StatsCounters {
    return structuredClone(this.#counters);
  }

  reset(): void {
    this.#counters = zero();
  }
}
