// SPDX-License-Identifier: Apache-2.0
import { ProviderId } from '@postroom/plugin-incoming-mail-common';

/**
 * What is behind it, besides a grant that has ended, when a provider's mail
 * server refuses a token that its own token endpoint has just given. The
 * servers do not say.
 *
 * Sources: Microsoft "Enable or disable POP3 or IMAP4 access for a user" and
 * "Authenticate an IMAP, POP or SMTP connection using OAuth"; Google "Check
 * Gmail through other email platforms".
 */
export const signInHints: Partial<
  Record<ProviderId, { readonly remedy: string; readonly link: string }>
> = {
  microsoft: {
    remedy:
      'Usually IMAP or POP is switched off for the mailbox: an administrator switches it on in the Exchange admin center, under the mailbox’s email apps. For a shared mailbox, the account that authorized needs full access to it. Otherwise authorize again.',
    link: 'https://learn.microsoft.com/exchange/clients-and-mobile-in-exchange-online/pop3-and-imap4/enable-or-disable-pop3-or-imap4-access',
  },
  google: {
    remedy:
      'Usually IMAP is switched off: an administrator of Google Workspace allows it under Gmail, End User Access. Otherwise authorize again with the account of this very address.',
    link: 'https://support.google.com/a/answer/105694',
  },
};

/**
 * What is behind it where the application signs in in its own name. Source:
 * the same page of Microsoft, on the client credentials grant.
 */
export const applicationSignInHint = {
  remedy:
    'Usually the application has no access to this mailbox: at Microsoft, an administrator registers its service principal in Exchange Online by the object ID of the enterprise application, not of the app registration, and gives it full access to the mailbox. That may take an hour to hold.',
  link: 'https://learn.microsoft.com/exchange/client-developer/legacy-protocols/how-to-authenticate-an-imap-pop-smtp-application-by-using-oauth#use-client-credentials-grant-flow-to-authenticate-smtp-imap-and-pop-connections',
};
