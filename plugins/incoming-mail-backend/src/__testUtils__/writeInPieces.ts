// SPDX-License-Identifier: Apache-2.0
import { Socket } from 'node:net';

/** Cuts what is sent into the pieces that it arrives in. */
export type Cut = (data: Buffer) => Buffer[];

/** Every byte for itself. */
export const everyByte: Cut = data =>
  Array.from(data, (_, at) => data.subarray(at, at + 1));

/** In one piece up to each of the positions, as far as there are bytes. */
export const cutAt =
  (...positions: number[]): Cut =>
  data => {
    const edges = [0, ...positions, data.length].map(at =>
      Math.min(at, data.length),
    );
    return edges
      .slice(1)
      .map((to, index) => data.subarray(edges[index], to))
      .filter(piece => piece.length > 0);
  };

const queues = new WeakMap<Socket, Promise<void>>();

/**
 * Sends bytes in pieces, each after a turn of the event loop, so that the
 * other side reads them one by one. What is sent on a socket stays in order.
 */
export function writeInPieces(socket: Socket, data: Buffer, cut?: Cut): void {
  if (!cut) {
    if (socket.writable) {
      socket.write(data);
    }
    return;
  }
  const before = queues.get(socket) ?? Promise.resolve();
  const sending = before.then(async () => {
    for (const piece of cut(data)) {
      if (socket.writable) {
        socket.write(piece);
      }
      await new Promise(resolve => setImmediate(resolve));
    }
  });
  queues.set(socket, sending);
}

/** Ends a connection when everything has been sent. */
export function endAfterPieces(socket: Socket): void {
  void (queues.get(socket) ?? Promise.resolve()).then(() => socket.end());
}
