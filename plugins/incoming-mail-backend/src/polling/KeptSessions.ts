// SPDX-License-Identifier: Apache-2.0
import { LoggerService } from '@backstage/backend-plugin-api';
import { MailFailure } from '@postroom/plugin-incoming-mail-node';
import {
  countKept,
  Db,
  findDueKept,
  keepLease,
  LeaseTicket,
  letAllGo,
  letGo,
  renewKept,
  resumeKept,
  toSafeError,
} from '../database';
import { sleep } from '../lib';
import { AccountBusyError } from './AccountBusyError';
import { FairShare } from './FairShare';
import { MailboxConnection } from './MailboxConnection';

// Kept connections
//
// After a visit that left nothing to do, the connection may stay, and the lease
// with it. News on the connection wakes a visit and is never believed any
// further; the visits of every interval go on, over the same connection. So it
// does not matter what a server tells, forgets or tells twice, nor that a
// connection dies in silence.
//
// The database alone says whose mailbox it is. Each look compares the number
// of kept leases with the number of connections; where they differ, those
// whose lease is gone are closed at once: after a change of settings nothing
// of the former ones stays open for longer than a look takes to come round.

// Saying goodbye to a thousand servers must not keep a process from ending.
const MAX_STOP_MS = 4_000;

// A server that never stops telling news costs two visits a second.
const NEWS_PAUSE_MS = 500;

/** A mailbox that is to be visited over its kept connection. */
export interface KeptVisit {
  readonly ticket: LeaseTicket;
  readonly connection: MailboxConnection;
}

export interface KeptSessionsOptions {
  readonly db: Db;
  readonly logger: LoggerService;
  /** Names this replica in leases. */
  readonly holder: string;
  readonly leaseMs: number;
  /** The most connections that are kept; 0: none. */
  readonly limit: number;
  /** Called when there is something to take; must not throw. */
  onReady(): void;
}

interface Kept {
  readonly ticket: LeaseTicket;
  readonly connection: MailboxConnection;
  /** Joining: not in the database yet. Visiting: taken. */
  state: 'joining' | 'waiting' | 'visiting';
  /** Stops listening. */
  callOff: AbortController;
  listening: Promise<void>;
}

/** The connections that this replica keeps open between visits. */
export class KeptSessions {
  readonly #options: KeptSessionsOptions;
  readonly #share: FairShare;
  /** By mailbox, those kept longest first. */
  readonly #kept = new Map<string, Kept>();
  /** Those that have news, or are due. */
  readonly #ready = new Set<Kept>();
  readonly #ending = new Set<Promise<void>>();
  #timer?: NodeJS.Timeout;
  #renewedAt = performance.now();
  #round?: Promise<void>;
  #isStopped = false;

  constructor(options: KeptSessionsOptions) {
    const { db, holder, leaseMs } = options;
    this.#options = options;
    this.#share = new FairShare({ db, holder, leaseMs });
  }

  /** How many connections are kept, those being visited included. */
  get size(): number {
    return this.#kept.size;
  }

  /** Whether another connection may be kept. */
  get hasRoom(): boolean {
    return !this.#isStopped && this.size < this.#most;
  }

