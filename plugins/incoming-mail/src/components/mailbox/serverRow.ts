// SPDX-License-Identifier: Apache-2.0
import { MailHost, usualPort } from '@postroom/plugin-incoming-mail-common';

/** A server as it is typed. */
export interface ServerRow {
  readonly protocol: MailHost['protocol'];
  readonly host: string;
  readonly port: string;
  readonly security: MailHost['security'];
}

/** The row of a server that is known. */
export function toServerRow(server: MailHost): ServerRow {
  return { ...server, port: String(server.port) };
}

/** What the row amounts to; a port that is no number is `NaN`, for a schema to refuse. */
export function fromServerRow(row: ServerRow): MailHost {
  const { protocol, host, port, security } = row;
  return {
    protocol,
    host: host.trim().toLowerCase(),
    port: /^\d{1,5}$/.test(port.trim()) ? Number(port) : Number.NaN,
    security,
  };
}

/**
 * The row after a change. A port that is the usual one follows the protocol
 * and the security; POP3 has no STARTTLS here (RFC 2595 section 4 is not
 * spoken), so that falls back to TLS.
 */
export function withServerChange<R extends ServerRow>(
  row: R,
  change: Partial<ServerRow>,
): R {
  const next = { ...row, ...change };
  const security =
    next.protocol === 'pop3' && next.security === 'starttls'
      ? 'tls'
      : next.security;
  const portWasUsual =
    row.port === String(usualPort(row.protocol, row.security));
  const port =
    portWasUsual && change.port === undefined
      ? String(usualPort(next.protocol, security))
      : next.port;
  return { ...next, security, port };
}

/** Tells one server from another, as the value of a choice. */
export function serverKey(server: MailHost): string {
  return `${server.protocol}://${server.host}:${server.port}/${server.security}`;
}
