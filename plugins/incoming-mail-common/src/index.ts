// SPDX-License-Identifier: Apache-2.0

/**
 * Nouns, schemas, endpoints, permissions and failures that the front end and
 * the back end of the incoming-mail plugin share.
 *
 * @packageDocumentation
 */

export * from './afterStoring';
export * from './api';
export * from './authentication';
export * from './authorizationParameters';
export * from './checks';
export * from './consentEndings';
export * from './consentLinks';
export * from './consents';
export * from './discovery';
export * from './failures';
export * from './folderList';
export * from './folders';
export * from './handlers';
export * from './handlerSettings';
export * from './health';
export * from './imports';
export * from './integrations';
export * from './journal';
export * from './lintIntegration';
export * from './mailboxes';
export * from './mailPresets';
export * from './mailServers';
export * from './messages';
export * from './microsoftIssuer';
export * from './permissions';
export * from './providerDescriptions';
export * from './providers';
export * from './requestDefaults';
export * from './requests';
export * from './vault';
