// SPDX-License-Identifier: Apache-2.0

/**
 * A mail handler and an OAuth 2.0 provider of one's own, to start from.
 *
 * @packageDocumentation
 */

export { incomingMailModuleExample as default } from './module';
