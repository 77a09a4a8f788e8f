// SPDX-License-Identifier: Apache-2.0

/**
 * An OAuth 2.0 provider, an IMAP and a POP3 server on loopback, for the demo
 * and for tests, and a way to run tests on a real IMAP server.
 *
 * @packageDocumentation
 */
export {
  startSandbox,
  type Sandbox,
  type SandboxOptions,
} from './startSandbox';
export type { SandboxLogger } from './SandboxLogger';
export { demoAccounts, demoPassword, type SandboxAccount } from './accounts';
export type { NewAccount } from './AccountRegistry';
export type { SaslMechanism } from './login/sasl';
export {
  generateMail,
  type GeneratedMail,
  type MailKind,
} from './mail/generateMail';
export type {
  CutBy,
  DirectionPlan,
  FaultPlan,
  PatternCut,
} from './proxy/FaultPlan';
export {
  startFaultProxy,
  type FaultProxy,
  type FaultProxyCounts,
  type FaultProxyOptions,
} from './proxy/startFaultProxy';
export { findDovecot } from './dovecot/findDovecot';
export {
  startDovecot,
  type Dovecot,
  type DovecotOptions,
} from './dovecot/startDovecot';
export { SandboxApplication } from './dovecot/SandboxApplication';
