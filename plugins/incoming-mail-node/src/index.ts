// SPDX-License-Identifier: Apache-2.0

/**
 * Contracts for code that turns mail into something else than requests, and
 * for OAuth 2.0 providers of one's own.
 *
 * @packageDocumentation
 */

export * from './extensionPoints';
export * from './handlers';
export * from './MailFailure';
export * from './message';
export * from './providers';
