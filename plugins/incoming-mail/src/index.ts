// SPDX-License-Identifier: Apache-2.0

/**
 * Pages for OAuth 2.0 integrations, a project's mail channel and its requests.
 *
 * @packageDocumentation
 */

export { incomingMailPlugin as default } from './plugin';
export { incomingMailTranslationRef } from './translation';
