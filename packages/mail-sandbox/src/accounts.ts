// SPDX-License-Identifier: Apache-2.0

/** One of the fixed accounts; its address is its OAuth subject as well. */
export interface DemoAccount {
  readonly address: string;
  readonly name: string;
}

/**
 * The accounts of the sandbox. Two share a domain and one does not, so that a
 * rule about allowed domains has something to refuse.
 */
export const demoAccounts: readonly DemoAccount[] = [
  { address: 'support@corp.test', name: 'Corp Support' },
  { address: 'payments@corp.test', name: 'Corp Payments' },
  { address: 'someone@elsewhere.test', name: 'Someone Elsewhere' },
];

/** The password of every account, for PLAIN and LOGIN. */
export const demoPassword = 'sandbox';

/** Finds an account by its address; the case of the address is ignored. */
export function findDemoAccount(address: string): DemoAccount | undefined {
  const wanted = address.trim().toLowerCase();
  return demoAccounts.find(account => account.address === wanted);
}
