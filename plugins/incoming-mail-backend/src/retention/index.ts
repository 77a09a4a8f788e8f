// SPDX-License-Identifier: Apache-2.0
export { Janitor } from './Janitor';
export type { RetentionRule } from './Janitor';
export { retentionPolicy } from './retentionPolicy';
export type { RetentionPeriods } from './retentionPolicy';
