// SPDX-License-Identifier: Apache-2.0

/** What `GET /api/stats` counts since the start or the last reset. */
export interface StatsCounters {
  tokenRequests: { authorization_code: number; refresh_token: number };
  introspections: number;
  imapLogins: number;
  imapLoginFailures: number;
}

function zero(): StatsCounters {
  return {
    tokenRequests: { authorization_code: 0, refresh_token: 0 },
    introspections: 0,
    imapLogins: 0,
    imapLoginFailures: 0,
  };
}

/**
 * Counts what clients did. Every request counts, also a refused one and one
 * that a fault answered: tests ask "how often did it try?".
 */
export class Stats {
  #counters = zero();

  countTokenRequest(grantType: unknown): void {
    if (grantType === 'authorization_code' || grantType === 'refresh_token') {
      this.#counters.tokenRequests[grantType] += 1;
    }
  }

  countIntrospection(): void {
    this.#counters.introspections += 1;
  }

  countLogin(outcome: 'accepted' | 'refused'): void {
    if (outcome === 'accepted') this.#counters.imapLogins += 1;
    else this.#counters.imapLoginFailures += 1;
  }

  snapshot(): StatsCounters {
    return structuredClone(this.#counters);
  }

  reset(): void {
    this.#counters = zero();
  }
}