  /** Begins to share mailboxes out with other replicas. */
  async start(): Promise<void> {
    if (this.#options.limit > 0 && !this.#timer && !this.#isStopped) {
      this.#timer = setInterval(
        () => void this.renew(),
        this.#options.leaseMs / 4,
      );
      this.#timer.unref();
      await this.renew();
    }
  }

  /**
   * Ends a visit so that its connection, and its lease, are kept.
   *
   * @returns false where they are not: both are still the caller's
   */
  async keep(
    { ticket, connection }: KeptVisit,
    dueInMs: number,
  ): Promise<boolean> {
    const { db, leaseMs } = this.#options;
    const { subjectId } = ticket;
    const isVisited = this.#kept.get(subjectId)?.state === 'visiting';
    const hasPlace = isVisited || this.hasRoom;
    if (this.#isStopped || !connection.isOpen || !hasPlace) {
      return false;
    }
    const kept: Kept = {
      ticket,
      connection,
      state: 'joining',
      callOff: new AbortController(),
      listening: Promise.resolve(),
    };
    this.#kept.set(subjectId, kept);
    const options = { durationMs: leaseMs, dueInMs };
    const isKept = await keepLease(db, ticket, options).catch(error => {
      this.#kept.delete(subjectId);
      throw error;
    });
    if (!isKept || this.#isStopped) {
      this.#kept.delete(subjectId);
      return false;
    }
    kept.state = 'waiting';
    kept.listening = this.#listen(kept);
    return true;
  }

  /** Ends a visit whose connection is not kept any more. */
  forget({ subjectId }: LeaseTicket): void {
    if (this.#kept.get(subjectId)?.state === 'visiting') {
      this.#kept.delete(subjectId);
    }
  }

  /** Takes mailboxes that have news, or are due, for a visit each. */
  async take(limit: number): Promise<KeptVisit[]> {
    const { db, holder, leaseMs } = this.#options;
    if (this.size === 0 || limit <= 0) {
      return [];
    }
    if (this.#ready.size < limit) {
      (await findDueKept(db, holder)).forEach(id => this.#markReady(id));
    }
    const wanted = [...this.#ready].slice(0, limit);
    for (const kept of wanted) {
      this.#ready.delete(kept);
      kept.state = 'visiting';
      kept.callOff.abort();
    }
    const held = await resumeKept(
      db,
      wanted.map(({ ticket }) => ticket),
      leaseMs,
    ).catch(error => {
      // Without the database nothing is known; the leases run out.
      wanted.forEach(kept => this.#drop(kept));
      throw error;
    });
    const isHeld = ({ ticket }: Kept) => held.has(ticket.subjectId);
    wanted.filter(kept => !isHeld(kept)).forEach(kept => this.#drop(kept));
    const visits = wanted.filter(isHeld);
    await Promise.all(visits.map(({ listening }) => listening));
    return visits;
  }

  /** Closes the connections whose leases are gone. Cheap where none are. */
  async look(): Promise<void> {
    const { db, holder } = this.#options;
    if (this.size > 0 && (await countKept(db, holder)) !== this.size) {
      await this.renew();
    }
  }

  /**
   * Renews all leases by one statement, closes the connections whose leases
   * are gone, and gives back what is more than this replica's share. One round
   * at a time; never rejects.
   */
  renew(): Promise<void> {
    this.#round ??= this.#renew()
      .catch(error => this.#giveUpInTime(error))
      .finally(() => {
        this.#round = undefined;
      });
    return this.#round;
  }

  /** Gives everything back and closes it, in a few seconds at most. */
  async stop(): Promise<void> {
    this.#isStopped = true;
    clearInterval(this.#timer);
    await this.#round;
    const { db, holder, limit, logger } = this.#options;
    if (limit > 0) {
      try {
        await letAllGo(db, holder);
        await this.#share.withdraw();
      } catch (error) {
        logger.warn(
          'Kept mailboxes were not given back; others wait for them',
          {
            reason: toSafeError(error).message,
          },
        );
      }
    }
    this.#waiting().forEach(kept => this.#drop(kept));
    const ended = new AbortController();
    await Promise.race([
      Promise.all(this.#ending),
      sleep(MAX_STOP_MS, ended.signal),
    ]);
    ended.abort();
  }

  /** Resolves when nothing is being closed. */
  async idle(): Promise<void> {
    await this.#round;
    await Promise.all(this.#ending);
  }

  get #most(): number {
    return Math.min(this.#options.limit, this.#share.most);
  }

  #waiting(): Kept[] {
    return [...this.#kept.values()].filter(({ state }) => state === 'waiting');
  }

  async #renew(): Promise<void> {
    const { db, holder, leaseMs } = this.#options;
    const askedAt = performance.now();
    // Those that join meanwhile are none of this round.
    const waiting = this.#waiting();
    const held = new Map(
      (await renewKept(db, holder, leaseMs)).map(ticket => [
        ticket.subjectId,
        ticket,
      ]),
    );
    this.#renewedAt = askedAt;
    for (const kept of waiting) {
      const { subjectId, ticket } = kept.ticket;
      if (kept.state === 'waiting' && held.get(subjectId)?.ticket !== ticket) {
        this.#drop(kept);
      }
    }
    const strays = [...held.values()].filter(
      ({ subjectId }) => !this.#kept.has(subjectId),
    );
    await letGo(db, strays);
    await this.#share.refresh();
    await this.#giveSurplusBack();
  }

  // Those kept longest go first, a tenth at a time: the others have to open
  // their connections one by one.
  async #giveSurplusBack(): Promise<void> {
    const surplus = Math.max(0, this.size - this.#most);
    const some = Math.min(surplus, Math.ceil(this.size / 10));
    const given = this.#waiting().slice(0, some);
    given.forEach(kept => this.#drop(kept));
    await letGo(
      this.#options.db,
      given.map(({ ticket }) => ticket),
    );
  }

  // Others may take over what could not be renewed for a whole lease.
  #giveUpInTime(error: unknown): void {
    const { leaseMs, logger } = this.#options;
    logger.error('Kept mailboxes could not be renewed', {
      reason: toSafeError(error).message,
    });
    if (performance.now() - this.#renewedAt > leaseMs / 2) {
      this.#waiting().forEach(kept => this.#drop(kept));
    }
  }

  async #listen(kept: Kept): Promise<void> {
    const { connection, callOff, ticket } = kept;
    const since = performance.now();
    try {
      await connection.waitForNews(callOff.signal);
    } catch (error) {
      if (callOff.signal.aborted) {
        // The visit that called it off finds out by itself.
        return;
      }
      if (!MailFailure.is(error) && !(error instanceof AccountBusyError)) {
        this.#options.logger.error('Waiting for news failed', {
          reason: toSafeError(error).message,
        });
      }
      // The server ended it, perhaps because the token ran out, or another
      // mailbox of the account wants its turn. The next visit is due when it was.
      if (this.#drop(kept)) {
        await letGo(this.#options.db, [ticket]).catch(() => {});
      }
      return;
    }
    if (callOff.signal.aborted) {
      return;
    }
    const pauseMs = NEWS_PAUSE_MS - (performance.now() - since);
    const tell = () => {
      this.#markReady(ticket.subjectId);
      this.#options.onReady();
    };
    if (pauseMs > 0) {
      setTimeout(tell, pauseMs).unref();
    } else {
      tell();
    }
  }

  #markReady(mailboxId: string): void {
    const kept = this.#kept.get(mailboxId);
    if (kept?.state === 'waiting') {
      this.#ready.add(kept);
    }
  }

  /** @returns false where something else has become of it before */
  #drop(kept: Kept): boolean {
    const { ticket, connection, callOff } = kept;
    if (this.#kept.get(ticket.subjectId) !== kept) {
      return false;
    }
    this.#kept.delete(ticket.subjectId);
    this.#ready.delete(kept);
    callOff.abort();
    const ending = connection
      .close({ stored: true })
      .finally(() => this.#ending.delete(ending));
    this.#ending.add(ending);
    return true;
  }
}
