// SPDX-License-Identifier: Apache-2.0
import { z } from 'zod';

/**
 * What a failure means for the mailbox it happened to.
 *
 * - `degraded`: it is tried again by itself, later each time.
 * - `needs-consent`: someone who owns the mailbox must authorize again.
 * - `needs-password`: someone who owns the mailbox must enter its password.
 * - `mailbox-unavailable`: the account or folder is not to be had.
 * - `integration-fault`: an administrator must mend the integration.
 *
 * @public
 */
export type FailureHealth =
  | 'degraded'
  | 'needs-consent'
  | 'needs-password'
  | 'mailbox-unavailable'
  | 'integration-fault';

/**
 * One row of the failure catalogue.
 *
 * @public
 */
export interface FailureEntry {
  /** Who can mend it; the words of the page and the receiver of a notice follow from it. */
  readonly fixedBy: 'admin' | 'mailbox-owner' | 'provider' | 'us' | 'nobody';
  /** `backoff`: tried again by itself, later each time. `stop`: not before something changed. */
  readonly retry: 'backoff' | 'stop';
  /** What it makes of the mailbox; absent where the failure is of one message or one consent only. */
  readonly health?: FailureHealth;
  /** One line, without a full stop: what is wrong. */
  readonly title: string;
  /** One or two sentences: what the person named by `fixedBy` does about it. */
  readonly remedy: string;
}

