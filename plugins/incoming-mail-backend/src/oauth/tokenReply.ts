// SPDX-License-Identifier: Apache-2.0

const MAX_RETRY_AFTER_MS = 3_600_000;

/** What a token endpoint sent, whatever it is. */
export interface TokenReply {
  readonly status: number;
  /** How long it asks to be left alone, at most an hour. */
  readonly retryAfterMs?: number;
  readonly body: string;
}

/** Reads a reply to its end. */
export async function readReply(response: Response): Promise<TokenReply> {
  return {
    status: response.status,
    retryAfterMs: readRetryAfter(response.headers),
    body: await response.text(),
  };
}

/**
 * RFC 9110 section 10.2.3: seconds or a date, which is compared with the
 * server's own.
 */
function readRetryAfter(headers: Headers): number | undefined {
  const value = headers.get('retry-after') ?? '';
  const ms = /^\d{1,9}$/.test(value)
    ? Number(value) * 1_000
    : Date.parse(value) - Date.parse(headers.get('date') ?? '');
  return Number.isFinite(ms) && ms > 0
    ? Math.min(ms, MAX_RETRY_AFTER_MS)
    : undefined;
}

// The Fetch standard forbids a body with these.
const STATUS_WITHOUT_BODY = new Set([204, 205, 304]);

/**
 * The reply for oauth4webapi. Other headers are left out: a challenge in
 * WWW-Authenticate, which comes with `invalid_client`, would be reported in
 * place of the body's error. JSON is taken for JSON whatever it is labelled,
 * and members that are null, which some send for "none", are left out.
 */
export function toResponse(
  reply: TokenReply,
  options: { withIdToken: boolean },
): Response {
  const { status, body } = reply;
  if (STATUS_WITHOUT_BODY.has(status)) {
    return new Response(null, { status });
  }
  const members = parseObject(body);
  if (!members) {
    return new Response(body, { status });
  }
  const { id_token: idToken, ...others } = withoutNonsense(members);
  return Response.json(
    options.withIdToken ? { ...others, id_token: idToken } : others,
    { status },
  );
}

/**
 * Leaves out what may be absent and is not what it should be. With this answer
 * a rotating provider has forgotten the former refresh token: refusing the new
 * one because of a life that makes no sense would lose the grant.
 */
function withoutNonsense(
  members: Record<string, unknown>,
): Record<string, unknown> {
  const {
    expires_in: expiresIn,
    scope,
    refresh_token: refreshToken,
    ...rest
  } = members;
  const seconds =
    typeof expiresIn === 'string' ? parseFloat(expiresIn) : expiresIn;
  return {
    ...rest,
    ...(Number.isFinite(seconds) &&
      Number(seconds) >= 0 && { expires_in: seconds }),
    ...(typeof scope === 'string' && { scope }),
    ...(typeof refreshToken === 'string' &&
      refreshToken !== '' && { refresh_token: refreshToken }),
  };
}

/** The members of a JSON object; undefined for whatever else was sent. */
export function parseObject(body: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(body, (key, member) =>
      key !== '' && member === null ? undefined : member,
    );
    return isObject(value) ? value : undefined;
  } catch {
    // Not JSON, such as a proxy's page; oauth4webapi says what it misses.
    return undefined;
  }
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
