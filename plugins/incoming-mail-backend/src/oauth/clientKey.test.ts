// SPDX-License-Identifier: Apache-2.0
import { createHash, createPublicKey, X509Certificate } from 'node:crypto';
import { CreateIntegration } from '@postroom/plugin-incoming-mail-common';
import { jwtVerify } from 'jose';
import { selfSignedCertificate } from '../__testUtils__/selfSignedCertificate';
import { anIntegrationRecord } from './__testUtils__/integrationRecord';
import { ScriptedTokenServer } from './__testUtils__/ScriptedTokenServer';
import { assertionAuthentication } from './clientKey';
import { RevocationEndpoint } from './revocationEndpoint';
import { TokenEndpoint } from './tokenEndpoint';

const rsa = selfSignedCertificate({ name: 'a', rsaBits: 2_048 });
const ec = selfSignedCertificate({ name: 'b' });
const MICROSOFT =
  'https://login.microsoftonline.com/corp.test/oauth2/v2.0/token';
const ISSUER = 'https://id.corp.test';
const TYPE = 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer';

function aSigner(changes: Partial<CreateIntegration>) {
  return anIntegrationRecord({
    clientAuthentication: 'private_key_jwt',
    clientSecret: undefined,
    clientKey: { privateKey: rsa.key },
    ...changes,
  });
}

/** What stands in the assertion that is sent, its signature verified. */
async function assertionOf(changes: Partial<CreateIntegration>, cert: string) {
  const integration = aSigner(changes);
  const key = await integration.openClientKey();
  const body = new URLSearchParams();
  await assertionAuthentication(key!)(
    { issuer: 'https://elsewhere.test' },
    { client_id: 'portal' },
    body,
    new Headers(),
  );
  expect(body.get('client_assertion_type')).toBe(TYPE);
  const { payload, protectedHeader } = await jwtVerify(
    body.get('client_assertion')!,
    createPublicKey(cert),
    { maxTokenAge: 120 },
  );
  return { payload, header: protectedHeader };
}

describe('assertionAuthentication', () => {
  it('signs for Microsoft as it documents: PS256, x5t#S256, the token endpoint', async () => {
    const { payload, header } = await assertionOf(
      {
        provider: 'microsoft',
        issuer: ISSUER,
        tokenEndpoint: MICROSOFT,
        clientKey: { privateKey: rsa.key, certificate: rsa.cert },
      },
      rsa.cert,
    );
    const thumbprint = createHash('sha256')
      .update(new X509Certificate(rsa.cert).raw)
      .digest('base64url');
    expect(header).toEqual({ alg: 'PS256', 'x5t#S256': thumbprint });
    expect(payload).toMatchObject({
      aud: MICROSOFT,
      iss: 'portal',
      sub: 'portal',
    });
    const { iat = 0, nbf = 0, exp = 0 } = payload;
    expect(exp - iat).toBe(300);
    expect(iat - nbf).toBe(60);
  });

  it.each([
    ['RS256', { issuer: ISSUER }, rsa, ISSUER],
    ['ES256', { issuer: ISSUER, clientKeyId: 'key-1' }, ec, ISSUER],
    // RFC 7523 section 3, where no issuer is known.
    ['RS256', {}, rsa, 'https://provider.test/token'],
  ])('signs for others with %s: %j', async (alg, settings, own, audience) => {
    const { payload, header } = await assertionOf(
      { ...settings, clientKey: { privateKey: own.key } },
      own.cert,
    );
    expect(header).toEqual({
      alg,
      ...('clientKeyId' in settings && { kid: settings.clientKeyId }),
    });
    expect(payload.aud).toBe(audience);
  });

  it('makes each assertion good for one use', async () => {
    const first = await assertionOf({}, rsa.cert);
    const second = await assertionOf({}, rsa.cert);
    expect(first.payload.jti).not.toBe(second.payload.jti);
    expect(String(first.payload.jti).length).toBeGreaterThan(20);
  });

  it('goes with every request of a client that signs, and no secret does', async () => {
    const server = await ScriptedTokenServer.start();
    try {
      server.answer(() => ({
        body: { access_token: 'a', refresh_token: 'b', token_type: 'Bearer' },
      }));
      const options = { fetch, allowHttpLoopback: true };
      const integration = aSigner({ tokenEndpoint: server.url });
      const { clientId } = integration.settings;
      const endpoint = new TokenEndpoint(options);
      await endpoint.requestForApplication(integration);
      await endpoint.probe(integration, {
        redirectUri: 'https://portal.test',
        as: 'client',
        signal: AbortSignal.timeout(10_000),
      });
      await new RevocationEndpoint(options).revoke({
        endpoint: server.url,
        clientId: clientId!,
        clientAuthentication: 'private_key_jwt',
        clientKey: await integration.openClientKey(),
        token: (await endpoint.requestForApplication(integration)).accessToken,
      });
      expect(server.requests).toHaveLength(4);
      for (const { parameters, authorization } of server.requests) {
        expect(parameters.get('client_assertion_type')).toBe(TYPE);
        expect(parameters.get('client_id')).toBe('portal');
        expect(authorization).toBeUndefined();
        expect(parameters.get('client_secret')).toBeNull();
        expect(parameters.toString()).not.toContain('PRIVATE');
      }
    } finally {
      await server.close();
    }
  });
});
