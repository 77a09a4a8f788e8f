// SPDX-License-Identifier: Apache-2.0
import { screen, waitFor, within } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { mockApis, renderInTestApp } from '@backstage/frontend-test-utils';
import { EntityProvider } from '@backstage/plugin-catalog-react';
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
import { aChannel, aChoice, aRefusal, project } from '../__testUtils__/samples';
import { incomingMailApiRef } from '../api/incomingMailApiRef';
import { AuthorizePopup, useAuthorizePopup } from '../hooks/useAuthorizePopup';
import { requestsRouteRef, rootRouteRef } from '../routes';
import { ChannelContent } from './ChannelContent';

jest.mock('../hooks/useAuthorizePopup');

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

function render(answers: Answers) {
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
      apis: [[incomingMailApiRef, api], mockApis.permission()],
    },
  );
  return { api, user: userEvent.setup() };
}

async function noChannel(): Promise<Channel> {
  throw await aRefusal(404, 'no channel');
}

describe('ChannelContent', () => {
  it('connects a mailbox: saves on the way to the consent', async () => {
    let stored: Channel | undefined;
    const { api, user } = render({
      getChannel: () => stored ?? noChannel(),
      createChannel: () => {
        stored = aChannel({ state: 'draft' });
        return stored;
      },
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
    await authorization.authorize.mock.calls[0][0]?.();
    expect(api.lastInput('createChannel')).toEqual({
      params: { kind: 'component', namespace: 'default', name: 'support' },
      body: {
        address: 'support@corp.test',
        server: aChoice().mailHosts[0],
        folder: 'INBOX',
        authentication: { method: 'oauth', integrationId: aChoice().id },
      },
    });
    expect(await screen.findByText('Not authorized yet')).toBeInTheDocument();
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
    await authorization.connect.mock.calls[0][0]?.();
    expect(api.names).toContain('createChannel');
    expect(
      await screen.findByText('The mailbox has not been connected yet'),
    ).toBeInTheDocument();

    await user.click(screen.getByRole('button', { name: 'Connect' }));
    expect(authorization.connect).toHaveBeenLastCalledWith();
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

  it('says that the channel is enabled', async () => {
    authorization.state = { status: 'succeeded' };
    render({ getChannel: () => aChannel() });
    expect(
      await screen.findByText('The channel is enabled'),
    ).toBeInTheDocument();
  });

  it('goes to the provider in this tab where the popup was blocked (T12)', async () => {
    authorization.state = { status: 'blocked', startUrl: 'https://b.test/s' };
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
    expect(authorization.authorize).toHaveBeenCalledWith();
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
    let stored: Channel | undefined = aChannel();
    const { api, user } = render({
      getChannel: () => stored ?? noChannel(),
      pollChannel: () => undefined,
      deleteChannel: () => {
        stored = undefined;
        return undefined;
      },
    });
    await user.click(await screen.findByRole('button', { name: 'Poll now' }));
    expect(
      await screen.findByText('The mailbox is visited in a moment.'),
    ).toBeInTheDocument();
    expect(api.names).toContain('pollChannel');

    await user.click(screen.getByRole('button', { name: 'Delete' }));
    const dialog = await screen.findByRole('dialog');
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
    const button = await screen.findByRole('button', { name: 'Check channel' });
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

  it('edits a folder without a new consent, an address only with one', async () => {
    const { api, user } = render({
      getChannel: () => aChannel(),
      updateChannel: () => aChannel({ version: 3, folder: 'Help' }),
    });
    await user.click(await screen.findByRole('button', { name: 'Edit' }));
    const folder = await screen.findByLabelText('Folder');
    const address = screen.getByLabelText(/Email address/);
    await user.clear(address);
    await user.type(address, 'other@corp.test');
    expect(
      screen.getByRole('button', { name: 'Save and authorize' }),
    ).toBeInTheDocument();
    await user.clear(address);
    await user.type(address, 'support@corp.test');
    await user.clear(folder);
    await user.type(folder, 'Help');
    await user.click(screen.getByRole('button', { name: 'Save' }));
    expect(
      await screen.findByText('The mailbox’s settings are saved.'),
    ).toBeInTheDocument();
    expect(api.lastInput('updateChannel')).toMatchObject({
      body: { version: 2, folder: 'Help' },
    });
    expect(authorization.authorize).not.toHaveBeenCalled();
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

  it('asks for an integration where there is none', async () => {
    render({
      getChannel: noChannel,
      listIntegrationChoices: () => ({ items: [] }),
    });
    expect(
      await screen.findByText('No OAuth 2.0 integration to choose from'),
    ).toBeInTheDocument();
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
    expect(
      screen.getByRole('button', { name: 'Download mail' }),
    ).toBeInTheDocument();
  });

  it('tries a quarantined mail without effect, and has it handled again', async () => {
    const aMessage = (change: Partial<MessageSummary>): MessageSummary => ({
      id: 'm1',
      state: 'quarantined',
      acceptedAt: '2024-05-06T07:08:09.000Z',
      sizeBytes: 1536,
      truncated: false,
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
