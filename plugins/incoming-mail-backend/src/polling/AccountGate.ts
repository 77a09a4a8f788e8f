// SPDX-License-Identifier: Apache-2.0
import { FailureCode } from '@postroom/plugin-incoming-mail-common';
import { MailFailure } from '@postroom/plugin-incoming-mail-node';
import { backoffMs, sleep } from '../lib';
import { MailSession, OpenSession, SessionOptions } from '../transport';
import { AccountBusyError } from './AccountBusyError';
import { AccountGateStore, GateTicket } from './AccountGateStore';
import { gatedSession } from './gatedSession';

// One connection per account
//
// Servers bound how many connections an account may have (Gmail 15, Exchange
// 16, others one), and the owner's own programs need some of them. Several
// mailboxes here may be one account there: folders of it, a channel and a mail
// server. So whoever connects enters the account's gate first, over all
// replicas, and leaves it when the session is closed:
// - visits that find it taken are put off for a few seconds;
// - people who test a mailbox wait a little, then connect without having
//   entered: a server that allows one connection only says so itself;
// - a session that is kept open keeps the gate, until somebody waits for it:
//   its waiting for news then ends, and it is closed;
// - stays are renewed by one timer for all of them; a holder that cannot renew
//   in time has its connection cut before another one enters;
// - a server that asks for patience is left alone, for as long as it says or
//   longer each time, by all mailboxes of the account.

// How soon a visit that found the gate taken looks again.
const TAKEN_MS = 5_000;
const JITTER = 0.4;

// How soon a kept session is given up for somebody who waits.
const WANTED_EVERY_MS = 1_000;

const HOUR_MS = 3_600_000;
const FIRST_PATIENCE_MS = 60_000;

// How often a person's test looks again.
const LOOK_EVERY_MS = 250;

const MAX_ACCOUNT_LENGTH = 540;

// When a session is opened, this is said of the account. Later on it may be
// that a single command could not be carried out.
const UNWILLING: readonly FailureCode[] = ['throttled', 'server-unavailable'];

const CROWDED = 'Another connection to this account was open meanwhile';

/** A stay of this process in an account. */
interface Stay {
  readonly ticket: GateTicket;
  readonly lost: AbortController;
  readonly wanted: AbortController;
  /** On the monotonic clock, when the last good renewal was asked for. */
  keptAt: number;
}

/** Lets one session per account in, over all replicas. */
export class AccountGate {
  readonly #store: AccountGateStore;
  readonly #holder: string;
  readonly #leaseMs: number;
  readonly #random: () => number;
  readonly #stays = new Map<string, Stay>();
  #timer?: NodeJS.Timeout;
  #renewedAt = 0;
  #looking?: Promise<void>;

  constructor(options: {
    store: AccountGateStore;
    /** Names this process; at most 64 characters. */
    holder: string;
    leaseMs: number;
    random: () => number;
  }) {
    this.#store = options.store;
    this.#holder = options.holder;
    this.#leaseMs = options.leaseMs;
    this.#random = options.random;
  }

