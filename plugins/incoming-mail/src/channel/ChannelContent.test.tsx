// SPDX-License-Identifier: Apache-2.0
import {
  act,
  fireEvent,
  screen,
  waitFor,
  within,
} from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { renderInTestApp } from '@backstage/frontend-test-utils';
import { EntityProvider } from '@backstage/plugin-catalog-react';
import { usePermission } from '@backstage/plugin-permission-react';
import {
  Channel,
  ConsentLink,
  ConsentMending,
  consentMendings,
  failureCodes,
  failures,
  MessageSummary,
} from '@postroom/plugin-incoming-mail-common';
import {
  Answers,
  FakeIncomingMailApi,
} from '../__testUtils__/FakeIncomingMailApi';
import {
  aChannel,
  aChoice,
  aRefusal,
  imapHost,
  project,
} from '../__testUtils__/samples';
import { incomingMailApiRef } from '../api/incomingMailApiRef';
import { AuthorizePopup, useAuthorizePopup } from '../hooks/useAuthorizePopup';
import { requestsRouteRef, rootRouteRef } from '../routes';
import { ChannelContent } from './ChannelContent';

jest.mock('../hooks/useAuthorizePopup');
jest.mock('@backstage/plugin-permission-react', () => ({
  ...jest.requireActual('@backstage/plugin-permission-react'),
  // The real one remembers answers from one test to the next.
  usePermission: jest.fn(),
}));

const authorization = {
  state: { status: 'idle' } as AuthorizePopup['state'],
  authorize: jest.fn<void, Parameters<AuthorizePopup['authorize']>>(),
  claim: jest.fn<void, Parameters<AuthorizePopup['claim']>>(),
  connect: jest.fn<void, Parameters<AuthorizePopup['connect']>>(),
  cancel: jest.fn(),
  reset: jest.fn(),
};

beforeEach(() => {
  authorization.state = { status: 'idle' };
  jest.mocked(useAuthorizePopup).mockReturnValue(authorization);
});

afterEach(() => {
  jest.clearAllMocks();
});

const quiet: Answers = {
  listMessages: () => ({ items: [] }),
  listJournal: () => ({ items: [] }),
  listIntegrationChoices: () => ({ items: [aChoice()] }),
  listConsentLinks: () => ({ items: [] }),
};

const preview = {
  messageCount: 12_431,
  newestAt: '2024-05-06T07:08:09.000Z',
  olderCount: 12_431,
  importable: true,
};

function render(answers: Answers, mayOnly?: string[]) {
  jest.mocked(usePermission).mockImplementation(({ permission }) => ({
    loading: false,
    allowed: mayOnly?.includes(permission.name) ?? true,
  }));
  const api = new FakeIncomingMailApi({ ...quiet, ...answers });
  renderInTestApp(
    <EntityProvider entity={project}>
      <ChannelContent />
    </EntityProvider>,
    {
      mountedRoutes: {
        '/incoming-mail': rootRouteRef,
        '/requests': requestsRouteRef,
      },
      apis: [[incomingMailApiRef, api]],
    },
  );
  return { api, user: userEvent.setup() };
}

async function noChannel(): Promise<Channel> {
  throw await aRefusal(404, 'no channel');
}

