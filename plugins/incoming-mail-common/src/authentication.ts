// SPDX-License-Identifier: Apache-2.0
import { z } from 'zod';

// Neither may hold a control character: a line of POP3 and IMAP would end
// there, and NUL separates the fields of SASL PLAIN (RFC 4616 section 2).
// eslint-disable-next-line no-control-regex
const printable = /^[^\x00-\x1f\x7f]+$/;

/** The name that a password is sent with. @public */
export const userNameSchema = z
  .string()
  .trim()
  .min(1, 'is required')
  .max(254)
  .regex(printable, 'holds control characters');

/** A password of a mailbox. Write-only: no reply ever holds it. @public */
export const mailboxPasswordSchema = z
  .string()
  .min(1, 'is required')
  .max(1024)
  .regex(printable, 'holds control characters');

const oauth = z.strictObject({
  method: z.literal('oauth'),
  integrationId: z.uuid(),
});

/**
 * How a mailbox is to be signed in to.
 *
 * An absent `password` keeps the stored one. It is required where there is
 * none, and has to be entered again when the server or the user name changes,
 * so that it is never sent to a new place unasked.
 *
 * @public
 */
export const authenticationSchema = z.discriminatedUnion('method', [
  oauth,
  z.strictObject({
    method: z.literal('password'),
    /** Absent: the address. */
    userName: userNameSchema.optional(),
    password: mailboxPasswordSchema.optional(),
  }),
]);

/** See {@link authenticationSchema}. @public */
export type Authentication = z.infer<typeof authenticationSchema>;

/**
 * How a mailbox is signed in to, as replies tell it.
 *
 * @public
 */
export const storedAuthenticationSchema = z.discriminatedUnion('method', [
  oauth,
  z.strictObject({
    method: z.literal('password'),
    userName: userNameSchema.optional(),
    passwordSet: z.boolean(),
    passwordUpdatedAt: z.iso.datetime().optional(),
  }),
]);

/** See {@link storedAuthenticationSchema}. @public */
export type StoredAuthentication = z.infer<typeof storedAuthenticationSchema>;
