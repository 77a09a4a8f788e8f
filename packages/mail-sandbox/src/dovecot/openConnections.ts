// SPDX-License-Identifier: Apache-2.0
import { readFile } from 'node:fs/promises';

/** Linux's tcp_states.h: nothing of these is a connection that is still held. */
const NOT_HELD = new Set(['06' /* TIME_WAIT */, '0A' /* LISTEN */]);

/**
 * How many connections the servers on these ports of this machine hold, signed
 * in or not. By the table of Linux, since Dovecot knows only of users.
 */
export async function openConnections(
  ports: readonly number[],
): Promise<number> {
  const table = await readFile('/proc/net/tcp', 'utf8');
  // `sl local_address rem_address st …`, addresses as hex with `:port`.
  const held = [...table.matchAll(/^ *\d+: \w+:(\w{4}) \S+ (\w\w) /gm)].filter(
    ([, port, state]) =>
      ports.includes(parseInt(port, 16)) && !NOT_HELD.has(state),
  );
  return held.length;
}
