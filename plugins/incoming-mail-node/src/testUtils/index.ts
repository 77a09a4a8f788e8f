// SPDX-License-Identifier: Apache-2.0

/**
 * What the tests of custom handlers need.
 *
 * @packageDocumentation
 */

export { aMessage } from './messageBuilder';
export type { MessageBuilder } from './messageBuilder';
