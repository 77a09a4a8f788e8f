// SPDX-License-Identifier: Apache-2.0
import { z } from 'zod';

/** Longest delay a fault may cause; beyond it a test would only time out. */
const MAX_DELAY_MS = 120_000;

/**
 * The body of `PUT /api/faults`. A field that is named is set (`null` turns it
 * off), a field that is not named keeps its value. The actions happen once and
 * are not remembered.
 */
export const faultsRequestSchema = z.strictObject({
  /** Action: every live access token ends; refresh tokens go on working. */
  expireAccessTokensNow: z.literal(true).optional(),
  /** Action: every grant (of one account) ends with all of its tokens. */
  revokeGrants: z.strictObject({ account: z.string().optional() }).optional(),
  /** Action: all mailboxes of the account get a new UIDVALIDITY and new UIDs. */
  renewUidValidity: z.strictObject({ account: z.string() }).optional(),

  /** A valid refresh token is refused with this error; it is not used up. */
  refuseRefresh: z
    .enum(['invalid_grant', 'invalid_client', 'server_error', 'rate_limited'])
    .nullable()
    .optional(),
  /** **Allow** has the effect of **Deny**, as if an administrator forbade it. */
  denyConsent: z.boolean().optional(),
  /** Wait before the token endpoint does anything. */
  tokenDelayMs: z.number().int().min(0).max(MAX_DELAY_MS).optional(),
  /**
   * The token endpoint answers 200 with something that is no token reply, and
   * does not look at the request: the refresh token stays usable.
   */
  tokenReply: z.enum(['html', 'torn-json']).nullable().optional(),
  /** The code exchange gives no refresh token. */
  noRefreshToken: z.boolean().optional(),
  /** `Cross-Origin-Opener-Policy: same-origin` on the provider's pages. */
  coopHeader: z.boolean().optional(),

  /** Open IMAP connections end and new ones are closed without a greeting. */
  imapDown: z.boolean().optional(),
  /** An IMAP connection ends after the server sent this many bytes. */
  imapDropAfterBytes: z.number().int().min(0).nullable().optional(),
  /** Every login is refused as if the credentials were wrong. */
  imapRefuseLogin: z.boolean().optional(),
  /** Wait before every IMAP command. */
  imapDelayMs: z.number().int().min(0).max(MAX_DELAY_MS).optional(),
});

export type FaultsRequest = z.infer<typeof faultsRequestSchema>;

/** The faults in force; `undefined` means that the fault is off. */
export interface Faults {
  readonly refuseRefresh?: NonNullable<FaultsRequest['refuseRefresh']>;
  readonly denyConsent: boolean;
  readonly tokenDelayMs: number;
  readonly tokenReply?: NonNullable<FaultsRequest['tokenReply']>;
  readonly noRefreshToken: boolean;
  readonly coopHeader: boolean;
  readonly imapDown: boolean;
  readonly imapDropAfterBytes?: number;
  readonly imapRefuseLogin: boolean;
  readonly imapDelayMs: number;
}

const noFaults: Faults = {
  refuseRefresh: undefined,
  denyConsent: false,
  tokenDelayMs: 0,
  tokenReply: undefined,
  noRefreshToken: false,
  coopHeader: false,
  imapDown: false,
  imapDropAfterBytes: undefined,
  imapRefuseLogin: false,
  imapDelayMs: 0,
};

/** `null` says "off" in JSON; inside the sandbox absent is `undefined`. */
function offWhenNull<T>(value: T | null | undefined, before: T | undefined) {
  if (value === undefined) return before;
  return value === null ? undefined : value;
}

/** Holds the faults in force. They live in memory only: a restart heals all. */
export class FaultBoard {
  #faults = noFaults;
  readonly #listeners = new Set<(faults: Faults) => void>();

  get current(): Faults {
    return this.#faults;
  }

  /** Sets the named fields; the actions in the request are not its business. */
  set(request: FaultsRequest): void {
    const before = this.#faults;
    this.#change({
      refuseRefresh: offWhenNull(request.refuseRefresh, before.refuseRefresh),
      denyConsent: request.denyConsent ?? before.denyConsent,
      tokenDelayMs: request.tokenDelayMs ?? before.tokenDelayMs,
      tokenReply: offWhenNull(request.tokenReply, before.tokenReply),
      noRefreshToken: request.noRefreshToken ?? before.noRefreshToken,
      coopHeader: request.coopHeader ?? before.coopHeader,
      imapDown: request.imapDown ?? before.imapDown,
      imapDropAfterBytes: offWhenNull(
        request.imapDropAfterBytes,
        before.imapDropAfterBytes,
      ),
      imapRefuseLogin: request.imapRefuseLogin ?? before.imapRefuseLogin,
      imapDelayMs: request.imapDelayMs ?? before.imapDelayMs,
    });
  }

  reset(): void {
    this.#change(noFaults);
  }

  /** Calls `listener` after every change; returns how to stop that. */
  subscribe(listener: (faults: Faults) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** The reply of `GET /api/faults`: every field, `null` where one is off. */
  toJson(): Record<string, unknown> {
    return Object.fromEntries(
      Object.entries(this.#faults).map(([name, value]) => [
        name,
        value ?? null,
      ]),
    );
  }

  #change(faults: Faults): void {
    this.#faults = faults;
    for (const listener of this.#listeners) listener(faults);
  }
}
