// SPDX-License-Identifier: Apache-2.0
import { generateKeyPairSync, randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { z } from 'zod';
import { readStateFile } from '../disk/readStateFile';
import { writeFileAtomically } from '../disk/writeFileAtomically';

const keysSchema = z.object({
  version: z.literal(1),
  /** A JWK set with private keys; signs id tokens. */
  jwks: z.object({ keys: z.array(z.record(z.string(), z.unknown())).min(1) }),
  /** Signs the provider's cookies. */
  cookieKeys: z.array(z.string().min(32)).min(1),
});

export type ProviderKeys = z.infer<typeof keysSchema>;

function makeProviderKeys(): ProviderKeys {
  // RS256 is what every OpenID client takes without being told.
  const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  const jwk = { ...privateKey.export({ format: 'jwk' }) };
  return {
    version: 1,
    jwks: { keys: [{ ...jwk, use: 'sig', alg: 'RS256' }] },
    cookieKeys: [randomBytes(32).toString('base64url')],
  };
}

/** Reads the provider's keys from the state folder; makes them the first time. */
export function loadProviderKeys(stateDir: string | undefined): ProviderKeys {
  if (!stateDir) return makeProviderKeys();
  const path = join(stateDir, 'keys.json');
  const known = readStateFile(path, keysSchema);
  if (known) return known;
  const keys = makeProviderKeys();
  writeFileAtomically(path, JSON.stringify(keys));
  return keys;
}
