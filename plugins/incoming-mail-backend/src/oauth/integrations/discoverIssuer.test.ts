// SPDX-License-Identifier: Apache-2.0
import {
  createServer,
  IncomingMessage,
  Server,
  ServerResponse,
} from 'node:http';
import { AddressInfo } from 'node:net';
import { Sandbox, startSandbox } from '@postroom/mail-sandbox';
import { discoveredIssuerSchema } from '@postroom/plugin-incoming-mail-common';
import { createGuardedFetch, createHostPolicy } from '../../egress';
import { DiscoveryDeps, discoverIssuer } from './discoverIssuer';

jest.setTimeout(60_000);

const OIDC = '/.well-known/openid-configuration';
const OAUTH2 = '/.well-known/oauth-authorization-server';

const deps = (
  options: { allowPrivate?: string[]; allowHttpLoopback?: boolean } = {},
): DiscoveryDeps => {
  const { allowPrivate = ['127.0.0.0/8', '::1'], allowHttpLoopback = true } =
    options;
  return {
    fetch: createGuardedFetch({
      policy: createHostPolicy({ allowPrivate }),
      timeoutMs: 2_000,
    }),
    allowHttpLoopback,
  };
};

describe('discoverIssuer', () => {
  let server: Server;
  let origin: string;
  let paths: string[];
  let answer: (request: IncomingMessage, response: ServerResponse) => void;

  beforeEach(async () => {
    paths = [];
    server = createServer((request, response) => {
      paths.push(request.url ?? '');
      answer(request, response);
    });
    await new Promise<void>(resolve => {
      server.listen(0, '127.0.0.1', resolve);
    });
    const { port } = server.address() as AddressInfo;
    origin = `http://127.0.0.1:${port}`;
  });

  afterEach(async () => {
    server.closeAllConnections();
    await new Promise(resolve => {
      server.close(resolve);
    });
  });

  const json = (response: ServerResponse, body: unknown, status = 200) =>
    response
      .writeHead(status, { 'content-type': 'application/json' })
      .end(typeof body === 'string' ? body : JSON.stringify(body));

  const aDocument = (changes: object = {}) => ({
    issuer: origin,
    authorization_endpoint: `${origin}/authorize`,
    token_endpoint: `${origin}/token`,
    ...changes,
  });

  const serve = (changes: object, at = OIDC) => {
    answer = (request, response) =>
      request.url === at
        ? json(response, aDocument(changes))
        : json(response, {}, 404);
  };

  const discover = async (
    issuer = origin,
    options?: Parameters<typeof deps>[0],
  ) => {
    const found = await discoverIssuer(issuer, deps(options));
    expect(discoveredIssuerSchema.safeParse(found).success).toBe(true);
    return found;
  };

  const expectRefusal = async (
    message: RegExp,
    issuer?: string,
    options?: Parameters<typeof deps>[0],
  ) => {
    const error = await discover(issuer, options).catch(caught => caught);
    expect(error).toMatchObject({
      name: 'InputError',
      fields: [
        { path: 'body.issuer', message: expect.stringMatching(message) },
      ],
    });
  };

  it('S18: reads what a real provider says of itself', async () => {
    const sandbox: Sandbox = await startSandbox({ httpPort: 0, imapPort: 0 });
    try {
      const found = await discover(sandbox.issuer);
      expect(found).toMatchObject({
        issuer: sandbox.issuer,
        authorizationEndpoint: `${sandbox.issuer}/auth`,
        tokenEndpoint: `${sandbox.issuer}/token`,
        scopesSupported: expect.arrayContaining(['openid', 'offline_access']),
        clientAuthenticationMethods: expect.arrayContaining([
          'client_secret_basic',
        ]),
      });
    } finally {
      await sandbox.close();
    }
  });

  it.each([
    [true, true],
    [false, false],
    ['true', false],
    [null, false],
  ])('T4: takes a declared iss over: %j is %s', async (told, issDeclared) => {
    serve({ authorization_response_iss_parameter_supported: told });
    expect(await discover()).toMatchObject({ issDeclared });
  });

  it('S18: takes the document of RFC 8414 where there is none of OpenID Connect', async () => {
    serve({ issuer: `${origin}/tenant` }, `${OAUTH2}/tenant`);
    expect(await discover(`${origin}/tenant`)).toEqual({
      issuer: `${origin}/tenant`,
      authorizationEndpoint: `${origin}/authorize`,
      tokenEndpoint: `${origin}/token`,
      revocationEndpoint: undefined,
      scopesSupported: [],
      clientAuthenticationMethods: ['client_secret_basic'],
      issDeclared: false,
    });
    expect(paths).toEqual([`/tenant${OIDC}`, `${OAUTH2}/tenant`]);

    // A page for whatever is asked for is no document either.
    answer = (request, response) =>
      request.url?.startsWith(OAUTH2)
        ? json(response, aDocument())
        : response.end('<title>Welcome</title>');
    expect((await discover()).tokenEndpoint).toBe(`${origin}/token`);
  });

  it.each([
    ['another issuer', 'https://evil.test', /another issuer.*evil\.test/],
    ['an issuer below it', 'ORIGIN/other', /another issuer/],
    ['no issuer', undefined, /no discovery document/],
    ['an issuer that is no address', 'nonsense', /no discovery document/],
    ['an issuer that is not text', 7, /no discovery document/],
  ])('T5: refuses a document of %s', async (_title, issuer, message) => {
    serve({
      issuer:
        typeof issuer === 'string' ? issuer.replace('ORIGIN', origin) : issuer,
    });
    await expectRefusal(message);
  });

  it('T5: takes the same issuer with a slash at its end for the same', async () => {
    serve({ issuer: `${origin}/` });
    expect((await discover()).issuer).toBe(`${origin}/`);
  });

  it('T5: explains that Microsoft’s common names no issuer', async () => {
    serve(
      { issuer: 'https://login.microsoftonline.com/{tenantid}/v2.0' },
      `/common/v2.0${OIDC}`,
    );
    await expectRefusal(/tenant’s ID/, `${origin}/common/v2.0`);
  });

  it.each([
    [{ authorization_endpoint: undefined }, /names no authorization endpoint/],
    [{ token_endpoint: undefined }, /names no token endpoint/],
    [{ token_endpoint: null }, /names no token endpoint/],
    [{ token_endpoint: ['x'] }, /names no token endpoint/],
    [{ token_endpoint: 'nonsense' }, /token endpoint that is not an address/],
    [
      { token_endpoint: `https://a.test/${'x'.repeat(3_000)}` },
      /token endpoint that is not an address/,
    ],
    [{ token_endpoint: 'http://provider.test/token' }, /not https/],
    [{ authorization_endpoint: 'http://10.0.0.1/a' }, /not https/],
    [{ authorization_endpoint: 'javascript:alert(1)' }, /not https/],
    [{ authorization_endpoint: 'file:///etc/passwd' }, /not https/],
    [{ revocation_endpoint: 'http://provider.test/revoke' }, /not https/],
    [{ token_endpoint: 'https://me:pw@a.test/t' }, /fragment or a user name/],
    [{ token_endpoint: 'https://a.test/t#f' }, /fragment or a user name/],
  ])('T5: refuses a document with %j', async (changes, message) => {
    serve(changes);
    await expectRefusal(message);
  });

  it('T5: takes http for this very machine only in development', async () => {
    serve({});
    await expectRefusal(/must be https/, origin, { allowHttpLoopback: false });
    await expectRefusal(/must be https/, 'http://provider.test');
    expect(paths).toEqual([]);
    await discover();
    expect(paths).toEqual([OIDC]);
  });

  it('refuses an issuer that RFC 8414 does not allow', async () => {
    serve({});
    for (const issuer of [`${origin}?a=b`, `${origin}/#f`]) {
      await expectRefusal(/query, a fragment/, issuer);
    }
    await expectRefusal(/user name/, origin.replace('//', '//me:pw@'));
    expect(paths).toEqual([]);
  });

  it('T25: does not ask a host that the guard refuses', async () => {
    serve({});
    await expectRefusal(/may not be reached.*allowPrivate/, origin, {
      allowPrivate: [],
    });
    expect(paths).toEqual([]);
  });

  it('T27: follows no redirect', async () => {
    answer = (_request, response) =>
      response.writeHead(302, { location: `${origin}/elsewhere` }).end();
    await expectRefusal(/redirect \(HTTP 302\)/);
    expect(paths).toEqual([OIDC]);
  });

  it('reads no more of a document than one can be long', async () => {
    answer = (_request, response) => {
      response.writeHead(200, { 'content-type': 'application/json' });
      const more = () => {
        while (response.write('[1,2,3,4,5,6,7,8,9],'.repeat(500))) {
          // Until the other side is slower.
        }
        response.once('drain', more);
      };
      more();
    };
    await expectRefusal(/more than 65536 bytes/);
  });

  it.each([
    ['cuts the connection', (request: IncomingMessage) => request.destroy()],
    ['says nothing', () => {}],
  ])('tells a server that %s', async (_title, behave) => {
    answer = behave;
    await expectRefusal(/did not answer/);
  });

  it.each([
    ['404', 404, '{}'],
    ['an error of the server', 500, 'oops'],
    ['torn JSON', 200, '{"issuer":"htt'],
    ['an array', 200, '[]'],
    ['null', 200, 'null'],
  ])('tells that there is no document: %s', async (_title, status, body) => {
    answer = (_request, response) => json(response, body, status);
    await expectRefusal(/Enter the endpoints by hand/);
    expect(paths).toEqual([OIDC, OAUTH2]);
  });

  it('takes lists as far as they are good, and no further than their bound', async () => {
    const many = Array.from({ length: 300 }, (_, n) => `scope-${n}`);
    serve({
      scopes_supported: ['with space', 7, null, '"', 'x'.repeat(501), ...many],
      token_endpoint_auth_methods_supported: ['none', '<b>', ...many],
    });
    const found = await discover();
    expect(found.scopesSupported).toHaveLength(100);
    expect(found.scopesSupported[0]).toBe('scope-0');
    expect(found.clientAuthenticationMethods).toEqual(['none']);
    serve({ scopes_supported: 'mail' });
    expect((await discover()).scopesSupported).toEqual([]);
  });
});
