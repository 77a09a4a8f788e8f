// SPDX-License-Identifier: Apache-2.0
import { createTranslationRef } from '@backstage/frontend-plugin-api';
import {
  FailureCode,
  failureCodes,
  failures,
  mailSetupProblemTexts,
  settingsWarningTexts,
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
      mailServersTab: 'Mail servers',
    },
    common: {
      cancel: 'Cancel',
      close: 'Close',
      delete: 'Delete',
      edit: 'Edit',
      loading: 'Loading…',
      never: 'never',
      no: 'no',
      yes: 'yes',
      learnMore: 'Read more',
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
      'too-often': {
        title: 'Too often in a short time',
        text: 'Wait a minute and try again.',
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
    settingsWarning: settingsWarningTexts,
    settingsWarnings: {
      refused: 'This will not work',
      doubtful: 'This may not be what you want',
      suggestion: 'Put this instead:',
      use: 'Use the suggestion',
    },
    check: {
      running: 'Checking, step by step…',
      passed: 'Everything that was checked is in order',
      warned: 'It works, with something to look at',
      failed_one: 'One check failed',
      failed_other: '{{count}} checks failed',
      list: 'What was checked',
      verdict: {
        passed: 'Passed',
        failed: 'Failed',
        warned: 'Warning',
        skipped: 'Not checked',
      },
      remedy: 'What to do: {{remedy}}',
      link: 'Where to mend it',
    },
    consent: {
      connecting: 'Signing in to the mailbox…',
      opening: 'Preparing the authorization…',
      waiting: 'Finish in the provider’s window. This page goes on by itself.',
      blocked: 'Your browser blocked the provider’s window',
      blockedText:
        'Go on in this tab instead; it comes back to this page when you are done.',
      goToProvider: 'Go to the provider’s page',
      unclaimed: 'Enter the code that the window shows',
      unclaimedText:
        'Access was given. It is used only after you have entered the code of the window that opened when you pressed Authorize.',
      code: 'Code',
      claim: 'Use the access',
      wrongCode_one: 'That is not the code. {{count}} try is left.',
      wrongCode_other: 'That is not the code. {{count}} tries are left.',
      again: 'Authorize again',
      editMailbox: 'Edit the mailbox',
      openIntegration: 'Open the integration',
      makeLink: 'Make a new link',
      cancelled: 'The authorization was cancelled. Nothing was stored.',
      cancel: 'Cancel authorization',
    },
    mailSetupProblem: mailSetupProblemTexts,
    mailbox: {
      address: 'Email address',
      addressHint: 'The mailbox that is read, such as support@corp.example.',
      addressDomains: 'Addresses of {{domains}} only.',
      preset: 'Mail service',
      presetHint:
        'A known mail service fills in its server; for any other choose Custom.',
      signIn: 'Authentication method',
      choose: 'Choose…',
      oauth: 'OAuth 2.0: {{name}}',
      password: 'Password',
      passwordOf: 'Password of {{userName}}',
      passwordHint: {
        none: 'Stored encrypted. It can be replaced later, but never shown again.',
        kept: 'A password is stored. Leave empty to keep it.',
        'to-reenter':
          'Enter the password again: server or user name has changed, and the stored password is not sent to a new place.',
      },
      userName: 'User name',
      userNameHint: 'Leave empty where it is the email address.',
      notUsable: 'What cannot be chosen here, and why',
      protocol: 'Protocol',
      protocolNotGranted: '{{protocol}} – not in the integration’s scopes',
      host: 'Host',
      port: 'Port',
      security: 'Security',
      useServer: 'Use {{protocol}} {{host}}:{{port}}',
      server: 'Mail server',
      serverHint: 'What the integration allows.',
      serverNone:
        'This integration has no server that its scopes give access to.',
      serverNotGranted: '{{server}} – not in the integration’s scopes',
      folder: 'Folder',
      folderHint: 'Usually INBOX.',
      listFolders: 'Show the folders of the mail server',
      folderUse: {
        inbox: 'inbox',
        all: 'all mail',
        archive: 'archive',
        drafts: 'drafts',
        flagged: 'flagged',
        junk: 'junk',
        sent: 'sent',
        trash: 'trash',
      },
      listingFolders: 'Asking the mail server…',
      foldersFound_one:
        'One folder was found: choose it in the field, or type a name.',
      foldersFound_other:
        '{{count}} folders were found: choose one in the field, or type a name.',
      aliases: 'Further addresses',
      aliasesHint:
        'One per line. Mail to them arrives in this mailbox as well; mail from them is the mailbox’s own.',
      afterStoring: {
        label: 'After a mail is stored',
        option: {
          'mark-read': 'Mark it as read and leave it',
          leave: 'Leave it on the mail server',
          move: 'Move it to another folder',
          delete: 'Delete it from the mail server',
        },
        moveTo: 'Move to folder',
        moveToHint: 'It has to exist already.',
        movedTo: 'Moved to {{folder}}',
        warning:
          'Mails are gone from the mailbox once they are stored here. Other mail programs do not see them any more.',
        refused: {
          'mark-read': 'The mail server does not mark mail as read',
          move: 'The mail server does not move stored mail',
          delete: 'The mail server does not delete stored mail',
        },
        refusal: {
          'read-only':
            'The folder may only be read. Mail is stored all the same, and it is tried again at each visit.',
          'not-marked':
            'The folder keeps no mark for mail that was read. Mail is stored all the same, and it is tried again at each visit.',
          'not-single':
            'The server cannot remove single mails. They are stored, and stay in the mailbox.',
          'no-folder':
            'There is no such folder to move mail to. Make it, or name another one; mail is stored all the same.',
          refused:
            'The server says no. Mail is stored all the same, and it is tried again at each visit.',
        },
      },
      encryption: {
        tls: 'TLS',
        starttls: 'STARTTLS',
        none: 'no encryption',
      },
      fact: {
        server: 'Mail server',
        folder: 'Folder',
        signIn: 'Authentication',
        readBy: 'Read by',
        aliases: 'Further addresses',
        afterStoring: 'After storing',
        readingSince: 'Reading mail since',
        lastVisit: 'Last visit',
        lastSuccess: 'Last success',
        nextVisit: 'Next visit',
        consentEnd: 'Access ends',
        lastDay: 'Mails in 24 hours',
        onServer: 'Still on the server',
        waiting: 'Waiting',
        held: 'Held for review',
      },
      consentEndReason: {
        told: 'The provider gave it for a limited time. Authorize again before.',
        testing:
          'The Google app is in testing. Authorize again before, or have an administrator publish it.',
        unused: 'It is not being used, because the mailbox is not read.',
      },
      state: {
        draft: 'Not connected yet',
        active: 'Active',
        degraded: 'Trying again',
        'needs-consent': 'Needs authorization',
        'needs-password': 'Needs its password',
        'mailbox-unavailable': 'Mailbox unavailable',
        'integration-fault': 'Integration needs repair',
        paused: 'Paused',
      },
      paused: {
        title: 'Reading is paused',
        text: 'Nothing is fetched and nothing is handled. Mail stays in the mailbox and is read once reading goes on, from where it stopped.',
      },
      notConnected: {
        title: 'The mailbox has not been connected yet',
        password:
          'Press Connect: the password is tried, and where it is accepted, reading begins.',
        application:
          'Press Connect. Nobody has to authorize it: the portal signs in in its own name.',
      },
      actions: 'What can be done with this mailbox',
      authorize: 'Authorize',
      connect: 'Connect',
      pollNow: 'Check for mail now',
      check: 'Test connection',
      pause: 'Pause',
      resume: 'Go on reading',
      delete: {
        reading: 'Mail to {{address}} is not read any more.',
        oauth:
          'The access to the mailbox is deleted here, and withdrawn at the provider where it offers that.',
        password: 'The stored password is deleted.',
        stored_one: '{{count}} stored mail is deleted with its log.',
        stored_other: '{{count}} stored mails are deleted with their log.',
        unfinished_one:
          '{{count}} of them has not been handled yet and never will be.',
        unfinished_other:
          '{{count}} of them have not been handled yet and never will be.',
        untouched: 'What is in the mailbox itself is not touched.',
      },
    },
    import: {
      open: 'Import older mail',
      title: 'Mail that is in the mailbox already',
      intro:
        'New mail is read from now on. What was there before is left alone, unless you have it read as well.',
      count_one: 'The mailbox holds {{formatted}} message.',
      count_other: 'The mailbox holds {{formatted}} messages.',
      newest: 'The newest came {{when}}.',
      oldest: 'The oldest came {{when}}.',
      older_one: '{{formatted}} of them came before reading began.',
      older_other: '{{formatted}} of them came before reading began.',
      notImportable:
        'This server does not tell how old a mail is, so older mail cannot be chosen and is left alone.',
      extent: {
        none: 'Only new mail, from now on',
        since: 'Also older mail, since a date',
        last: 'Also the newest older mails',
      },
      since: 'Since',
      sinceInvalid: 'Choose a date',
      last: 'How many',
      lastInvalid: 'A number from 1 to {{limit}}',
      quiet: 'Nobody is notified of imported mail, and none of it is answered.',
      leave: 'Leave it as it is',
      start: 'Import',
      running: 'Older mail is being imported',
      waiting: 'It begins with the next visit.',
      progress: '{{imported}} of {{found}} so far.',
      cancel: 'Stop the import',
    },
    requestDefaults: {
      requestType: 'Request type',
      requestTypeHint: 'What new requests are, such as Incident.',
      priority: 'Priority',
      noPriority: 'None',
      priorityOption: {
        low: 'Low',
        normal: 'Normal',
        high: 'High',
        urgent: 'Urgent',
      },
      labels: 'Labels',
      labelsHint: 'One per line. New requests get them.',
    },
    mailServers: {
      title: 'Mail servers',
      intro:
        'A mail server is a mailbox of the whole portal. Its mail goes to handlers that an administrator chooses; a project’s own mailbox is connected on the project’s Email requests tab.',
      add: 'Add mail server',
      empty: {
        title: 'No mail server yet',
        text: 'Add the first one: say where the mailbox is and how to sign in, test the connection, and choose who gets the mail.',
      },
      refused: {
        title: 'Mail servers are for administrators',
        text: 'You need the permission incoming-mail.mail-server.read to see this page. To connect a project’s mailbox, open the project’s Email requests tab.',
      },
      truncated: 'Only the first {{limit}} mail servers are shown.',
      saved: '“{{name}}” is saved.',
      deleted: '“{{name}}” is deleted.',
      column: {
        name: 'Name',
        address: 'Address',
        mailbox: 'Mailbox',
        signIn: 'Authentication',
        state: 'State',
        lastSuccess: 'Last success',
        handlers: 'Handlers',
        enabled: 'Enabled',
        actions: 'Actions',
      },
      pollNamed: 'Check {{name}} for mail now',
      editNamed: 'Edit {{name}}',
      deleteNamed: 'Delete {{name}}',
      enableNamed: 'Read {{name}}',
      deleteDialog: {
        title: 'Delete “{{name}}”?',
        remains: 'What handlers made of the mail stays.',
      },
    },
    mailServer: {
      newTitle: 'New mail server',
      editTitle: 'Edit “{{name}}”',
      back: 'All mail servers',
      checkTitle: 'Test of the connection',
      authorizeAgain: 'Authorize again',
      authorizedAgain: 'The mail server is authorized again',
      connected: 'The mail server is connected',
      identitySection: 'Mail server',
      name: 'Name',
      nameHint: 'What people call it on this page.',
      description: 'Description',
      enabled: 'Read this mailbox',
      enabledHint: 'Off pauses it: nothing is fetched and nothing is handled.',
      serverSection: 'Where the mailbox is',
      timeout: 'Timeout in seconds',
      timeoutHint: 'How long connecting, or one command, may take: 5 to 120.',
      signInSection: 'How to sign in',
      authorize: 'Authorize',
      authorizeHint:
        'A window of the provider opens. Sign in with the account of this address and allow the access. Nothing is saved yet.',
      actsAlone:
        'Nobody has to authorize it: the portal signs in to this mailbox in its own name. Test the connection below.',
      authorized: {
        none: 'Not authorized yet.',
        own: 'Authorized for what will be saved.',
        server: 'The access that the saved mail server has is kept.',
      },
      authorizationGiven: 'The access was given',
      authorizationGivenText: 'Next: test the connection.',
      handlersSection: 'Who gets the mail',
      handlersText:
        'Each mail goes to every handler, in this order. They stay as they are whatever the authentication is.',
      handlers: {
        list: 'Handlers, in their order',
        empty: 'No handler yet: the mail would go nowhere.',
        choose: 'Handler',
        add: 'Add handler',
        up: 'Move {{title}} up',
        down: 'Move {{title}} down',
        remove: 'Remove {{title}}',
        noChoice: 'None',
        onePerLine: 'One per line.',
        entityHint:
          'The ref of a catalog entity, such as component:default/shop.',
        missing: {
          title: 'This handler is not installed',
          text: 'Mail waits for it. Install the backend module that brings it, or remove it here; its settings are kept until then.',
        },
      },
      storingSection: 'After storing',
      testSection: 'Test and save',
      testText:
        'Connects, signs in and opens the folder, step by step. No mail is read or changed. What was tested can be saved.',
      test: 'Test connection',
      toSave: {
        'not-tested': 'Test the connection first; what passed can be saved.',
        'test-failed':
          'The test failed, so this cannot be saved yet. Mend what is marked above and test again.',
        'changed-since-test':
          'Something was changed since the test. Test the connection again.',
        'test-too-old':
          'The test is more than 15 minutes ago. Test the connection again.',
        'server-changed':
          'Someone else changed this mail server meanwhile. Reload it, then make your changes again.',
        ready: 'The test passed for exactly these settings.',
      },
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
      needsHttps: {
        title: 'OAuth 2.0 needs https',
        text: 'The portal’s backend is reached at {{origin}}, without encryption: whoever listens on the way could take an authorization over. Serve it over https and set backend.baseUrl in app-config to that address. Only localhost is excepted, for development.',
      },
      truncated: 'Only the first {{limit}} integrations are shown.',
      savedReady:
        '“{{name}}” is saved. Next: test the connection, then open a project’s Email requests tab and connect its mailbox.',
      savedDraft:
        '“{{name}}” is saved as a draft. Register its redirect URL at the provider, then enter the client ID and client secret here.',
      column: {
        name: 'Name',
        provider: 'Provider',
        state: 'State',
        secretExpires: 'Secret expires',
        consentEnd: 'Next access ends',
        mailServers: 'Mail servers',
        users: 'Used by',
        actions: 'Actions',
      },
      users: {
        channels_one: '{{count}} channel',
        channels_other: '{{count}} channels',
        mailServers_one: '{{count}} mail server',
        mailServers_other: '{{count}} mail servers',
      },
      state: {
        ready: 'Ready',
        draft: 'Draft',
        draftText: 'Needs client ID and secret',
        fault: 'Needs repair',
      },
      secretExpiry: {
        unknown: 'not known',
        expired: 'expired',
        today: 'today',
        in_one: 'in {{count}} day',
        in_other: 'in {{count}} days',
        expiredTitle: 'The client secret expired on {{date}}',
        soonTitle_one:
          'The client secret expires in {{count}} day, on {{date}}',
        soonTitle_other:
          'The client secret expires in {{count}} days, on {{date}}',
        todayTitle: 'The client secret expires today',
        text: 'Make a new client secret at the provider and enter it here with its date. Until then the old one keeps working; without one no mail is read.',
        expiredText:
          'Mail is not read any more as soon as the provider refuses it. Make a new client secret at the provider and enter it here with its date; reading then resumes by itself.',
      },
      rotation: {
        untried: {
          title: 'The new client secret has not been used yet',
          text: 'It is tried first at the next renewal of a token, or authorization; if the provider refuses it, the old one is used in its place. Test the connection to try both now.',
        },
        'in-use': {
          title: 'The new client secret is in use',
          text: 'The provider accepts it. The old one can be removed here, and then at the provider.',
        },
        refused: {
          title:
            'The provider refuses the new client secret; the old one is in use',
          text: 'It is tried again each hour, in case the provider has not learnt it everywhere yet. If it was mistyped, enter it again below.',
        },
        removeOld: 'Remove the old secret',
        removeNew: 'Give the new secret up',
        unsaved: 'Save your changes first.',
      },
      crowd: {
        title_one:
          '{{count}} mailbox reads {{account}} through this integration',
        title_other:
          '{{count}} mailboxes read {{account}} through this integration',
        text: 'Providers bound how many accesses one account gives to one client, and then end the oldest ones silently. From {{limit}} on, no more are authorized. Remove channels that are no longer used, or use another integration for some.',
      },
      vault: {
        rotating: 'Stored secrets are moving to another vault key',
        rotatingText_one:
          '{{count}} of {{total}} is still sealed with {{kids}}. Leave that key in incomingMail.vault.keys until all are sealed with “{{primary}}”; this happens by itself.',
        rotatingText_other:
          '{{count}} of {{total}} are still sealed with {{kids}}. Leave that key in incomingMail.vault.keys until all are sealed with “{{primary}}”; this happens by itself.',
        missing: 'A vault key is missing',
        missingText_one:
          '{{count}} stored secret is sealed with {{kids}}, which is not in the configuration, and cannot be used. Put the key back under incomingMail.vault.keys; nothing stored is changed meanwhile.',
        missingText_other:
          '{{count}} stored secrets are sealed with {{kids}}, which is not in the configuration, and cannot be used. Put the key back under incomingMail.vault.keys; nothing stored is changed meanwhile.',
      },
      test: {
        title: 'Connection',
        text: 'Goes through the set-up step by step, together with the provider. No mailbox is touched.',
        unsaved:
          'What is saved is tested; save your changes first to test them.',
        button: 'Test connection',
      },
      editNamed: 'Edit {{name}}',
      deleteNamed: 'Delete {{name}}',
      deleteDialog: {
        title: 'Delete “{{name}}”?',
        text: 'Its client ID and client secret are forgotten, and its redirect URL stops working. This cannot be undone.',
        usedBy_one:
          'A mailbox still uses it; it has to choose another integration first.',
        usedBy_other:
          '{{count}} mailboxes still use it; they have to choose another integration first.',
        channel: '{{project}}: channel {{address}}',
        mailServer: 'Mail server “{{name}}”: {{address}}',
        more_one: 'and one more',
        more_other: 'and {{count}} more',
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
        preset: 'Set up for this portal',
      },
      registrationSection: 'Registration at the provider',
      registrationText:
        'Register this portal at the provider with the redirect URL below, then paste what the provider gives you. You can save now and fill in the client ID and client secret later.',
      registrationTextApplication:
        'Register this portal at the provider, have its administrator allow it to read mail, then paste what the provider gives you. You can save now and fill in the client ID and its proof later.',
      grantType: 'Who allows the access',
      grantTypeOption: {
        authorization_code: 'The owner of each mailbox, at the provider',
        client_credentials:
          'The provider’s administrator, once for the application (app-only)',
      },
      grantTypeHint: {
        authorization_code:
          'Whoever connects a mailbox signs in to it in a window of the provider.',
        client_credentials:
          'Nobody is asked when a mailbox is connected: this portal signs in in its own name. Projects may then connect whatever mailbox the provider lets it read, within the allowed e-mail domains.',
      },
      name: 'Name',
      nameHint: 'Project owners see it when they choose an integration.',
      redirectUrl: 'Redirect URL',
      redirectUrlHint: 'Paste it at the provider, character for character.',
      clientId: 'Client ID',
      clientSecret: 'Client secret',
      clientSecretNew:
        'Stored encrypted. It can be replaced later, but never shown again.',
      clientSecretStored: 'A secret is stored. Leave empty to keep it.',
      clientSecretExpiresOn: 'Expiry date of the secret',
      clientSecretExpiresOnHint:
        'The date that the provider showed, if it showed one. You are warned before it comes.',
      clientSecretExpiresOnCheck:
        'You entered a new secret: enter its date as well, or clear this one.',
      nextClientSecret: 'New client secret, beside the stored one',
      nextClientSecretAdd: 'Add a new secret and keep the old one for now',
      nextClientSecretHint:
        'Tried first from then on. The old one stays until you remove it, and is used where the new one is refused.',
      nextClientSecretStored: 'A new secret is stored. Leave empty to keep it.',
      nextClientSecretExpiresOn: 'Expiry date of the new secret',
      clientPrivateKey: 'Private key',
      clientPrivateKeyNew:
        'In PEM, not encrypted; RSA from 2048 bits, or EC on P-256. Stored encrypted, never shown again.',
      clientPrivateKeyStored:
        'A key is stored. Leave empty to keep it and its certificate.',
      clientPrivateKeyReenter:
        'Enter the private key again: the client ID, the issuer or an endpoint has changed, and the stored key does not sign for a new place.',
      clientCertificate: 'Certificate',
      clientCertificateHint:
        'In PEM, if the provider finds the key by it. You are warned before it ends.',
      clientCertificateMicrosoft:
        'In PEM, the one that is uploaded in Azure. You are warned before it ends.',
      clientCertificateStored:
        'Stored: thumbprint {{thumbprint}}, until {{date}}.',
      clientKeyId: 'Key ID',
      clientKeyIdHint: 'The kid, if the provider gave the key one.',
      clientSecretReenter:
        'Enter the client secret again: the client ID, the issuer or an endpoint has changed, and the stored secret is not sent to a new place.',
      endpointsSection: 'Endpoints and scopes',
      authorizationEndpoint: 'Authorization endpoint',
      tokenEndpoint: 'Token endpoint',
      revocationEndpoint: 'Revocation endpoint',
      issuer: 'Issuer',
      issuerHint:
        'Required with the scope openid, except at Microsoft, where every tenant is an issuer of its own.',
      issDeclared: 'The provider names itself in its answers (RFC 9207)',
      issDeclaredHint:
        'Taken over by the discovery. An answer without the issuer’s name is then refused; one with another name always is.',
      issNotDeclared:
        '{{provider}} does not declare that it names itself in its answers (RFC 9207). Where it does all the same, the name is compared with the issuer.',
      discovery: {
        hint: 'The address by which the provider calls itself. Most providers tell their endpoints there.',
        button: 'Discover from issuer',
        busy: 'Asking the issuer…',
        found: 'What the issuer says of itself',
        scopes: 'Scopes it names',
        moreScopes_one: 'and {{count}} more',
        moreScopes_other: 'and {{count}} more',
        clientAuthentication: 'Client authentication',
        notTold: 'not told',
        takeOver: 'Take these over',
        discard: 'Discard',
      },
      tenant: 'Tenant',
      tenantHint:
        'A tenant ID or domain, or organizations (any work account), consumers (personal accounts), common (both).',
      tenantHintApplication:
        'The ID or a domain of the one tenant whose mailboxes are read.',
      cloud: 'Microsoft cloud',
      cloudHint: 'Sets endpoints, scopes and mail servers together.',
      cloudOption: {
        global: 'Global',
        'us-government': 'US Government (GCC High, DoD)',
        china: 'China (21Vianet)',
        other: 'Other endpoints, entered below',
      },
      scopes: 'Scopes',
      scopesHint: 'One per line.',
      flowLink: 'How {{provider}} does OAuth 2.0',
      flowLinkCustom: 'What the provider has to do (RFC 6749)',
      scopesLink: 'Which scopes {{provider}} needs',
      redirectUrlsLink: 'Which redirect URLs {{provider}} accepts',
      advancedSection: 'Advanced',
      clientAuthentication: 'Client authentication',
      clientAuthenticationOption: {
        client_secret_basic: 'Secret in the header (client_secret_basic)',
        client_secret_post: 'Secret in the body (client_secret_post)',
        private_key_jwt: 'Signature with a private key (private_key_jwt)',
        none: 'No secret, PKCE only (none)',
      },
      allowedDomains: 'Allowed e-mail domains',
      allowedDomainsHint:
        'One per line. Only mailboxes of these domains may be connected; empty allows any.',
      allowSharedMailboxes: 'Shared mailboxes',
      allowSharedMailboxesHint:
        'An account of an allowed domain may give access to another address, if the mail server lets it read there. With the scopes openid and email the account is known and shown at the channel.',
      allowedTenants: 'Allowed tenant IDs',
      allowedTenantsHint:
        'One per line. Only accounts of these Microsoft tenants may authorize; empty allows any. Needs the scope openid.',
      inTesting: 'This app is in testing',
      inTestingHint:
        'Its publishing status at Google is Testing: every access ends after seven days. Owners of mailboxes are warned before.',
      parameter: {
        text: 'Parameters that are added to authorization requests. Where the provider’s preset sends one already, only prompt takes its place.',
        name: 'Parameter {{number}}',
        value: 'Value of parameter {{number}}',
        add: 'Add parameter',
        remove: 'Remove parameter {{number}}',
      },
      allowedDomainsHintApplication:
        'One per line, at least one: they alone bound which mailboxes projects may connect.',
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
        none: 'None',
      },
      saveDraft: 'Save draft',
      invalid: 'Some fields need your attention.',
      changedMeanwhile:
        'This integration was changed by someone else meanwhile. Reload it, then make your changes again.',
    },
    guide: {
      show: 'Show the steps',
      hide: 'Hide the steps',
      copyItem: {
        redirectUrl: 'Redirect URL',
        scopes: 'Scopes',
        permission: 'Permission {{name}}',
        origin: 'Address of this portal',
        adminConsent: 'Link for an administrator',
        servicePrincipal: 'Command',
        mailboxPermission: 'Command',
      },
      microsoftApplication: {
        title: 'Step by step: app-only access at Microsoft',
        disclaimer:
          'This takes an administrator of Azure and of Exchange Online. Both are Microsoft’s: their pages may differ from what is said here, and we cannot help with them.',
        register: {
          title: 'Register the application',
          text: 'In the Azure portal open App registrations and choose New registration. Accounts in this organizational directory only are enough, and no redirect URL is needed.',
        },
        permissions: {
          title: 'Add the application permissions',
          text: 'Open API permissions, then Add a permission, the list of APIs that your organization uses, Office 365 Exchange Online, Application permissions. Tick the one for the protocol in use.',
          note: 'Neither Microsoft Graph nor delegated permissions: with those the mail server refuses to sign in.',
        },
        adminConsent: {
          title: 'Grant admin consent',
          text: 'Press Grant admin consent for your organization, or send the link below to an administrator who may. It makes the enterprise application that the commands further down need.',
        },
        secret: {
          text: 'Open Certificates & secrets and choose New client secret, at most {{months}} months. Copy its Value at once, for Azure shows it this one time, and enter it below with its expiration date.',
        },
        certificate: {
          title: 'Upload the certificate',
          text: 'Open Certificates & secrets, Certificates, and upload the certificate. Enter it below together with its private key; the thumbprint that Azure lists is shown here once it is saved.',
        },
        ids: {
          title: 'Copy tenant and client ID',
          text: 'On Overview copy Directory (tenant) ID into the tenant above, and Application (client) ID into the client ID below.',
        },
        servicePrincipal: {
          title: 'Make the application known to Exchange Online',
          text: 'In Exchange Online PowerShell, after Connect-ExchangeOnline, register its service principal. The object ID is on the application’s page under Enterprise applications.',
          note: 'Not the object ID of the app registration, which is another one: with it everything seems to work until the mail server refuses. Older versions of the module call the parameter -ServiceId.',
        },
        mailbox: {
          title: 'Give it access to each mailbox',
          text: 'In the same window, for each mailbox that projects connect. IMAP or POP has to be switched on for the mailbox.',
          note: 'It may take an hour until Exchange Online lets the application in.',
        },
        finish: {
          text: 'Enter what was copied, name the allowed e-mail domains, see that this scope is there, save, and press Test connection: it asks Microsoft for a real token.',
        },
      },
      microsoft: {
        title: 'Step by step: register at Microsoft',
        disclaimer:
          'Client ID and client secret come from Azure, so this has to be done before the integration can be completed. Azure is Microsoft’s: its pages may differ from what is said here, and we cannot help with them. Ask whoever administers Microsoft in your organization.',
        redirectUrl: {
          title: 'Copy the redirect URL',
          text: 'Microsoft is chosen as the provider, and the redirect URL of this integration is made. Azure asks for it in step 4.',
        },
        register: {
          title: 'Start a registration',
          text: 'In the Azure portal open App registrations and choose New registration. Give it a name that people recognise: they see it when they are asked for access.',
          link: 'Open the Azure portal',
        },
        accountTypes: {
          title: 'Choose whose accounts may be used',
          text: 'Under Supported account types choose the accounts of any organizational directory (multitenant) and personal Microsoft accounts.',
          multitenant:
            'With the tenant “{{tenant}}” a registration for a single tenant is refused (AADSTS50194).',
          singleTenant:
            'This integration is for the tenant “{{tenant}}” alone; accounts in this organizational directory only would do as well.',
        },
        platform: {
          title: 'Enter the redirect URL',
          text: 'Under Redirect URI choose the type Web, paste the redirect URL, and press Register.',
          note: 'Not the type Single-page application: what it is given ends after {{hours}} hours.',
        },
        permissions: {
          title: 'Add the permissions',
          text: 'Open API permissions, then Add a permission, Microsoft Graph, Delegated permissions. Tick these, and press Add permissions.',
          note: 'Microsoft Graph is only the list in which Azure keeps them. The scopes of this integration stay as they are, with the address in front.',
        },
        adminConsent: {
          title: 'Grant admin consent',
          text: 'Press Grant admin consent for your organization. If you may not, send an administrator of Microsoft there, or the link below once the client ID is filled in.',
          note: 'Without it many organizations answer their people with “Need admin approval”.',
          link: 'How admin consent works',
        },
        secret: {
          title: 'Make a client secret',
          text: 'Open Certificates & secrets and choose New client secret. Give it a description and an expiration date, at most {{months}} months away. Enter the same date below: this page warns you before it comes.',
        },
        secretValue: {
          title: 'Copy the Value of the secret',
          text: 'Copy it at once, for Azure shows it this one time. It is the client secret.',
          note: 'The Value, not the Secret ID beside it, which is refused (AADSTS7000215).',
        },
        clientId: {
          title: 'Copy the client ID',
          text: 'On Overview copy Application (client) ID. It is the client ID.',
        },
        finish: {
          title: 'Complete the integration',
          text: 'Paste client ID and client secret below, see that these scopes are there, save, and press Test connection.',
        },
      },
      google: {
        title: 'Step by step: register at Google',
        disclaimer:
          'Client ID and client secret come from the Google Cloud console. It is Google’s: its pages may differ from what is said here, and we cannot help with them. Ask whoever administers Google in your organization.',
        api: {
          title: 'Switch on the Gmail API',
          text: 'In the Google Cloud console choose a project, open the API library, then Gmail API, and press Enable.',
          link: 'Open the API library',
        },
        client: {
          title: 'Create the OAuth client ID',
          text: 'Press Create credentials, then OAuth client ID. Choose the application type Web application, and a name that people recognise. If Google wants its consent screen first, do step 6 before this one.',
          link: 'Open Google’s credentials',
        },
        origins: {
          title: 'Enter the address of this portal',
          text: 'Under Authorized JavaScript origins add the address by which people open this portal.',
        },
        redirectUrl: {
          title: 'Copy the redirect URL',
          text: 'Keep this page, with Google as the provider, in a browser tab of its own while you work in Google’s. This is the redirect URL of this integration.',
        },
        redirectUris: {
          title: 'Enter the redirect URL',
          text: 'Under Authorized redirect URIs add it character for character, and save. Copy the client ID and the client secret now; Google may not show the secret again.',
        },
        consentScreen: {
          title: 'Check the consent screen',
          text: 'Open the OAuth consent screen, choose the app, and make sure that this scope was added.',
          link: 'Open the consent screen',
        },
        finish: {
          title: 'Complete the integration',
          text: 'Paste client ID and client secret below, see that this scope is there, save, and press Test connection.',
        },
        audience: {
          title: 'At Google, who may use the app decides how long it works',
          verification:
            'The scope https://mail.google.com/ is a restricted one. If people outside your organization may use the app (user type External), Google may want to verify it, which can cost money for a security assessment. Until then at most {{limit}} people can give access.',
          testing:
            'While the publishing status is Testing, every authorization ends after {{days}} days and has to be given again.',
          userType:
            'With the user type {{userType}}, which organizations with Google Workspace have, neither applies: only people of the organization can give access.',
          verificationLink: 'When Google verifies apps',
          userTypeLink: 'User type and publishing status',
        },
      },
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
        text: 'An administrator has to add one on the page Incoming mail first. Where the mail server takes a password, the mailbox can be connected without.',
        link: 'Add an integration',
      },
      form: {
        editTitle: 'Edit the mailbox',
        more: 'More settings',
        saveAndAuthorize: 'Save and authorize',
        saveAndConnect: 'Save and connect',
        update: 'Update',
        popupHint:
          'A window of the provider opens. Sign in with the account of this address and allow the access.',
        connectHint:
          'Nobody has to authorize it: the portal signs in to this mailbox in its own name.',
        signInAgainHint:
          'With another address, integration or password the mailbox has to be authorized or connected again. Logs, requests and how far it was read stay.',
        changedMeanwhile:
          'This channel was changed by someone else meanwhile. Reload it, then make your changes again.',
      },
      status: {
        checkTitle: 'Check of the channel',
        pollStarted: 'The mailbox is visited in a moment.',
        saved: 'The mailbox’s settings are saved.',
        signInDue:
          'Next: press Authorize or Connect below, so that the mailbox is read with them. Everything else stayed as it was.',
      },
      enabled: 'The channel is enabled',
      enabledText: 'New mail to {{address}} becomes a request in this project.',
      notConnected: 'The mailbox could not be connected',
      links: {
        title: 'Link for the owner of the mailbox',
        text: 'Somebody else signs in to {{address}}? Make a link and send it to them. They need no account in this portal.',
        make: 'Make a link',
        lifetime: 'Works for',
        lifetimeOption: {
          hours1: '1 hour',
          hours24: '24 hours',
          hours72: '3 days',
          hours168: '7 days',
        },
        made: 'The link is made',
        madeText:
          'Copy it now: it is not shown again. Send it to nobody but the owner of {{address}}; only that account can use it, once.',
        link: 'Link',
        open: 'Links that can still be used',
        facts: 'Made by {{who}}, {{made}}; works until {{until}}.',
        opened: 'First opened {{when}}.',
        unopened: 'Not opened yet.',
        revoke: 'Withdraw',
      },
      deleteDialog: {
        title: 'Delete this channel?',
        remains: 'Requests and comments stay.',
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
        'server-created': 'The mail server was created',
        'server-updated': 'The mail server’s settings were changed',
        paused: 'Reading was paused',
        resumed: 'Reading goes on',
        authorized: 'The mailbox was authorized',
        'authorization-failed': 'The authorization failed',
        'link-created': 'A link for the owner of the mailbox was made',
        'link-opened': 'The link was opened',
        'link-used': 'The mailbox was authorized by the link',
        'link-refused': 'The link was refused',
        'link-revoked': 'The link was withdrawn',
        'baseline-set': 'Reading starts from now on',
        'mail-accepted': 'New mail was read',
        'visit-failed': 'The mailbox could not be read',
        recovered: 'The mailbox can be read again',
        'mailbox-renumbered':
          'The server renumbered the mailbox; it was compared again',
        'reading-held-back':
          'Much mail waits to be handled; more is fetched when half of it is',
        'after-storing-refused':
          'The server did not mark, move or delete mail that was read; reading goes on',
        'import-started': 'The import of older mail began',
        'import-finished': 'Older mail was imported',
        'import-cancelled': 'The import of older mail was stopped',
        'import-failed': 'The import of older mail failed',
        'mail-run-again': 'A held mail is handled again',
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
      imported: 'imported older mail',
      attempts_one: '{{count}} attempt',
      attempts_other: '{{count}} attempts',
      nextAttempt: 'Next attempt {{when}}',
      request: 'Request {{number}}',
      comment: 'Comment on request {{number}}',
      download: 'Download mail',
      rawRemoved:
        'The mail itself was removed {{when}}, as it was old enough. What became of it stays.',
      runAgain: {
        button: 'Handle again',
        started: 'The mail is handled again in a moment.',
      },
      dryRun: {
        button: 'Try without effect',
        title: 'What would become of it now',
        unknown: 'A handler does not tell beforehand.',
        state: {
          stored: 'A handler would fail, and be tried again.',
          done: 'It would be done.',
          ignored: 'It would be ignored.',
          duplicate: 'It would count as a duplicate.',
          held: 'It would be held for review.',
          quarantined: 'It would be quarantined.',
        },
      },
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
      marks: 'Type, priority and labels',
      priority: {
        low: 'Low priority',
        normal: 'Normal priority',
        high: 'High priority',
        urgent: 'Urgent',
      },
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
