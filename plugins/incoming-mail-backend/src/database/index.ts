// SPDX-License-Identifier: Apache-2.0
export { holdName, isUniqueViolation, rowsOfRaw } from './dialect';
export { insertRows } from './insertRows';
export { fromJson } from './json';
export {
  addLease,
  claimDue,
  holdLease,
  LeaseLostError,
  releaseLease,
  removeLeases,
  renewLease,
  revokeLease,
  scheduleWork,
} from './leases';
export type { LeaseKind, LeaseTicket } from './leases';
export { workWithLease } from './workWithLease';
export { migrationsDirectory, openDatabase } from './migrations';
export { readPage } from './pages';
export * from './tables';
export {
  dbNow,
  dbNowPlus,
  fromDbTime,
  fromDbTimeToIso,
  readDbNow,
} from './time';
export { toSafeError } from './toSafeError';
export {
  inRolledBackTransaction,
  inSavepoint,
  inTransaction,
} from './transaction';
export type { Db, Tx } from './transaction';
