// SPDX-License-Identifier: Apache-2.0

/**
 * What the tests of custom handlers and providers need. The contracts are
 * suites for jest, whose globals they use.
 *
 * @packageDocumentation
 */

export { mailHandlerContract } from './mailHandlerContract';
export type { MailHandlerContractOptions } from './mailHandlerContract';
export { aMessage } from './messageBuilder';
export type { MessageBuilder } from './messageBuilder';
export { oauthProviderContract } from './oauthProviderContract';
export type { OAuthProviderContractOptions } from './oauthProviderContract';
