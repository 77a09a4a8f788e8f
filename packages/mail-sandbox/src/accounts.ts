// SPDX-License-Identifier: Apache-2.0

/** An account of the sandbox; its address is its OAuth subject as well. */
export interface SandboxAccount {
  /** In lower case. */
  readonly address: string;
  readonly name: string;
  /** For PLAIN, LOGIN and USER/PASS; without one only tokens open the mailbox. */
  readonly password?: string;
}

/** The password of every account that is there from the start. */
export const demoPassword = 'sandbox';

/**
 * The accounts that are there from the start. Two share a domain and one does
 * not, so that a rule about allowed domains has something to refuse.
 */
export const demoAccounts: readonly SandboxAccount[] = [
  { address: 'support@corp.test', name: 'Corp Support' },
  { address: 'payments@corp.test', name: 'Corp Payments' },
  { address: 'someone@elsewhere.test', name: 'Someone Elsewhere' },
].map(account => ({ ...account, password: demoPassword }));
