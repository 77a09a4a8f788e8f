// SPDX-License-Identifier: Apache-2.0
import { z } from 'zod';
import { MAIL_SCOPE } from './scopes';

/** How a resource server proves who it is when it asks about a token. */
export interface IntrospectionCredentials {
  readonly clientId: string;
  readonly clientSecret: string;
}

/** What the provider said about a token. */
export type TokenVerdict = 'accepted' | 'refused' | 'unavailable';

/** Judges an access token for a mailbox. */
export type TokenCheck = (
  token: string,
  account: string,
) => Promise<TokenVerdict>;

/** The introspection reply (RFC 7662 section 2.2) as far as it is used. */
const replySchema = z.object({
  active: z.boolean(),
  sub: z.string().optional(),
  scope: z.string().optional(),
  client_id: z.string().optional(),
});

const DEADLINE_MS = 10_000;

/**
 * Makes the check that the IMAP server puts to every bearer token: the
 * provider's own introspection endpoint, over HTTP, each time anew. Nothing is
 * remembered, so a revoked token is refused with the next login.
 */
export function createTokenCheck(options: {
  readonly endpoint: string;
  readonly credentials: IntrospectionCredentials;
  /** Whether an application may open a mailbox by a token of its own. */
  readonly opens: (clientId: string, account: string) => boolean;
}): TokenCheck {
  const { clientId, clientSecret } = options.credentials;
  const basic = Buffer.from(`${clientId}:${clientSecret}`).toString('base64');

  return async (token, account) => {
    const response = await fetch(options.endpoint, {
      method: 'POST',
      headers: { authorization: `Basic ${basic}` },
      body: new URLSearchParams({ token }),
      signal: AbortSignal.timeout(DEADLINE_MS),
    }).catch(() => undefined);
    if (!response?.ok) return 'unavailable';
    const reply = replySchema.safeParse(await response.json());
    if (!reply.success) return 'unavailable';
    const { active, sub, scope = '', client_id: holder } = reply.data;
    const isTheirs =
      sub === account ||
      // A token of the application itself has no subject.
      (sub === undefined &&
        holder !== undefined &&
        options.opens(holder, account));
    const good = active && isTheirs && scope.split(' ').includes(MAIL_SCOPE);
    return good ? 'accepted' : 'refused';
  };
}