const catalogue = {
  'host-not-allowed': {
    fixedBy: 'admin',
    retry: 'stop',
    health: 'integration-fault',
    title: 'This server may not be reached from here',
    remedy:
      'The administrator lists the mail host in the integration. A private address also has to be allowed under incomingMail.egress.allowPrivate in app-config.',
  },
  'host-not-found': {
    fixedBy: 'admin',
    retry: 'backoff',
    health: 'degraded',
    title: 'The server’s name could not be resolved',
    remedy:
      'Check the host name for a typing error. If it is right, the name server did not answer; this is tried again by itself.',
  },
  'connection-refused': {
    fixedBy: 'provider',
    retry: 'backoff',
    health: 'degraded',
    title: 'The server refused the connection',
    remedy:
      'The server is down or listens on another port. This is tried again by itself; no mail is lost meanwhile.',
  },
  'connection-timed-out': {
    fixedBy: 'provider',
    retry: 'backoff',
    health: 'degraded',
    title: 'The server did not answer in time',
    remedy:
      'A firewall or an overloaded server may be the cause. This is tried again by itself; no mail is lost meanwhile.',
  },
  'connection-lost': {
    fixedBy: 'provider',
    retry: 'backoff',
    health: 'degraded',
    title: 'The connection to the server broke',
    remedy:
      'Mail that was being read is read again at the next visit. Nothing has to be done.',
  },
  'tls-failed': {
    fixedBy: 'admin',
    retry: 'backoff',
    health: 'degraded',
    title: 'No secure connection could be made',
    remedy:
      'The server’s certificate is expired, is for another name, or was issued by an authority that this installation does not trust.',
  },
  'plaintext-refused': {
    fixedBy: 'admin',
    retry: 'stop',
    health: 'integration-fault',
    title: 'Signing in without encryption is not allowed',
    remedy:
      'Use TLS. An unencrypted connection is possible to this very machine only, and only where app-config says that it is a development set-up.',
  },
  'login-refused': {
    fixedBy: 'mailbox-owner',
    retry: 'backoff',
    health: 'needs-consent',
    title: 'The mail server refused to sign in',
    remedy:
      'Authorize again with the account of this mailbox. If that does not help, check that IMAP is switched on for the account.',
  },
  'password-refused': {
    fixedBy: 'mailbox-owner',
    retry: 'backoff',
    health: 'needs-password',
    title: 'The password is refused',
    remedy:
      'Enter the current password again. After three refusals it is not tried any more, so that the account is not locked. Some providers ask for an app password, or have ended passwords in favour of OAuth 2.0.',
  },
  'password-missing': {
    fixedBy: 'mailbox-owner',
    retry: 'stop',
    health: 'needs-password',
    title: 'No password is stored',
    remedy: 'Enter the password of the account.',
  },
  'server-unavailable': {
    fixedBy: 'provider',
    retry: 'backoff',
    health: 'degraded',
    title: 'The mail server is temporarily unavailable',
    remedy: 'The server asks to come back later, which happens by itself.',
  },
  throttled: {
    fixedBy: 'provider',
    retry: 'backoff',
    health: 'degraded',
    title: 'The mail server limits how often it may be asked',
    remedy:
      'Visits are spaced out by themselves until the server accepts them again.',
  },
  'folder-not-found': {
    fixedBy: 'mailbox-owner',
    retry: 'backoff',
    health: 'mailbox-unavailable',
    title: 'The mail folder could not be opened',
    remedy:
      'The folder was renamed or removed, or the account may not read it. Choose another folder in the channel’s settings.',
  },
  'protocol-error': {
    fixedBy: 'provider',
    retry: 'backoff',
    health: 'degraded',
    title: 'The mail server sent something that makes no sense',
    remedy:
      'This is tried again by itself. If it stays, the server’s operator needs the connection log.',
  },
  'not-authorized-yet': {
    fixedBy: 'mailbox-owner',
    retry: 'stop',
    title: 'The mailbox has not been authorized yet',
    remedy: 'Someone who can sign in to the mailbox presses Authorize.',
  },
  'consent-denied': {
    fixedBy: 'mailbox-owner',
    retry: 'stop',
    title: 'Access to the mailbox was denied',
    remedy:
      'The person at the provider’s page pressed Deny or closed it. Authorize again and allow the access.',
  },
  'consent-refused-by-provider': {
    fixedBy: 'admin',
    retry: 'stop',
    title: 'The provider did not accept the authorization request',
    remedy:
      'An administrator compares redirect URL, scopes and client ID in the integration with what is registered at the provider.',
  },
  'consent-invalid': {
    fixedBy: 'mailbox-owner',
    retry: 'stop',
    title:
      'This authorization does not belong to this browser or was used before',
    remedy:
      'Start again with the Authorize button, in one browser, and finish in the window that it opens.',
  },
  'consent-expired': {
    fixedBy: 'mailbox-owner',
    retry: 'stop',
    title: 'The authorization took too long',
    remedy: 'An authorization is open for ten minutes. Start it again.',
  },
  'claim-refused': {
    fixedBy: 'mailbox-owner',
    retry: 'stop',
    title: 'The code of the authorization was entered wrongly too often',
    remedy:
      'What was given is dropped. Start again with the Authorize button, and copy the code from the window that it opens.',
  },
  'link-unknown': {
    fixedBy: 'mailbox-owner',
    retry: 'stop',
    title: 'This link is not complete, or not one of ours',
    remedy:
      'Open the link as it was sent, from its first to its last character.',
  },
  'link-used': {
    fixedBy: 'mailbox-owner',
    retry: 'stop',
    title: 'This link has done its work already',
    remedy:
      'Nothing more has to be done. To authorize once more, have a new link made.',
  },
  'link-expired': {
    fixedBy: 'mailbox-owner',
    retry: 'stop',
    title: 'This link has run out',
    remedy: 'Have a new link made by the person who sent this one.',
  },
  'link-revoked': {
    fixedBy: 'mailbox-owner',
    retry: 'stop',
    title: 'This link was withdrawn',
    remedy:
      'Ask the person who sent it. If access is still wanted, they make a new one.',
  },
  'consent-revoked': {
    fixedBy: 'mailbox-owner',
    retry: 'stop',
    health: 'needs-consent',
    title: 'The provider no longer accepts our access to this mailbox',
    remedy:
      'The access was withdrawn or has run out, for instance after a change of password. Authorize again; reading goes on where it stopped.',
  },
  'consent-ended-in-testing': {
    fixedBy: 'admin',
    retry: 'stop',
    health: 'needs-consent',
    title:
      'The access ended after seven days, as it does while the Google app is in testing',
    remedy:
      'An administrator publishes the app in the Google Cloud console, or makes its user type Internal; otherwise this happens every seven days. Then authorize again; reading goes on where it stopped.',
  },
  'wrong-account': {
    fixedBy: 'mailbox-owner',
    retry: 'stop',
    title: 'Another account than the channel’s address was authorized',
    remedy:
      'Sign in at the provider with the account whose address the channel has. Nothing was stored.',
  },
  'wrong-tenant': {
    fixedBy: 'mailbox-owner',
    retry: 'stop',
    title: 'The account belongs to a Microsoft tenant that is not allowed',
    remedy:
      'Sign in with an account of an allowed tenant, or have an administrator add the tenant’s ID to the integration. Nothing was stored.',
  },
  'too-many-grants': {
    fixedBy: 'admin',
    retry: 'stop',
    title: 'Too many mailboxes use this account through the same integration',
    remedy:
      'Providers bound how many accesses one account gives to one client and then end the oldest ones silently. Remove channels that are no longer used, or use another integration for some of them.',
  },
  'domain-not-allowed': {
    fixedBy: 'admin',
    retry: 'stop',
    health: 'integration-fault',
    title: 'The account’s domain is not allowed by the integration',
    remedy:
      'Use an address of an allowed domain, or have an administrator add the domain to the integration.',
  },
  'scopes-missing': {
    fixedBy: 'mailbox-owner',
    retry: 'stop',
    title: 'Not everything that is needed was allowed',
    remedy:
      'Authorize again and leave all boxes of the provider’s page ticked. If no box is shown, an administrator checks the scopes of the integration.',
  },
  'refresh-token-missing': {
    fixedBy: 'admin',
    retry: 'stop',
    title: 'The provider gave no refresh token',
    remedy:
      'Without one the access would end within the hour. The integration needs the scope or parameter by which this provider gives offline access, usually offline_access.',
  },
  'client-refused': {
    fixedBy: 'admin',
    retry: 'backoff',
    health: 'integration-fault',
    title: 'The provider refused the client ID or client secret',
    remedy:
      'An administrator enters the current client ID and client secret in the integration. Reading resumes by itself afterwards.',
  },
  'application-refused': {
    fixedBy: 'admin',
    retry: 'backoff',
    health: 'integration-fault',
    title: 'The application may not read this mailbox in its own name',
    remedy:
      'An administrator gives the application its permission for mail, consents to it for the organization, and gives it access to the mailbox at the mail server. Microsoft may take an hour until that holds.',
  },
  'https-required': {
    fixedBy: 'admin',
    retry: 'stop',
    title: 'OAuth 2.0 needs https, and the portal is not served over it',
    remedy:
      'An administrator serves the portal’s backend over https and sets backend.baseUrl in app-config to that address. Only localhost is excepted, for development.',
  },
  'integration-incomplete': {
    fixedBy: 'admin',
    retry: 'stop',
    health: 'integration-fault',
    title: 'The integration has no client ID or client secret yet',
    remedy: 'An administrator completes the integration.',
  },
  'integration-changed': {
    fixedBy: 'mailbox-owner',
    retry: 'stop',
    health: 'needs-consent',
    title: 'The integration was changed since the mailbox was authorized',
    remedy: 'Authorize again; reading goes on where it stopped.',
  },
  'token-endpoint-unreachable': {
    fixedBy: 'provider',
    retry: 'backoff',
    health: 'degraded',
    title: 'The provider’s token endpoint did not answer',
    remedy:
      'This is tried again by itself. If the integration is new, check the token endpoint’s address.',
  },
  'token-reply-unusable': {
    fixedBy: 'provider',
    retry: 'backoff',
    health: 'degraded',
    title: 'The provider’s token endpoint gave an answer that cannot be used',
    remedy:
      'This is tried again by itself. If the integration is new, check that the address is the token endpoint.',
  },
  'vault-key-missing': {
    fixedBy: 'admin',
    retry: 'backoff',
    health: 'integration-fault',
    title: 'A stored secret was sealed with a key that is not configured',
    remedy:
      'Put the missing key back under incomingMail.vault.keys. Nothing stored is changed meanwhile.',
  },
  'vault-record-unreadable': {
    fixedBy: 'admin',
    retry: 'stop',
    health: 'integration-fault',
    title: 'A stored secret does not belong to this record or was altered',
    remedy:
      'Enter the client secret again and authorize the mailbox again. The database may have been restored in part.',
  },
  'message-too-large': {
    fixedBy: 'nobody',
    retry: 'stop',
    title: 'The mail is larger than the configured limit',
    remedy:
      'Only its beginning was kept. The mail itself is still in the mailbox.',
  },
  'message-not-delivered': {
    fixedBy: 'provider',
    retry: 'stop',
    title: 'The server lists the mail but does not deliver it',
    remedy:
      'It was asked for three times, the last time after more than an hour. The mail is still in the mailbox, where another program may be able to read it.',
  },
  'message-to-review': {
    fixedBy: 'mailbox-owner',
    retry: 'stop',
    title: 'The mail is old, and it is not known whether it was read before',
    remedy:
      'The server renumbered the mailbox, as after a move or a restored backup. If the mail is to be handled, have it run again.',
  },
  'message-unreadable': {
    fixedBy: 'nobody',
    retry: 'stop',
    title: 'The mail could not be understood',
    remedy: 'It is kept byte for byte and can be downloaded from the mail log.',
  },
  'handler-failed': {
    fixedBy: 'us',
    retry: 'backoff',
    title: 'The mail could not be turned into a request',
    remedy:
      'It is tried again by itself a few times and then kept for review; the log of the backend has the cause.',
  },
  'handler-timed-out': {
    fixedBy: 'us',
    retry: 'backoff',
    title: 'Turning the mail into a request took too long',
    remedy:
      'It is tried again by itself a few times and then kept for review; the log of the backend has the cause.',
  },
  'handler-missing': {
    fixedBy: 'admin',
    retry: 'stop',
    title: 'The handler of this mailbox is not installed',
    remedy:
      'An administrator installs the module that brings it, or binds another handler. Then have the mail handled again; it is kept until then.',
  },
  'handler-settings-invalid': {
    fixedBy: 'admin',
    retry: 'stop',
    title: 'The settings of the mailbox’s handler are not valid any more',
    remedy:
      'An administrator corrects the settings of the handler. Then have the mail handled again; it is kept until then.',
  },
  'internal-error': {
    fixedBy: 'us',
    retry: 'backoff',
    health: 'degraded',
    title: 'Something went wrong inside the plugin',
    remedy:
      'This is tried again by itself; the log of the backend has the cause.',
  },
} as const satisfies Record<string, FailureEntry>;

/**
 * The stable word for a failure, the same in logs, API, journal and page.
 *
 * @public
 */
export type FailureCode = keyof typeof catalogue;

/**
 * Everything that can go wrong from outside, with who mends it and how. The
 * one list: back-off, health, log text and the page's alert are read from it.
 *
 * @public
 */
export const failures: Readonly<Record<FailureCode, FailureEntry>> = catalogue;

/** Every failure code, in the order of the catalogue. @public */
export const failureCodes = Object.keys(catalogue) as FailureCode[];

/** Accepts exactly the codes of the catalogue. @public */
export const failureCodeSchema = z.enum(
  failureCodes as [FailureCode, ...FailureCode[]],
);

/**
 * A failure as a page shows it: the code, since when it stands, and a short
 * detail that holds neither a secret nor text that a mail server made up
 * unbounded.
 *
 * @public
 */
export const failureSchema = z.object({
  code: failureCodeSchema,
  /** When it first stood like this. */
  since: z.iso.datetime().optional(),
  /** What came back, at most 300 characters, control characters removed. */
  detail: z.string().optional(),
});

/** See {@link failureSchema}. @public */
export type Failure = z.infer<typeof failureSchema>;
