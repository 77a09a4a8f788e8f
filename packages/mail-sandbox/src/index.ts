// SPDX-License-Identifier: Apache-2.0

/**
 * An OAuth 2.0 provider and an IMAP server on loopback, for the demo and for
 * tests.
 *
 * @packageDocumentation
 */
export {
  startSandbox,
  type Sandbox,
  type SandboxOptions,
} from './startSandbox';
export type { SandboxLogger } from './SandboxLogger';
export { demoAccounts, demoPassword, type DemoAccount } from './accounts';
