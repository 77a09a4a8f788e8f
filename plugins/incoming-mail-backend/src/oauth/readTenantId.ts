// SPDX-License-Identifier: Apache-2.0
import { z } from 'zod';
import { parseObject, TokenReply } from './tokenReply';

const tenantSchema = z.object({ tid: z.guid() });

/**
 * The tenant that the ID token of a reply names, read before anything of the
 * token is believed: it only tells which issuer the token then has to be of.
 * Undefined where there is none.
 */
export function readTenantId(reply: TokenReply): string | undefined {
  const idToken = parseObject(reply.body)?.id_token;
  if (typeof idToken !== 'string') {
    return undefined;
  }
  const [, payload = ''] = idToken.split('.');
  const claims = parseObject(Buffer.from(payload, 'base64url').toString());
  return tenantSchema.safeParse(claims).data?.tid;
}
