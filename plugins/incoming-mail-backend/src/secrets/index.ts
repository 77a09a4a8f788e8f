// SPDX-License-Identifier: Apache-2.0
export { Keyring } from './Keyring';
export type { KeyringKey, SecretPurpose } from './Keyring';
export { hashToken, randomToken, tokensMatch } from './randomToken';
export { kidOf, open, seal, sealedPrefixOf } from './seal';
export { Secret } from './Secret';
export { withoutSecrets } from './withoutSecrets';
