// SPDX-License-Identifier: Apache-2.0
import { join } from 'node:path';
import { z } from 'zod';
import { demoAccounts, type SandboxAccount } from './accounts';
import { readStateFile } from './disk/readStateFile';
import { writeFileAtomically } from './disk/writeFileAtomically';

/** What is asked of somebody who adds an account. */
export const newAccountSchema = z.strictObject({
  address: z.email().trim().toLowerCase().max(200),
  /** For the pages; the address where it is missing. */
  name: z.string().trim().min(1).max(100).optional(),
  /** Without one the mailbox opens to tokens only. */
  password: z.string().min(1).max(200).optional(),
});

export type NewAccount = z.input<typeof newAccountSchema>;

const fileSchema = z.object({
  version: z.literal(1),
  added: z.array(
    z.object({
      address: z.string(),
      name: z.string(),
      password: z.string().optional(),
    }),
  ),
});

/** Each has mailboxes in memory. */
const MAX_ACCOUNTS = 2_000;

/**
 * Who has a mailbox here: the accounts of the start and those added later,
 * which a state folder keeps (`accounts.json`, passwords in the clear).
 */
export class AccountRegistry {
  readonly #path: string | undefined;
  readonly #accounts: Map<string, SandboxAccount>;

  constructor(stateDir: string | undefined) {
    this.#path = stateDir && join(stateDir, 'accounts.json');
    const saved = this.#path && readStateFile(this.#path, fileSchema);
    const added = saved ? saved.added : [];
    this.#accounts = new Map(
      [...demoAccounts, ...added].map(account => [account.address, account]),
    );
  }

  list(): readonly SandboxAccount[] {
    return [...this.#accounts.values()];
  }

  /** Finds an account by its address; the case of the address is ignored. */
  find(address: string): SandboxAccount | undefined {
    return this.#accounts.get(address.trim().toLowerCase());
  }

  /**
   * Adds an account.
   *
   * @returns `undefined` if the address is taken or there are too many.
   */
  add(request: z.output<typeof newAccountSchema>): SandboxAccount | undefined {
    const { address, name = address, password } = request;
    if (this.#accounts.has(address)) return undefined;
    if (this.#accounts.size >= MAX_ACCOUNTS) return undefined;
    const account = { address, name, password };
    this.#accounts.set(address, account);
    this.#save();
    return account;
  }

  #save(): void {
    if (!this.#path) return;
    const added = this.list().slice(demoAccounts.length);
    writeFileAtomically(this.#path, JSON.stringify({ version: 1, added }));
  }
}
