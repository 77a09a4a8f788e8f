// SPDX-License-Identifier: Apache-2.0
import { isIP, Socket } from 'node:net';
import Pop3Client from 'node-pop3';
import { PinnedAddress, trustedAuthorities } from '../../egress';
import { ConnectOptions } from '../ConnectOptions';

/**
 * Has node-pop3 connect, and takes its socket over: the only file that knows
 * the library.
 *
 * What it does after the greeting cannot be used. Its reader takes the edges of
 * TCP segments for those of replies (a segment that is `.` ends a mail), waits
 * for ever for a server that stops in the middle, and throws errors that hold
 * the command, so a token, out of its event loop where nobody can catch them.
 * Measured with 0.11.0 on scripted servers: 5 of 23 behaviours right.
 *
 * So: its errors have a listener from the start; everything that comes is read
 * by us from the first byte on, as the greeting may come in pieces too; and its
 * own reader goes as soon as it has seen the greeting begin. It then holds no
 * credentials and is told of no command.
 *
 * @returns a socket that is being connected, on which nothing was read yet;
 *   what becomes of it is told by its events
 */
export function openPop3Socket(
  { server, ca, onStage }: Pick<ConnectOptions, 'server' | 'ca' | 'onStage'>,
  { address }: PinnedAddress,
): Socket {
  const isTls = server.security === 'tls';
  const client = new Pop3Client({
    user: '',
    password: '',
    // The very address that was judged; the certificate is for the host's name.
    host: address,
    port: server.port,
    tls: isTls,
    tlsOptions: {
      // As Node's `tls.connect` takes them, which is where they go.
      ...{ servername: isIP(server.host) ? '' : server.host },
      minVersion: 'TLSv1.2',
      ca: trustedAuthorities(ca),
    },
  });
  // A greeting with -ERR is emitted, and would end the process.
  client.on('error', () => {});
  const connected = client.connect();
  const socket = client._socket!;
  const itsReaders = socket.listeners('data') as Array<(c: Buffer) => void>;
  const takeOver = () =>
    itsReaders.forEach(reader => socket.off('data', reader));
  connected.then(takeOver, takeOver);
  socket.once('connect', () => onStage?.('connected'));
  socket.once('secureConnect', () => onStage?.('secured'));
  return socket;
}
