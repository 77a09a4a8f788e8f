// SPDX-License-Identifier: Apache-2.0
export { Keyring } from './Keyring';
export type { KeyringKey, SecretPurpose } from './Keyring';
export { hashToken, randomToken, tokensMatch } from './randomToken';
export { open, seal } from './seal';
export { Secret } from './Secret';
