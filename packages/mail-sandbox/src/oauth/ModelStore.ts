// SPDX-License-Identifier: Apache-2.0
import { join } from 'node:path';
import { z } from 'zod';
import { readStateFile } from '../disk/readStateFile';
import { StateFile } from '../disk/StateFile';

/** What oidc-provider wants kept; opaque but for the few fields used here. */
export type ModelPayload = Record<string, unknown>;

const entrySchema = z.object({
  model: z.string(),
  id: z.string(),
  payload: z.record(z.string(), z.unknown()),
  /** Milliseconds since 1970; absent = never. */
  expiresAt: z.number().optional(),
});

const fileSchema = z.object({
  version: z.literal(1),
  entries: z.array(entrySchema),
});

interface Entry {
  readonly payload: ModelPayload;
  readonly expiresAt?: number;
}

/** Models that hang on a grant and end with it. */
const grantable = ['AccessToken', 'AuthorizationCode', 'RefreshToken'];

/** How many of one model are kept; beyond it the oldest goes. */
const MAX_ENTRIES = 5_000;

/** Registered applications are never dropped for a new one, so they are few. */
export const MAX_CLIENTS = 500;

export interface ModelStoreOptions {
  /** Folder for `oauth.json`; without it everything is in memory only. */
  readonly stateDir?: string;
}

/**
 * Everything the OAuth provider remembers: applications, grants, tokens,
 * sessions, interactions. All work is synchronous and therefore atomic within
 * the process. With a state folder the whole is written as one file within
 * 200 ms of a change (see {@link StateFile}); a SIGKILL loses at most that.
 *
 * Tokens stand in that file in the clear: it is a sandbox, and the folder is
 * made for its owner alone.
 */
export class ModelStore {
  readonly #models = new Map<string, Map<string, Entry>>();
  readonly #file: StateFile | undefined;

  constructor(options: ModelStoreOptions) {
    if (!options.stateDir) return;
    const path = join(options.stateDir, 'oauth.json');
    for (const entry of readStateFile(path, fileSchema)?.entries ?? []) {
      const { model, id, payload, expiresAt } = entry;
      this.#entriesOf(model).set(id, { payload, expiresAt });
    }
    this.#file = new StateFile(path, () => this.#serialize());
  }

  find(model: string, id: string): ModelPayload | undefined {
    const entries = this.#entriesOf(model);
    const entry = entries.get(id);
    if (!entry) return undefined;
    if (isExpired(entry)) {
      entries.delete(id);
      return undefined;
    }
    // A copy: the provider's model objects write to what they are given. By
    // JSON, as what structuredClone makes is no plain object within Jest.
    return JSON.parse(JSON.stringify(entry.payload));
  }

  /** Finds a browser session by its second identifier. */
  findSessionByUid(uid: string): ModelPayload | undefined {
    for (const [id, { payload }] of this.#entriesOf('Session')) {
      if (payload.uid === uid) return this.find('Session', id);
    }
    return undefined;
  }

  list(model: string): ModelPayload[] {
    return [...this.#entriesOf(model).keys()]
      .map(id => this.find(model, id))
      .filter(payload => payload !== undefined);
  }

  upsert(
    model: string,
    id: string,
    payload: ModelPayload,
    expiresInSeconds?: number,
  ): void {
    const entries = this.#entriesOf(model);
    if (!entries.has(id) && entries.size >= MAX_ENTRIES) makeRoom(entries);
    entries.set(id, {
      // Through JSON, so that memory holds just what a restart would find.
      payload: JSON.parse(JSON.stringify(payload)),
      expiresAt:
        expiresInSeconds === undefined
          ? undefined
          : Date.now() + expiresInSeconds * 1000,
    });
    this.#file?.changed();
  }

  /**
   * Marks a code or a refresh token as used.
   *
   * @returns false if it was used before or is not there.
   */
  consume(model: string, id: string): boolean {
    const payload = this.#entriesOf(model).get(id)?.payload;
    if (!payload || payload.consumed !== undefined) return false;
    payload.consumed = Math.floor(Date.now() / 1000);
    this.#file?.changed();
    return true;
  }

  destroy(model: string, id: string): void {
    this.#entriesOf(model).delete(id);
    this.#file?.changed();
  }

  destroyAll(model: string): void {
    this.#entriesOf(model).clear();
    this.#file?.changed();
  }

  /** Ends every code and token of a grant; the grant itself is kept. */
  destroyTokensOf(grantId: string): void {
    for (const model of grantable) {
      const entries = this.#entriesOf(model);
      for (const [id, { payload }] of entries) {
        if (payload.grantId === grantId) entries.delete(id);
      }
    }
    this.#file?.changed();
  }

  /**
   * Ends the oldest live refresh tokens that an application has for an account
   * until so many are left; their grants and access tokens live on.
   */
  limitRefreshTokens(account: string, clientId: string, limit: number): void {
    const live = [...this.#entriesOf('RefreshToken')].filter(
      ([, entry]) =>
        entry.payload.accountId === account &&
        entry.payload.clientId === clientId &&
        entry.payload.consumed === undefined &&
        !isExpired(entry),
    );
    // Map keeps the order in which they came.
    for (const [id] of live.slice(0, Math.max(0, live.length - limit))) {
      this.destroy('RefreshToken', id);
    }
  }

  /** Ends a grant and all that hangs on it. */
  revokeGrant(grantId: string): void {
    this.destroyTokensOf(grantId);
    this.destroy('Grant', grantId);
  }

  /** Ends all grants, or those of one account. */
  revokeGrants(account?: string): void {
    for (const [id, { payload }] of this.#entriesOf('Grant')) {
      if (account === undefined || payload.accountId === account) {
        this.revokeGrant(id);
      }
    }
  }

  /** Writes what is still waiting. */
  flush(): void {
    this.#file?.flush();
  }

  #entriesOf(model: string): Map<string, Entry> {
    let entries = this.#models.get(model);
    if (!entries) {
      entries = new Map();
      this.#models.set(model, entries);
    }
    return entries;
  }

  #serialize(): string {
    const entries = [...this.#models].flatMap(([model, ofModel]) =>
      [...ofModel]
        .filter(([, entry]) => !isExpired(entry))
        .map(([id, entry]) => ({ model, id, ...entry })),
    );
    return JSON.stringify({ version: 1, entries });
  }
}

function isExpired({ expiresAt }: Entry): boolean {
  return expiresAt !== undefined && expiresAt <= Date.now();
}

/** Drops what is over and, if nothing was, the oldest (Map keeps the order). */
function makeRoom(entries: Map<string, Entry>): void {
  const before = entries.size;
  for (const [id, entry] of entries) {
    if (isExpired(entry)) entries.delete(id);
  }
  if (entries.size < before) return;
  const [oldest] = entries.keys();
  entries.delete(oldest);
}
