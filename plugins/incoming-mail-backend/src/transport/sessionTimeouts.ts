// SPDX-License-Identifier: Apache-2.0

/** How long what may take, in milliseconds. */
export interface SessionTimeouts {
  /** TCP and TLS. */
  readonly connectMs: number;
  readonly greetingMs: number;
  /** Everything up to being signed in. */
  readonly signInMs: number;
  /** Without a byte from the server. */
  readonly inactivityMs: number;
  /** One command, without the time that its mail takes. */
  readonly commandMs: number;
  /** Opening a folder again, over a connection that was kept open. */
  readonly reopenMs: number;
  /**
   * For how long the server is listened to before it is asked again to tell
   * of news, give or take 28 % so that connections do not ask together. Servers
   * and routers end what is silent for longer, some after ten minutes.
   */
  readonly idleMs: number;
  readonly signOutMs: number;
}

export const defaultTimeouts: SessionTimeouts = {
  connectMs: 15_000,
  greetingMs: 10_000,
  signInMs: 45_000,
  inactivityMs: 60_000,
  commandMs: 60_000,
  reopenMs: 15_000,
  idleMs: 7 * 60_000,
  signOutMs: 2_000,
};

// Slower than this nobody's mail is read.
const SLOWEST_BYTES_PER_MS = 64;

/** How long a command that fetches so many bytes may take altogether. */
export function fetchTimeoutMs(
  { commandMs }: SessionTimeouts,
  bytes: number,
): number {
  return commandMs + bytes / SLOWEST_BYTES_PER_MS;
}
