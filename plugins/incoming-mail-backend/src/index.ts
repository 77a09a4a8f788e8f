// SPDX-License-Identifier: Apache-2.0

/**
 * Reads project mailboxes over OAuth 2.0 and turns every mail into a request
 * or a comment, exactly once.
 *
 * @packageDocumentation
 */

export { incomingMailPlugin as default } from './plugin';
