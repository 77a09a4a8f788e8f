// SPDX-License-Identifier: Apache-2.0

const DAY_MS = 86_400_000;

/** What is kept how long, in milliseconds. Mail and requests are not removed. */
export const retentionPolicy = {
  /** After a consent ran out; it is of no use to anyone then. */
  consents: DAY_MS,
  /** So that whoever opens one late is told that it has run out. */
  links: 30 * DAY_MS,
  /** With the grant or password that they were given. */
  drafts: DAY_MS,
  /** Long enough to see what happened last quarter. */
  journal: 90 * DAY_MS,
  /** Longer than any server asks for patience. */
  gates: 30 * DAY_MS,
  /** Longer than a mailbox stands still unnoticed: what was told is not told again. */
  notices: 365 * DAY_MS,
} as const;
