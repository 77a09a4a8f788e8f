// SPDX-License-Identifier: Apache-2.0

/** What a client proves itself with. */
export type SaslCredentials =
  | {
      readonly kind: 'password';
      readonly user: string;
      readonly password: string;
    }
  | { readonly kind: 'token'; readonly user: string; readonly token: string };

export const saslMechanisms = ['PLAIN', 'XOAUTH2', 'OAUTHBEARER'] as const;

export type SaslMechanism = (typeof saslMechanisms)[number];

/** Standard base64 with padding; Buffer would take nearly anything. */
const BASE64 =
  /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/;

/** Decodes base64 strictly. */
export function decodeBase64(text: string): string | undefined {
  if (!BASE64.test(text)) return undefined;
  return Buffer.from(text, 'base64').toString('utf8');
}

/**
 * Reads the message of a client.
 *
 * @returns `undefined` if it does not have the form of the mechanism.
 */
export function parseSasl(
  mechanism: SaslMechanism,
  message: string,
): SaslCredentials | undefined {
  switch (mechanism) {
    case 'PLAIN':
      return parsePlain(message);
    case 'XOAUTH2':
      return parseXoauth2(message);
    default:
      return parseOauthBearer(message);
  }
}

/** RFC 4616: `[authzid] NUL authcid NUL password`; nobody acts for another. */
function parsePlain(message: string): SaslCredentials | undefined {
  const [authzid, user, password, ...more] = message.split('\0');
  if (!user || password === undefined || more.length > 0) return undefined;
  if (authzid !== '' && authzid !== user) return undefined;
  return { kind: 'password', user, password };
}

/** What parts the fields of the OAuth mechanisms. */
const SEPARATOR = '\x01';

/** Google's form: `user=…`, `auth=Bearer …`, and two separators at the end. */
function parseXoauth2(message: string): SaslCredentials | undefined {
  const [userField, ...fields] = message.split(SEPARATOR);
  const token = bearerToken(fields);
  const user = /^user=(.+)$/.exec(userField)?.[1];
  return user && token ? { kind: 'token', user, token } : undefined;
}

/**
 * RFC 7628 section 3.1: a GS2 header (RFC 5801 section 4) with the user, then
 * `key=value` fields like those of XOAUTH2.
 */
function parseOauthBearer(message: string): SaslCredentials | undefined {
  const [header, ...fields] = message.split(SEPARATOR);
  const token = bearerToken(fields);
  const name = /^n,a=([^,]+),$/.exec(header)?.[1];
  const user = name?.replace(/=2C/g, ',').replace(/=3D/g, '=');
  return user && token ? { kind: 'token', user, token } : undefined;
}

/** The token among the fields, if they end as they must. */
function bearerToken(fields: readonly string[]): string | undefined {
  if (fields.at(-1) !== '' || fields.at(-2) !== '') return undefined;
  const auth = fields.find(field => /^auth=/i.test(field));
  return /^auth=Bearer ([^ ]+)$/i.exec(auth ?? '')?.[1];
}

/** The challenge that tells a client why its token is refused, in base64. */
export function tokenRefusedChallenge(mechanism: SaslMechanism): string {
  const reason =
    mechanism === 'XOAUTH2'
      ? { status: '401', schemes: 'bearer', scope: 'mail' }
      : { status: 'invalid_token', scope: 'mail' };
  return Buffer.from(JSON.stringify(reason)).toString('base64');
}
