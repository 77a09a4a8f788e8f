// SPDX-License-Identifier: Apache-2.0

/**
 * Contracts for code that turns mail into something else than requests.
 *
 * @packageDocumentation
 */

export * from './extensionPoints';
export * from './handlers';
export * from './MailFailure';
export * from './message';