describe('ChannelContent', () => {
  it('S63: saves a new channel on the way to the consent', async () => {
    let stored: Channel | undefined;
    const { api, user } = render({
      getChannel: () => stored ?? noChannel(),
      createChannel: () => {
        stored = aChannel({ state: 'draft' });
        return stored;
      },
      startConsent: () => ({
        consentId: 'consent',
        startUrl: 'https://b.test/s',
        expiresAt: '2024-05-06T07:08:09.000Z',
      }),
    });
    const address = await screen.findByLabelText(/Email address/);
    const save = screen.getByRole('button', { name: 'Save and authorize' });
    await user.click(save);
    expect(address).toBeInvalid();
    expect(authorization.authorize).not.toHaveBeenCalled();

    await user.type(address, 'support@corp.test');
    await user.click(save);
    // The popup hook was called in the click; it saves when it is ready.
    expect(api.names).not.toContain('createChannel');
    const [start] = authorization.authorize.mock.calls[0];
    const { signal } = new AbortController();
    await act(async () => {
      await start({ returnOrigin: 'https://portal.test' }, { signal });
    });
    expect(api.names.indexOf('createChannel')).toBeLessThan(
      api.names.indexOf('startConsent'),
    );
    expect(api.lastInput('createChannel')).toEqual({
      params: { kind: 'component', namespace: 'default', name: 'support' },
      body: {
        address: 'support@corp.test',
        server: aChoice().mailHosts[0],
        folder: 'INBOX',
        authentication: { method: 'oauth', integrationId: aChoice().id },
        aliases: [],
        afterStoring: { action: 'mark-read' },
        requestDefaults: {},
      },
    });
    expect(await screen.findByText('Not connected yet')).toBeInTheDocument();
    expect(
      screen.getByText('The mailbox has not been authorized yet'),
    ).toBeInTheDocument();
  });

  it('connects without a window what the application reads in its own name (T8)', async () => {
    let stored: Channel | undefined;
    const grantType = 'client_credentials' as const;
    const { api, user } = render({
      getChannel: () => stored ?? noChannel(),
      listIntegrationChoices: () => ({ items: [aChoice({ grantType })] }),
      createChannel: () => {
        stored = aChannel({ state: 'draft', grantType });
        return stored;
      },
      connectChannel: () => ({ status: 'succeeded' }),
    });
    await user.type(
      await screen.findByLabelText(/Email address/),
      'support@corp.test',
    );
    expect(
      screen.getByText(/Nobody has to authorize it: the portal signs in/),
    ).toBeInTheDocument();
    await user.click(screen.getByRole('button', { name: 'Save and connect' }));
    expect(authorization.authorize).not.toHaveBeenCalled();
    const [connect] = authorization.connect.mock.calls[0];
    const { signal } = new AbortController();
    await act(async () => {
      await connect({ signal });
    });
    expect(api.names.indexOf('createChannel')).toBeLessThan(
      api.names.indexOf('connectChannel'),
    );
    expect(
      await screen.findByText('The mailbox has not been connected yet'),
    ).toBeInTheDocument();

    await user.click(screen.getByRole('button', { name: 'Connect' }));
    expect(authorization.connect).toHaveBeenCalledTimes(2);
    expect(authorization.authorize).not.toHaveBeenCalled();
  });

  it('S5: says that OAuth 2.0 needs https where the backend refuses because of it', async () => {
    authorization.state = {
      status: 'failed',
      failure: { code: 'https-required' },
    };
    render({ getChannel: () => aChannel({ state: 'draft' }) });
    const alert = await screen.findByRole('alert');
    expect(alert).toHaveTextContent('OAuth 2.0 needs https');
    expect(alert).toHaveTextContent('An administrator can mend this');
    expect(alert).toHaveTextContent('backend.baseUrl');
  });

  it('S65: says that the channel is enabled', async () => {
    authorization.state = { status: 'succeeded' };
    render({ getChannel: () => aChannel(), previewChannel: () => preview });
    expect(
      await screen.findByText('The channel is enabled'),
    ).toBeInTheDocument();
  });

  it('goes to the provider in this tab where the popup was blocked (T12)', async () => {
    authorization.state = {
      status: 'blocked',
      startUrl: 'https://b.test/s',
    };
    const { user } = render({ getChannel: () => aChannel() });
    // One click, in place: an anchor without a target.
    const link = await screen.findByRole('link', {
      name: 'Go to the provider’s page',
    });
    expect(link).toHaveAttribute('href', 'https://b.test/s');
    expect(link).not.toHaveAttribute('target');
    await user.click(
      screen.getByRole('button', { name: 'Cancel authorization' }),
    );
    expect(authorization.cancel).toHaveBeenCalled();
  });

  it('asks for the code of a window on another site', async () => {
    authorization.state = { status: 'unclaimed', claiming: false };
    const { user } = render({ getChannel: () => aChannel() });
    const use = await screen.findByRole('button', { name: 'Use the access' });
    const code = screen.getByLabelText('Code');
    await user.type(code, 'abcd-23');
    expect(use).toBeDisabled();
    await user.type(code, '45');
    await user.click(use);
    expect(authorization.claim).toHaveBeenCalledWith('abcd-2345');
  });

  it('says how often a code may still be entered', async () => {
    authorization.state = {
      status: 'unclaimed',
      claiming: false,
      triesLeft: 1,
    };
    render({ getChannel: () => aChannel() });
    expect(await screen.findByLabelText('Code')).toHaveAccessibleDescription(
      'That is not the code. 1 try is left.',
    );
  });

  describe.each(failureCodes)('a consent that ended with %s', code => {
    const buttons: Record<ConsentMending | 'none', string[]> = {
      none: [],
      authorize: ['Authorize again'],
      channel: ['Edit the mailbox', 'Authorize again'],
      integration: ['Open the integration', 'Authorize again'],
      'new-link': ['Make a new link', 'Authorize again'],
    };

    it('has its words and the button that mends it', async () => {
      authorization.state = { status: 'failed', failure: { code } };
      const { user } = render({ getChannel: () => aChannel() });
      const title = await screen.findByText(failures[code].title);
      const notice = title.closest<HTMLElement>('[role]')!;
      expect(notice).toHaveTextContent(failures[code].remedy);
      const names = [...notice.querySelectorAll('a, button')]
        .map(({ textContent }) => textContent)
        .filter(Boolean);
      expect(names).toEqual(buttons[consentMendings[code]]);
      for (const again of within(notice).queryAllByRole('button', {
        name: 'Authorize again',
      })) {
        await user.click(again);
      }
      expect(authorization.authorize).toHaveBeenCalledTimes(
        names.includes('Authorize again') ? 1 : 0,
      );
    });
  });

  it('leads an administrator to the integration, and the owner to the form', async () => {
    authorization.state = {
      status: 'failed',
      failure: { code: 'client-refused' },
    };
    render({ getChannel: () => aChannel() });
    expect(
      await screen.findByRole('button', { name: 'Open the integration' }),
    ).toHaveAttribute('href', `/incoming-mail/oauth/${aChoice().id}`);
  });

  it('makes a link for the owner of the mailbox and withdraws it', async () => {
    const link = {
      id: 'l1',
      address: 'support@corp.test',
      createdBy: 'user:default/olga',
      createdAt: '2024-05-06T07:08:09.000Z',
      expiresAt: '2024-05-09T07:08:09.000Z',
    };
    let links: ConsentLink[] = [];
    const { api, user } = render({
      getChannel: () => aChannel(),
      listConsentLinks: () => ({ items: links }),
      createConsentLink: () => {
        links = [link];
        return { ...link, url: 'https://b.test/oauth/invite#secret' };
      },
      revokeConsentLink: () => {
        links = [];
        return undefined;
      },
    });
    await user.selectOptions(await screen.findByLabelText('Works for'), '24');
    await user.click(screen.getByRole('button', { name: 'Make a link' }));
    expect(await screen.findByLabelText('Link')).toHaveValue(
      'https://b.test/oauth/invite#secret',
    );
    expect(api.lastInput('createConsentLink')).toMatchObject({
      body: { lifetimeHours: 24 },
    });
    const list = await screen.findByRole('list', {
      name: 'Links that can still be used',
    });
    expect(list).toHaveTextContent('Made by user:default/olga');
    expect(list).toHaveTextContent('Not opened yet.');
    await user.click(within(list).getByRole('button', { name: 'Withdraw' }));
    expect(api.lastInput('revokeConsentLink')).toMatchObject({
      params: { linkId: 'l1' },
    });
    await waitFor(() => expect(list).not.toBeInTheDocument());
    // What cannot be used any more is not left to be copied.
    expect(screen.queryByLabelText('Link')).not.toBeInTheDocument();
  });

  it('shows whose account reads a shared mailbox', async () => {
    render({ getChannel: () => aChannel({ readBy: 'jo@corp.test' }) });
    const name = await screen.findByText('Read by');
    expect(name.nextSibling).toHaveTextContent('jo@corp.test');
  });

  it('tells what is wrong, who can mend it and how', async () => {
    const { user } = render({
      getChannel: () =>
        aChannel({
          state: 'needs-consent',
          failure: { code: 'consent-revoked', detail: 'invalid_grant' },
        }),
    });
    const alert = await screen.findByRole('alert');
    expect(alert).toHaveTextContent('no longer accepts our access');
    expect(alert).toHaveTextContent('Someone who can sign in to the mailbox');
    expect(alert).toHaveTextContent('Authorize again');
    expect(alert).toHaveTextContent('invalid_grant');
    await user.click(screen.getByRole('button', { name: 'Authorize' }));
    expect(authorization.authorize).toHaveBeenCalledTimes(1);
  });

  it('P11: says when the access ends, and why', async () => {
    render({
      getChannel: () =>
        aChannel({
          consentEnd: { at: '2027-01-31T10:00:00.000Z', reason: 'testing' },
        }),
    });
    expect(await screen.findByText('Access ends')).toBeInTheDocument();
    expect(screen.getByText(/The Google app is in testing/)).toBeVisible();
  });

  it('polls at once and deletes after asking', async () => {
    let stored: Channel | undefined = aChannel({
      counts: { lastDay: 4, waiting: 2, held: 1, stored: 12 },
    });
    const { api, user } = render({
      getChannel: () => stored ?? noChannel(),
      pollChannel: () => undefined,
      deleteChannel: () => {
        stored = undefined;
        return undefined;
      },
    });
    await user.click(
      await screen.findByRole('button', { name: 'Check for mail now' }),
    );
    expect(
      await screen.findByText('The mailbox is visited in a moment.'),
    ).toBeInTheDocument();
    expect(api.names).toContain('pollChannel');

    await user.click(screen.getByRole('button', { name: 'Delete' }));
    const dialog = await screen.findByRole('dialog');
    expect(dialog).toHaveTextContent('support@corp.test is not read any more');
    expect(dialog).toHaveTextContent('withdrawn at the provider');
    expect(dialog).toHaveTextContent('12 stored mails are deleted');
    expect(dialog).toHaveTextContent('3 of them have not been handled');
    expect(dialog).toHaveTextContent('Requests and comments stay');
    await user.click(
      within(dialog).getByRole('button', { name: 'Delete channel' }),
    );
    expect(
      await screen.findByText('The channel is deleted.'),
    ).toBeInTheDocument();
    expect(await screen.findByText('Connect a mailbox')).toBeInTheDocument();
  });

  it('checks the channel step by step', async () => {
    const refusal = await aRefusal(503, 'starting');
    const checkChannel = jest
      .fn()
      .mockRejectedValueOnce(refusal)
      .mockReturnValue({
        ok: false,
        checks: [
          { id: 'a', verdict: 'passed', title: 'The mail server answers' },
          {
            id: 'b',
            verdict: 'failed',
            title: 'Sign-in is accepted',
            failure: 'login-refused',
          },
        ],
      });
    const { user } = render({ getChannel: () => aChannel(), checkChannel });
    const button = await screen.findByRole('button', {
      name: 'Test connection',
    });
    await user.click(button);
    expect(
      await screen.findByText('The portal’s backend did not answer'),
    ).toBeInTheDocument();

    await user.click(button);
    const list = await screen.findByRole('list', { name: 'What was checked' });
    expect(within(list).getAllByRole('listitem')).toHaveLength(2);
    expect(list).toHaveTextContent('check that IMAP is switched on');
    await user.click(screen.getByRole('button', { name: 'Close' }));
    expect(list).not.toBeInTheDocument();
  });

  it('S63: updates an existing channel, and authorizes in a step of its own', async () => {
    let stored = aChannel();
    const { api, user } = render({
      getChannel: () => stored,
      updateChannel: ({ body }) => {
        stored = aChannel({
          version: 3,
          address: body.address,
          state: 'draft',
        });
        return stored;
      },
    });
    await user.click(await screen.findByRole('button', { name: 'Edit' }));
    const folder = await screen.findByLabelText('Folder');
    await user.clear(folder);
    await user.type(folder, 'Help');
    await user.click(screen.getByRole('button', { name: 'Update' }));
    expect(
      await screen.findByText('The mailbox’s settings are saved.'),
    ).toBeInTheDocument();
    expect(screen.queryByText(/^Next: press Authorize/)).toBeNull();
    expect(api.lastInput('updateChannel')).toMatchObject({
      body: { version: 2, folder: 'Help' },
    });

    await user.click(screen.getByRole('button', { name: 'Edit' }));
    const address = await screen.findByLabelText(/Email address/);
    await user.clear(address);
    await user.type(address, 'other@corp.test');
    await user.click(screen.getByRole('button', { name: 'Update' }));
    expect(
      await screen.findByText(/^Next: press Authorize/),
    ).toBeInTheDocument();
    expect(authorization.authorize).not.toHaveBeenCalled();
    await user.click(screen.getByRole('button', { name: 'Authorize' }));
    expect(authorization.authorize).toHaveBeenCalledTimes(1);
  });

  describe('with a password', () => {
    const passwordChannel = (changes: Partial<Channel> = {}) =>
      aChannel({
        authentication: { method: 'password', passwordSet: true },
        integrationName: undefined,
        ...changes,
      });
    const failed = {
      ok: false,
      checks: [
        {
          id: 'sign-in',
          verdict: 'failed' as const,
          title: 'Sign-in is accepted',
          failure: 'password-refused' as const,
        },
      ],
    };

    it('S52, S63: saves and connects in one go, and says why that failed', async () => {
      let stored: Channel | undefined;
      const activateChannel = jest
        .fn()
        .mockImplementationOnce(() => ({ report: failed, channel: stored }))
        .mockImplementation(() => {
          stored = passwordChannel();
          return { report: { ok: true, checks: [] }, channel: stored };
        });
      const { api, user } = render({
        getChannel: () => stored ?? noChannel(),
        createChannel: () => {
          stored = passwordChannel({ state: 'draft' });
          return stored;
        },
        activateChannel,
        previewChannel: () => preview,
      });
      await user.type(
        await screen.findByLabelText(/Email address/),
        'support@corp.test',
      );
      await user.selectOptions(
        screen.getByLabelText(/^Authentication method/),
        'Password',
      );
      const save = screen.getByRole('button', { name: 'Save and connect' });
      await user.click(save);
      expect(screen.getByLabelText('Password')).toBeInvalid();
      expect(api.names).not.toContain('createChannel');
      await user.type(screen.getByLabelText('Password'), 'secret');
      await user.click(save);

      expect(
        await screen.findByText('The mailbox could not be connected'),
      ).toBeInTheDocument();
      expect(
        screen.getByText(/Enter the current password again/),
      ).toBeInTheDocument();
      expect(api.lastInput('createChannel')).toMatchObject({
        body: {
          server: imapHost,
          authentication: { method: 'password', password: 'secret' },
        },
      });

      await user.click(screen.getByRole('button', { name: 'Connect' }));
      expect(
        await screen.findByText('The channel is enabled'),
      ).toBeInTheDocument();
      expect(authorization.authorize).not.toHaveBeenCalled();
    });

    it('S61: changes to OAuth 2.0 in place, and says that all else stays', async () => {
      const { api, user } = render({
        getChannel: () =>
          passwordChannel({
            aliases: ['help@corp.test'],
            requestDefaults: { labels: ['mail'] },
          }),
        updateChannel: () => aChannel({ version: 3, state: 'draft' }),
      });
      await user.click(await screen.findByRole('button', { name: 'Edit' }));
      expect(
        await screen.findByText(/how far it was read stay/),
      ).toBeInTheDocument();
      expect(screen.getByLabelText('Password')).toHaveAccessibleDescription(
        'A password is stored. Leave empty to keep it.',
      );
      await user.selectOptions(
        screen.getByLabelText(/^Authentication method/),
        'OAuth 2.0: Corp mail',
      );
      await user.click(screen.getByRole('button', { name: 'Update' }));
      expect(
        await screen.findByText(/Everything else stayed as it was/),
      ).toBeInTheDocument();
      expect(api.lastInput('updateChannel')).toMatchObject({
        body: {
          version: 2,
          address: 'support@corp.test',
          server: imapHost,
          authentication: { method: 'oauth', integrationId: aChoice().id },
          aliases: ['help@corp.test'],
          requestDefaults: { labels: ['mail'] },
        },
      });
    });

    it('asks for the password again before it goes to another server', async () => {
      const { api, user } = render({ getChannel: () => passwordChannel() });
      await user.click(await screen.findByRole('button', { name: 'Edit' }));
      await user.type(await screen.findByLabelText(/^Host/), 'x');
      expect(screen.getByLabelText('Password')).toHaveAccessibleDescription(
        /^Enter the password again/,
      );
      await user.click(screen.getByRole('button', { name: 'Update' }));
      expect(screen.getByLabelText('Password')).toBeInvalid();
      expect(api.names).not.toContain('updateChannel');
    });
  });

  it('S52, S57: greys out what a mail service does not have, with the reason', async () => {
    const { user } = render({ getChannel: noChannel });
    await user.click(
      await screen.findByRole('radio', { name: 'Microsoft 365' }),
    );
    const ways = screen.getByLabelText(/^Authentication method/);
    expect(
      within(ways).getByRole('option', { name: 'Password' }),
    ).toBeDisabled();
    expect(
      within(ways).getByRole('option', { name: 'OAuth 2.0: Corp mail' }),
    ).toBeDisabled();
    const reasons = screen.getByRole('list', {
      name: 'What cannot be chosen here, and why',
    });
    expect(reasons).toHaveTextContent(/Microsoft 365 takes no passwords/);
    expect(reasons).toHaveTextContent(/none of those that Corp mail lists/);
    await user.click(screen.getByRole('radio', { name: 'Custom' }));
    expect(
      within(ways).getByRole('option', { name: 'Password' }),
    ).toBeEnabled();
    expect(reasons).not.toBeInTheDocument();
  });

  it('S57: greys out a protocol that the integration’s scopes do not open', async () => {
    const pop3 = { ...imapHost, protocol: 'pop3' as const, port: 995 };
    const granted = aChoice({ mailHosts: [imapHost, pop3] });
    const { user } = render({
      getChannel: noChannel,
      listIntegrationChoices: () => ({
        items: [granted, aChoice({ id: 'b', name: 'No POP3' })],
      }),
    });
    const ways = await screen.findByLabelText(/^Authentication method/);
    const serverOptions = () =>
      within(screen.getByLabelText(/^Mail server/)).getAllByRole('option');
    await user.selectOptions(ways, 'OAuth 2.0: Corp mail');
    // The scopes open IMAP alone; the server of the other protocol is shown.
    expect(
      serverOptions().map(option => [
        option.textContent,
        option.hasAttribute('disabled'),
      ]),
    ).toEqual([
      ['Choose…', true],
      ['IMAP imap.corp.test:993 (TLS)', false],
      [expect.stringMatching(/^POP3 .* – not in the integration/), true],
    ]);
  });

  it('offers the folders of the stored channel, while the form is about it', async () => {
    const { api, user } = render({
      getChannel: () => aChannel(),
      listChannelFolders: () => ({
        items: [{ path: 'Help', selectable: true }],
      }),
    });
    await user.click(await screen.findByRole('button', { name: 'Edit' }));
    const name = 'Show the folders of the mail server';
    await user.click(await screen.findByRole('button', { name }));
    expect(await screen.findByText(/^One folder was found/)).toBeVisible();
    expect(api.names).toContain('listChannelFolders');
    expect(screen.getByLabelText('Folder')).toHaveAttribute(
      'list',
      'incoming-mail-folder-suggestions',
    );
    // Of another account nothing is known before it is signed in to.
    await user.type(screen.getByLabelText(/Email address/), 'x');
    expect(screen.queryByRole('button', { name })).not.toBeInTheDocument();
  });

  it('pauses and goes on', async () => {
    let stored = aChannel();
    const { api, user } = render({
      getChannel: () => stored,
      pauseChannel: () => {
        stored = aChannel({ state: 'paused' });
        return stored;
      },
      resumeChannel: () => {
        stored = aChannel();
        return stored;
      },
    });
    await user.click(await screen.findByRole('button', { name: 'Pause' }));
    expect(await screen.findByText('Reading is paused')).toBeInTheDocument();
    expect(
      screen.getByRole('button', { name: 'Check for mail now' }),
    ).toBeDisabled();
    await user.click(screen.getByRole('button', { name: 'Go on reading' }));
    expect(
      await screen.findByRole('button', { name: 'Pause' }),
    ).toBeInTheDocument();
    expect(api.names).toContain('resumeChannel');
  });

  describe('older mail', () => {
    it('is left alone unless it is asked for, and shown in numbers', async () => {
      authorization.state = { status: 'succeeded' };
      const { api, user } = render({
        getChannel: () => aChannel(),
        previewChannel: () => preview,
      });
      expect(
        await screen.findByText(/The mailbox holds 12,431 messages\./),
      ).toBeInTheDocument();
      await user.click(
        screen.getByRole('button', { name: 'Leave it as it is' }),
      );
      expect(screen.queryByText(/12,431/)).not.toBeInTheDocument();
      expect(api.names).not.toContain('startChannelImport');
    });

    it('is imported since a date, or by number, and told of while it runs', async () => {
      let stored = aChannel();
      const { api, user } = render({
        getChannel: () => stored,
        previewChannel: () => preview,
        startChannelImport: () => {
          const lastImport = {
            id: 'i',
            state: 'running' as const,
            found: 1200,
            imported: 50,
            createdAt: '2024-05-06T07:08:09.000Z',
          };
          stored = aChannel({ lastImport });
          return lastImport;
        },
        cancelChannelImport: () => {
          stored = aChannel();
          return undefined;
        },
      });
      await user.click(
        await screen.findByRole('button', { name: 'Import older mail' }),
      );
      await user.click(
        await screen.findByRole('radio', { name: /since a date/ }),
      );
      const start = screen.getByRole('button', { name: 'Import' });
      await user.click(start);
      expect(screen.getByLabelText('Since')).toBeInvalid();
      expect(api.names).not.toContain('startChannelImport');
      fireEvent.change(screen.getByLabelText('Since'), {
        target: { value: '2024-05-01' },
      });
      await user.click(start);
      expect(api.lastInput('startChannelImport')).toMatchObject({
        body: { since: '2024-05-01' },
      });
      expect(await screen.findByText('50 of 1,200 so far.')).toBeVisible();
      await user.click(screen.getByRole('button', { name: 'Stop the import' }));
      await waitFor(() =>
        expect(screen.queryByText(/so far/)).not.toBeInTheDocument(),
      );

      await user.click(
        screen.getByRole('button', { name: 'Import older mail' }),
      );
      await user.click(
        await screen.findByRole('radio', { name: /newest older/ }),
      );
      await user.click(screen.getByRole('button', { name: 'Import' }));
      await waitFor(() =>
        expect(api.lastInput('startChannelImport')).toMatchObject({
          body: { last: 100 },
        }),
      );
    });

    it('cannot be chosen where the server tells no ages', async () => {
      const { user } = render({
        getChannel: () => aChannel(),
        previewChannel: () => ({ messageCount: 3, importable: false }),
      });
      await user.click(
        await screen.findByRole('button', { name: 'Import older mail' }),
      );
      expect(
        await screen.findByText(/does not tell how old a mail is/),
      ).toBeInTheDocument();
      expect(screen.queryByRole('radio')).not.toBeInTheDocument();
    });
  });

  it('S60: shows the details of the channel, and how far behind it is', async () => {
    render({
      getChannel: () =>
        aChannel({
          aliases: ['help@corp.test'],
          afterStoring: { action: 'move', folder: 'Done' },
          requestDefaults: { priority: 'high', labels: ['mail', 'corp'] },
          counts: { lastDay: 4, waiting: 2, held: 0, stored: 9, onServer: 17 },
        }),
    });
    for (const [name, value] of [
      ['Mail server', 'IMAP imap.corp.test:993, TLS'],
      ['Authentication', 'OAuth 2.0: Corp mail'],
      ['Further addresses', 'help@corp.test'],
      ['After storing', 'Moved to Done'],
      ['Priority', 'High'],
      ['Labels', 'mail, corp'],
      ['Mails in 24 hours', '4'],
      ['Still on the server', '17'],
    ]) {
      const term = await screen.findByText(name, { selector: 'dt' });
      expect(term.nextElementSibling).toHaveTextContent(value);
    }
  });

  it.each([
    [['incoming-mail.channel.read'], []],
    [['incoming-mail.channel.authorize'], ['Authorize']],
    [
      ['incoming-mail.channel.update'],
      [
        'Check for mail now',
        'Test connection',
        'Import older mail',
        'Pause',
        'Edit',
      ],
    ],
    [['incoming-mail.channel.delete'], ['Delete']],
  ])('shows the buttons that %p allows', async (mayOnly, names) => {
    render({ getChannel: () => aChannel() }, mayOnly);
    const actions = await screen.findByRole('group', {
      name: 'What can be done with this mailbox',
    });
    expect(
      within(actions)
        .queryAllByRole('button')
        .map(button => button.textContent),
    ).toEqual(names);
  });

  it('shows the backend’s objections at the fields of the form', async () => {
    authorization.state = {
      status: 'failed',
      error: await aRefusal(400, 'Invalid input', [
        { path: 'body.address', message: 'is used by another project' },
      ]),
    };
    render({ getChannel: noChannel });
    expect(
      await screen.findByLabelText(/Email address/),
    ).toHaveAccessibleDescription('Is used by another project');
  });

  it('S12: asks for an integration where there is none; a password is still possible', async () => {
    render({
      getChannel: noChannel,
      listIntegrationChoices: () => ({ items: [] }),
    });
    expect(
      await screen.findByText('No OAuth 2.0 integration to choose from'),
    ).toBeInTheDocument();
    expect(screen.getByLabelText(/^Authentication method/)).toBeEnabled();
    expect(
      screen.getByRole('button', { name: 'Add an integration' }),
    ).toHaveAttribute('href', '/incoming-mail/oauth/new');
  });

  it('refuses kindly', async () => {
    const refusal = await aRefusal(403, 'no');
    render({ getChannel: () => Promise.reject(refusal) });
    expect(
      await screen.findByText('You may not see this project’s mail'),
    ).toBeInTheDocument();
  });

  it('shows each mail with its way and what it became', async () => {
    const { user } = render({
      getChannel: () => aChannel(),
      listMessages: () => ({
        items: [
          {
            id: 'm1',
            state: 'done',
            acceptedAt: '2024-05-06T07:08:09.000Z',
            sizeBytes: 1536,
            truncated: false,
            imported: true,
            subject: 'Printer',
            from: 'jo@corp.test',
            attempts: 1,
            target: 'request:7#comment',
            trace: [{ step: 'thread', verdict: 'passed', reason: 'a reply' }],
          },
        ],
      }),
      listJournal: () => ({
        items: [
          {
            id: 'j1',
            at: '2024-05-06T07:08:09.000Z',
            event: 'mail-accepted',
            count: 2,
          },
        ],
      }),
    });
    expect(
      await screen.findByText('New mail was read: 2 mails'),
    ).toBeInTheDocument();
    await user.click(await screen.findByRole('button', { name: /Printer/ }));
    expect(
      await screen.findByRole('link', { name: 'Comment on request 7' }),
    ).toHaveAttribute('href', '/requests/7');
    expect(screen.getByText(/a reply/)).toBeInTheDocument();
    expect(screen.getByText(/imported older mail/)).toBeInTheDocument();
    expect(
      screen.getByRole('button', { name: 'Download mail' }),
    ).toBeInTheDocument();
  });

  it('offers nothing of a mail that was removed for its age, and says why (T61)', async () => {
    const { user } = render({
      getChannel: () => aChannel(),
      listMessages: () => ({
        items: [
          {
            id: 'm1',
            state: 'quarantined',
            acceptedAt: '2024-05-06T07:08:09.000Z',
            sizeBytes: 1536,
            truncated: false,
            imported: false,
            subject: 'Printer',
            attempts: 4,
            rawRemovedAt: '2025-05-06T07:08:09.000Z',
            trace: [],
          },
        ],
      }),
    });
    await user.click(await screen.findByRole('button', { name: /Printer/ }));
    expect(
      await screen.findByText(/The mail itself was removed .*2025/),
    ).toBeInTheDocument();
    for (const name of ['Download mail', 'Handle again']) {
      expect(screen.queryByRole('button', { name })).not.toBeInTheDocument();
    }
  });

  it('tries a quarantined mail without effect, and has it handled again', async () => {
    const aMessage = (change: Partial<MessageSummary>): MessageSummary => ({
      id: 'm1',
      state: 'quarantined',
      acceptedAt: '2024-05-06T07:08:09.000Z',
      sizeBytes: 1536,
      truncated: false,
      imported: false,
      subject: 'Printer',
      attempts: 4,
      failure: 'handler-failed',
      trace: [
        { step: 'handle', verdict: 'passed', reason: 'one: created x:1' },
        { step: 'handle', verdict: 'failed', reason: 'two: failed' },
      ],
      ...change,
    });
    const { api, user } = render({
      getChannel: () => aChannel(),
      listMessages: () => ({
        items: [
          aMessage({}),
          aMessage({ id: 'm2', state: 'done', subject: 'Finished' }),
        ],
      }),
      dryRunMessage: () => ({
        state: 'done',
        trace: [
          { step: 'handle', verdict: 'passed', reason: 'two: created y:2' },
        ],
      }),
      runMessage: () => aMessage({ state: 'stored', attempts: 0 }),
    });
    await user.click(await screen.findByRole('button', { name: /Finished/ }));
    expect(
      await screen.findByRole('button', { name: 'Try without effect' }),
    ).toBeInTheDocument();
    expect(
      screen.queryByRole('button', { name: 'Handle again' }),
    ).not.toBeInTheDocument();
    await user.click(screen.getByRole('button', { name: /Finished/ }));

    await user.click(screen.getByRole('button', { name: /Printer/ }));
    const details = within(
      await screen.findByRole('region', { name: 'Details of “Printer”' }),
    );
    expect(details.getByText(/one: created x:1/)).toBeInTheDocument();
    expect(details.getByText(/two: failed/)).toBeInTheDocument();

    await user.click(
      details.getByRole('button', { name: 'Try without effect' }),
    );
    expect(await details.findByText(/It would be done/)).toBeInTheDocument();
    expect(details.getByText(/two: created y:2/)).toBeInTheDocument();
    expect(api.names).not.toContain('runMessage');

    await user.click(details.getByRole('button', { name: 'Handle again' }));
    expect(
      await details.findByText('The mail is handled again in a moment.'),
    ).toBeInTheDocument();
    expect(api.lastInput('runMessage')).toMatchObject({
      params: { name: 'support', messageId: 'm1' },
    });
  });
});
