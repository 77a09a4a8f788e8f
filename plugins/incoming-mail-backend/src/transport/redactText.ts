// SPDX-License-Identifier: Apache-2.0
import { Secret, withoutSecrets } from '../secrets';

// What a server that repeats the command it did not like gives away: a token,
// or the SASL message around it in base64. No word of a message is as long.
const LONG_RUN = /[\w+/=.~-]{60,}/g;

/** A server's words without the secret that was sent to it, in any form. */
export function redactText(text: string, secret: string | undefined): string {
  if (secret === undefined) {
    return text.replace(LONG_RUN, '[…]');
  }
  // Long runs go as a whole, unless they are the secret itself; what is left
  // are short ones that hold it in another form.
  const shortened = text
    .split(secret)
    .join('[secret]')
    .replace(LONG_RUN, '[…]');
  return withoutSecrets(shortened, [new Secret(secret)]);
}
