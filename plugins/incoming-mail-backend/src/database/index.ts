// SPDX-License-Identifier: Apache-2.0
export {
  forUpdate,
  holdName,
  isOutage,
  isUniqueViolation,
  limitStatements,
  rowsOfRaw,
} from './dialect';
export { insertRows, ROWS_PER_STATEMENT } from './insertRows';
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
  whileHeld,
} from './leases';
export type { LeaseKind, LeaseTicket } from './leases';
export {
  countKept,
  findDueKept,
  freeAbandoned,
  keepLease,
  letAllGo,
  letGo,
  renewKept,
  resumeKept,
} from './keptLeases';
export { announceReplica, countShares, withdrawReplica } from './replicas';
export { workWithLease } from './workWithLease';
export { migrationsDirectory, openDatabase } from './migrations';
export { readPage } from './pages';
export { rowsByKeys } from './rowsByKeys';
export { timeOrderedId } from './timeOrderedId';
export * from './tables';
export {
  dbNow,
  dbNowOnce,
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
