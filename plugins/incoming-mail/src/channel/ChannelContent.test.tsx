// SPDX-License-Identifier: Apache-2.0
import { act, screen, within } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { mockApis, renderInTestApp } from '@backstage/frontend-test-utils';
import { EntityProvider } from '@backstage/plugin-catalog-react';
import type { Channel } from '@postroom/plugin-incoming-mail-common';
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
      },
    });
    expect(await screen.findByText('Not authorized yet')).toBeInTheDocument();
    expect(
      screen.getByText('The mailbox has not been authorized yet'),
    ).toBeInTheDocument();
  });

  it('says that the channel is enabled', async () => {
    authorization.state = { status: 'succeeded' };
    render({ getChannel: () => aChannel() });
    expect(
      await screen.findByText('The channel is enabled'),
    ).toBeInTheDocument();
  });

  it('links to the provider where the popup was blocked', async () => {
    authorization.state = { status: 'blocked', startUrl: 'https://b.test/s' };
    const { user } = render({ getChannel: () => aChannel() });
    expect(
      await screen.findByRole('link', { name: 'Open the provider’s page' }),
    ).toHaveAttribute('href', 'https://b.test/s');
    await user.click(
      screen.getByRole('button', { name: 'Cancel authorization' }),
    );
    expect(authorization.cancel).toHaveBeenCalled();
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
});