  /**
   * For visits: opens sessions of accounts that nobody else is connected to.
   * Closing the session leaves the gate.
   *
   * @returns a function that throws AccountBusyError where that is not so, and
   *   also has calls of a session throw it whose stay was lost
   */
  guard(openSession: OpenSession): OpenSession {
    return async options => {
      const entry = await this.#enter(accountOf(options));
      switch (entry.kind) {
        case 'entered':
          return this.#open(entry.ticket, openSession, options);
        case 'patience':
          throw new AccountBusyError(entry.waitMs);
        default:
          throw new AccountBusyError(
            TAKEN_MS * (1 - JITTER / 2 + JITTER * this.#random()),
          );
      }
    };
  }

  /**
   * For people who wait for an answer: opens a session as soon as nobody else
   * is connected to the account, and at the latest after `waitMs`, whoever is.
   * Where the server then refuses a second connection, the failure says so.
   */
  guardPatiently(
    openSession: OpenSession,
    { waitMs }: { waitMs: number },
  ): OpenSession {
    return async options => {
      const ticket = await this.#enterWithin(waitMs, options);
      if (ticket) {
        return this.#open(ticket, openSession, options);
      }
      try {
        return await openSession(options);
      } catch (error) {
        throw isOneOf(error, UNWILLING) ? crowded(error) : error;
      }
    };
  }

  #enter(account: string, options: { insists?: boolean } = {}) {
    return this.#store.enter(account, {
      ...options,
      holder: this.#holder,
      durationMs: this.#leaseMs,
    });
  }

  async #enterWithin(
    waitMs: number,
    options: SessionOptions,
  ): Promise<GateTicket | undefined> {
    const account = accountOf(options);
    const startedAt = performance.now();
    while (!options.signal.aborted) {
      // A server that asked for patience some time ago is asked this once.
      const entry = await this.#enter(account, { insists: true });
      if (entry.kind === 'entered') {
        return entry.ticket;
      }
      if (performance.now() - startedAt + LOOK_EVERY_MS > waitMs) {
        return undefined;
      }
      await sleep(LOOK_EVERY_MS, options.signal);
    }
    return undefined;
  }

  async #open(
    ticket: GateTicket,
    openSession: OpenSession,
    options: SessionOptions,
  ): Promise<MailSession> {
    const stay = this.#begin(ticket);
    let session: MailSession;
    try {
      session = await openSession({
        ...options,
        signal: AbortSignal.any([options.signal, stay.lost.signal]),
      });
    } catch (error) {
      await this.#end(stay, error, UNWILLING);
      throw stay.lost.signal.aborted ? new AccountBusyError(TAKEN_MS) : error;
    }
    let failure: unknown;
    return gatedSession(session, {
      wanted: stay.wanted.signal,
      failed: error => {
        failure ??= error;
        return stay.lost.signal.aborted
          ? new AccountBusyError(TAKEN_MS)
          : error;
      },
      closed: () => this.#end(stay, failure),
    });
  }

  #begin(ticket: GateTicket): Stay {
    const stay: Stay = {
      ticket,
      lost: new AbortController(),
      wanted: new AbortController(),
      keptAt: performance.now(),
    };
    this.#stays.set(ticket.account, stay);
    if (!this.#timer) {
      this.#renewedAt = performance.now();
      this.#timer = setInterval(() => this.#tick(), this.#tickMs);
      this.#timer.unref();
    }
    return stay;
  }

  /** Never throws: a gate that cannot be left is left when its lease runs out. */
  async #end(
    stay: Stay,
    failure: unknown,
    unwilling: readonly FailureCode[] = ['throttled'],
  ): Promise<void> {
    const { ticket } = stay;
    if (this.#stays.get(ticket.account) === stay) {
      this.#stays.delete(ticket.account);
    }
    if (this.#stays.size === 0) {
      clearInterval(this.#timer);
      this.#timer = undefined;
    }
    const left = isOneOf(failure, unwilling)
      ? this.#store.leaveAlone(ticket, this.#patienceMs(ticket, failure))
      : this.#store.leave(ticket, { calm: failure === undefined });
    await left.catch(() => {});
  }

  #patienceMs(
    { refusals }: GateTicket,
    { code, retryAfterMs = 0 }: MailFailure,
  ): number {
    if (code !== 'throttled') {
      // The mailboxes have waits of their own, which grow.
      return FIRST_PATIENCE_MS;
    }
    const waitMs = backoffMs(
      refusals + 1,
      { firstMs: FIRST_PATIENCE_MS, maxMs: HOUR_MS, jitter: 0.2 },
      this.#random,
    );
    return Math.min(Math.max(waitMs, retryAfterMs), HOUR_MS);
  }

  // Often enough for a person who waits.
  get #tickMs(): number {
    return Math.min(this.#renewEveryMs, WANTED_EVERY_MS);
  }

  get #renewEveryMs(): number {
    return this.#leaseMs / 4;
  }

  /** One look at a time. Where the database does not answer, the next one counts. */
  #tick(): void {
    const isDue = performance.now() - this.#renewedAt > this.#renewEveryMs;
    const look = () => (isDue ? this.#renew() : this.#yieldWanted());
    this.#looking ??= look()
      .catch(() => {})
      .finally(() => {
        this.#looking = undefined;
      });
    this.#cutUnrenewed();
  }

  // Others may be let in when the lease has run out; by then nothing is sent.
  #cutUnrenewed(): void {
    const now = performance.now();
    for (const { keptAt, lost } of this.#stays.values()) {
      if (now - keptAt > this.#leaseMs - this.#renewEveryMs) {
        lost.abort();
      }
    }
  }

  async #renew(): Promise<void> {
    const askedAt = performance.now();
    const stays = [...this.#stays.values()];
    const kept = await this.#store.renew(
      stays.map(({ ticket }) => ticket.account),
      { holder: this.#holder, durationMs: this.#leaseMs },
    );
    this.#renewedAt = askedAt;
    for (const stay of stays) {
      if (kept.get(stay.ticket.account) === stay.ticket.ticket) {
        stay.keptAt = askedAt;
      } else {
        stay.lost.abort();
      }
    }
    await this.#yieldWanted();
  }

  async #yieldWanted(): Promise<void> {
    const wanted = await this.#store.listWanted(this.#holder);
    for (const [account, ticket] of wanted) {
      const stay = this.#stays.get(account);
      if (stay?.ticket.ticket === ticket) {
        stay.wanted.abort();
      }
    }
  }
}

/** Host, port and user name, of which none minds the case in practice. */
function accountOf({ server, credentials }: SessionOptions): string {
  const { host, port } = server;
  return `${host}:${port}/${credentials.user}`
    .toLowerCase()
    .slice(0, MAX_ACCOUNT_LENGTH);
}

function isOneOf(
  error: unknown,
  codes: readonly FailureCode[],
): error is MailFailure {
  return MailFailure.is(error) && codes.includes(error.code);
}

function crowded(error: MailFailure): MailFailure {
  const { detail, retryAfterMs } = error;
  return new MailFailure(error.code, error.message, {
    cause: error,
    retryAfterMs,
    detail: detail === undefined ? CROWDED : `${CROWDED}: ${detail}`,
  });
}
