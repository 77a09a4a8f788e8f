// SPDX-License-Identifier: Apache-2.0
import { createTranslationRef } from '@backstage/frontend-plugin-api';
import {
  FailureCode,
  failureCodes,
  failures,
} from '@postroom/plugin-incoming-mail-common';

type FailureMessages = Record<FailureCode, { title: string; remedy: string }>;

// From the catalogue, so that a new code has its words on the page at once and
// a host can still put its own language over them.
const failureMessages = Object.fromEntries(
  failureCodes.map(code => [
    code,
    { title: failures[code].title, remedy: failures[code].remedy },
  ]),
) as FailureMessages;

/**
 * Every word that the plugin shows. A host overrides or translates them with
 * `createTranslationMessages` or `createTranslationResource`.
 *
 * @public
 */
export const incomingMailTranslationRef = createTranslationRef({
  id: 'plugin.incoming-mail',
  messages: {
    page: {
      title: 'Incoming mail',
      oauthTab: 'OAuth 2.0',
    },
    common: {
      cancel: 'Cancel',
      close: 'Close',
      delete: 'Delete',
      edit: 'Edit',
      loading: 'Loading…',
      never: 'never',
      optional: 'Optional',
      reload: 'Reload',
      retry: 'Try again',
      save: 'Save',
      saving: 'Saving…',
      showMore: 'Show more',
      outdated:
        'This could not be refreshed just now; what you see may be out of date.',
    },
    copy: {
      button: 'Copy {{label}}',
      done: 'Copied',
      failed: 'Copying is not allowed here. Select the text and copy it.',
    },
    error: {
      'signed-out': {
        title: 'You are not signed in any more',
        text: 'Sign in again and come back to this page.',
      },
      refused: {
        title: 'You may not see or do this',
        text: 'Your portal’s permissions do not allow it. Ask an administrator if you need it.',
      },
      missing: {
        title: 'This does not exist (any more)',
        text: 'It may have been deleted meanwhile, or the address is wrong.',
      },
      conflict: {
        title: 'This cannot be done as things stand',
        text: 'Something else changed it or still uses it.',
      },
      invalid: {
        title: 'Some of this was not accepted',
        text: 'The fields concerned are marked.',
      },
      unreachable: {
        title: 'The portal’s backend did not answer',
        text: 'Check your connection and try again.',
      },
      unexpected: {
        title: 'Something went wrong',
        text: 'Try again. If it stays like this, an administrator finds the cause in the log of the backend.',
      },
    },
    failure: failureMessages,
    fixedBy: {
      admin: 'An administrator can mend this.',
      'mailbox-owner': 'Someone who can sign in to the mailbox can mend this.',
      provider: 'This is up to the provider of the mailbox.',
      us: 'This is a fault of the plugin.',
      nobody: 'Nobody can mend this.',
    },
    failureAlert: {
      since: 'Since {{when}}.',
      detail: 'What came back: {{detail}}',
    },
    secret: {
      show: 'Show what I typed',
      hide: 'Hide what I typed',
    },
    integrations: {
      title: 'OAuth 2.0 integrations',
      intro:
        'An integration is this portal’s registration at a mail provider. Project owners choose one to connect their mailbox, without a password.',
      add: 'Add new integration',
      empty: {
        title: 'No integration yet',
        text: 'Add the first one: choose the provider, register the redirect URL there, and paste the client ID and client secret it gives you.',
      },
      truncated: 'Only the first {{limit}} integrations are shown.',
      savedReady:
        '“{{name}}” is saved. Next: open a project’s Email requests tab and connect its mailbox.',
      savedDraft:
        '“{{name}}” is saved as a draft. Register its redirect URL at the provider, then enter the client ID and client secret here.',
      column: {
        name: 'Name',
        provider: 'Provider',
        state: 'State',
        mailServers: 'Mail servers',
        channels: 'Channels',
        actions: 'Actions',
      },
      state: {
        ready: 'Ready',
        draft: 'Draft – needs client ID and secret',
      },
      editNamed: 'Edit {{name}}',
      deleteNamed: 'Delete {{name}}',
      deleteDialog: {
        title: 'Delete “{{name}}”?',
        text: 'Its client ID and client secret are forgotten, and its redirect URL stops working. This cannot be undone.',
        usedBy_one:
          'A channel still uses it; it has to choose another integration first.',
        usedBy_other:
          '{{count}} channels still use it; they have to choose another integration first.',
      },
      refused: {
        title: 'Integrations are for administrators',
        text: 'You need the permission incoming-mail.integration.read to see this page. To connect a project’s mailbox, open the project’s Email requests tab.',
      },
    },
    editor: {
      newTitle: 'New OAuth 2.0 integration',
      editTitle: 'Edit “{{name}}”',
      back: 'All integrations',
      providerSection: 'Provider',
      providerFixed:
        'The provider of an integration stays. For another one, add a new integration.',
      provider: {
        google: 'Google Workspace and Gmail',
        microsoft: 'Microsoft 365 and Outlook',
        custom: 'Any other OAuth 2.0 provider',
      },
      registrationSection: 'Registration at the provider',
      registrationText:
        'Register this portal at the provider with the redirect URL below, then paste what the provider gives you. You can save now and fill in the client ID and client secret later.',
      name: 'Name',
      nameHint: 'Project owners see it when they choose an integration.',
      redirectUrl: 'Redirect URL',
      redirectUrlHint: 'Paste it at the provider, character for character.',
      clientId: 'Client ID',
      clientSecret: 'Client secret',
      clientSecretNew:
        'Stored encrypted. It can be replaced later, but never shown again.',
      clientSecretStored: 'A secret is stored. Leave empty to keep it.',
      clientSecretReenter:
        'Enter the client secret again: the client ID, the issuer or an endpoint has changed, and the stored secret is not sent to a new place.',
      endpointsSection: 'Endpoints and scopes',
      authorizationEndpoint: 'Authorization endpoint',
      tokenEndpoint: 'Token endpoint',
      revocationEndpoint: 'Revocation endpoint',
      issuer: 'Issuer',
      issuerHint: 'Required with the scope openid.',
      scopes: 'Scopes',
      scopesHint: 'One per line.',
      flowLink: 'How this provider does OAuth 2.0',
      scopesLink: 'Which scopes this provider needs',
      advancedSection: 'Advanced',
      clientAuthentication: 'Client authentication',
      clientAuthenticationOption: {
        client_secret_basic: 'Secret in the header (client_secret_basic)',
        client_secret_post: 'Secret in the body (client_secret_post)',
        none: 'No secret, PKCE only (none)',
      },
      allowedDomains: 'Allowed e-mail domains',
      allowedDomainsHint:
        'One per line. Only mailboxes of these domains may be connected; empty allows any.',
      mailHostsSection: 'Mail servers',
      mailHostsText:
        'Access tokens of this integration are shown to these servers only.',
      mailHost: {
        legend: 'Mail server {{number}}',
        protocol: 'Protocol',
        host: 'Host',
        port: 'Port',
        security: 'Security',
        add: 'Add mail server',
        remove: 'Remove mail server {{number}}',
      },
      security: {
        tls: 'TLS',
        starttls: 'STARTTLS',
        none: 'None (this machine only)',
      },
      saveDraft: 'Save draft',
      invalid: 'Some fields need your attention.',
      changedMeanwhile:
        'This integration was changed by someone else meanwhile. Reload it, then make your changes again.',
    },
    channel: {
      empty: {
        title: 'Connect a mailbox',
        text: 'Mail to this address becomes a request in this project; a reply to it becomes a comment. Nothing that is already in the mailbox is touched: reading starts from now on.',
      },
      notAllowed: {
        title: 'This project has no mailbox yet',
        text: 'Someone who may change this project connects one here.',
      },
      noIntegration: {
        title: 'No OAuth 2.0 integration to choose from',
        text: 'An administrator has to add one on the page Incoming mail first.',
        link: 'Add an integration',
      },
      form: {
        editTitle: 'Edit the mailbox',
        address: 'Email address',
        addressHint: 'The mailbox that is read, such as support@corp.example.',
        addressDomains: 'Addresses of {{domains}} only.',
        integration: 'OAuth 2.0 integration',
        integrationNotReady: '{{name}} – not complete yet',
        choose: 'Choose…',
        server: 'Mail server',
        serverHint: 'What the integration allows.',
        serverNone: 'This integration has no IMAP server.',
        folder: 'Folder',
        folderHint: 'Usually INBOX.',
        saveAndAuthorize: 'Save and authorize',
        save: 'Save',
        popupHint:
          'A window of the provider opens. Sign in with the account of this address and allow the access.',
        reauthorizeHint:
          'With another address or integration the mailbox has to be authorized again.',
        changedMeanwhile:
          'This channel was changed by someone else meanwhile. Reload it, then make your changes again.',
      },
      security: {
        tls: 'TLS',
        starttls: 'STARTTLS',
        none: 'no encryption',
      },
      status: {
        server: 'Mail server',
        folder: 'Folder',
        integration: 'Integration',
        readingSince: 'Reading mail since',
        lastVisit: 'Last visit',
        lastSuccess: 'Last success',
        nextVisit: 'Next visit',
        lastDay: 'Mails in 24 hours',
        waiting: 'Waiting',
        held: 'Held for review',
        authorize: 'Authorize',
        pollNow: 'Poll now',
        pollStarted: 'The mailbox is visited in a moment.',
        saved: 'The mailbox’s settings are saved.',
        actions: 'What can be done with this channel',
      },
      state: {
        draft: 'Not authorized yet',
        active: 'Active',
        degraded: 'Trying again',
        'needs-consent': 'Needs authorization',
        'mailbox-unavailable': 'Mailbox unavailable',
        'integration-fault': 'Integration needs repair',
      },
      consent: {
        opening: 'Preparing the authorization…',
        waiting:
          'Finish in the provider’s window. This page goes on by itself.',
        blocked:
          'Your browser blocked the provider’s window. Open it with this link:',
        openProvider: 'Open the provider’s page',
        succeeded: 'The channel is enabled',
        succeededText:
          'New mail to {{address}} becomes a request in this project.',
        cancelled: 'The authorization was cancelled. Nothing was stored.',
        cancel: 'Cancel authorization',
      },
      deleteDialog: {
        title: 'Delete this channel?',
        text: 'Mail to {{address}} is not read any more; the access to the mailbox and the stored mails are deleted. Requests and comments stay.',
        confirm: 'Delete channel',
      },
      deleted: 'The channel is deleted.',
    },
    journal: {
      title: 'Connection journal',
      empty: 'Nothing has happened yet.',
      event: {
        'channel-created': 'The channel was created',
        'channel-updated': 'The channel’s settings were changed',
        authorized: 'The mailbox was authorized',
        'authorization-failed': 'The authorization failed',
        'baseline-set': 'Reading starts from now on',
        'mail-accepted': 'New mail was read',
        'visit-failed': 'The mailbox could not be read',
        recovered: 'The mailbox can be read again',
        'mailbox-renumbered':
          'The server renumbered the mailbox; it was compared again',
      },
      mails_one: '{{count}} mail',
      mails_other: '{{count}} mails',
    },
    mailLog: {
      title: 'Mail log',
      intro: 'Every mail that arrived, and why it ended where it did.',
      empty: 'No mail has arrived yet.',
      noSubject: '(no subject)',
      noSender: '(unknown sender)',
      unread: 'Not read yet',
      state: {
        stored: 'Waiting',
        done: 'Done',
        ignored: 'Ignored',
        duplicate: 'Duplicate',
        held: 'Held for review',
        quarantined: 'Quarantined',
      },
      truncated: 'Only its beginning was kept, because it is over the limit.',
      attempts_one: '{{count}} attempt',
      attempts_other: '{{count}} attempts',
      nextAttempt: 'Next attempt {{when}}',
      request: 'Request {{number}}',
      comment: 'Comment on request {{number}}',
      download: 'Download mail',
      trace: 'The way it took',
      noTrace: 'No step has been taken yet.',
      details: 'Details of “{{subject}}”',
      verdict: {
        passed: 'passed',
        stopped: 'stopped',
        failed: 'failed',
      },
    },
    requests: {
      title: 'Requests',
      empty: {
        title: 'No requests yet',
        text: 'Requests are made from mail. Connect a mailbox on the Email requests tab, then send a mail to its address: it appears here within a minute.',
        link: 'Open Email requests',
      },
      noSubject: '(no subject)',
      column: {
        number: 'No.',
        subject: 'Subject',
        sender: 'Sender',
        excerpt: 'Text',
        comments: 'Comments',
        lastActivity: 'Last activity',
      },
    },
    request: {
      heading: 'Request {{number}}',
      back: 'All requests',
      unknownSender: 'Unknown sender',
      unverified: 'Unverified sender',
      unverifiedHint:
        'Name and address are what the mail says; nothing vouches for them.',
      text: 'Text',
      formatted: 'Formatted',
      bodyView: 'How the mail is shown',
      noText: 'This mail has no text.',
      formattedFrame: 'Formatted mail',
      expand: 'Show taller',
      collapse: 'Show shorter',
      attachments: 'Attachments',
      comments: 'Comments',
      noComments: 'No comments yet. A reply to the mail becomes one.',
      commentsTruncated: 'Only the first {{limit}} comments are shown.',
      missing: {
        title: 'There is no request {{number}} in this project',
        text: 'It may have been deleted, or the address is wrong.',
      },
    },
    entity: {
      refused: {
        title: 'You may not see this project’s mail',
        text: 'Your portal’s permissions do not allow it. Ask an owner of the project or an administrator.',
      },
    },
  },
});
