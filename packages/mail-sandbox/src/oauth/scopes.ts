// SPDX-License-Identifier: Apache-2.0

/** The scope that opens a mailbox. */
export const MAIL_SCOPE = 'mail';

/** Every scope of the provider with what the consent page says about it. */
export const scopeMeanings: ReadonlyMap<string, string> = new Map([
  ['openid', 'Know which account you use'],
  ['email', 'See the mail address of the account'],
  [MAIL_SCOPE, 'Read, move and flag all mail of the account'],
  ['offline_access', 'Keep this access when you are away'],
]);
