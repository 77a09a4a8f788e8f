// SPDX-License-Identifier: Apache-2.0
import { flag, oneOf } from './faultFields';

/** What IMAP and POP3 can do wrong alike. */
export const mailFaults = {
  /**
   * Refused logins end as at Microsoft: with its words, without a response
   * code and without the challenge that tells why a token is refused.
   */
  loginRefusal: oneOf('microsoft'),
  /**
   * The certificate that new TLS connections get: one that is over, one for
   * another name, or one of an authority that nobody knows.
   */
  tlsCertificate: oneOf('expired', 'wrong-name', 'unknown-authority'),
  /** The server does not answer the TLS handshake. */
  tlsSilent: flag,
};
