// SPDX-License-Identifier: Apache-2.0
import { act, cleanup, screen, waitFor, within } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { renderInTestApp } from '@backstage/frontend-test-utils';
import { CatalogApi, catalogApiRef } from '@backstage/plugin-catalog-react';
import { usePermission } from '@backstage/plugin-permission-react';
import {
  failures,
  MailServer,
  MailServerDraft,
  MailServerSettings,
  MessageSummary,
} from '@postroom/plugin-incoming-mail-common';
import { Route, Routes } from 'react-router-dom';
import {
  Answers,
  FakeIncomingMailApi,
} from '../../__testUtils__/FakeIncomingMailApi';
import {
  aChoice,
  aDraft,
  alertHandler,
  aMailServer,
  aRefusal,
  imapHost,
  trackerHandler,
} from '../../__testUtils__/samples';
import { incomingMailApiRef } from '../../api/incomingMailApiRef';
import { offerDownload } from '../../components/offerDownload';
import {
  AuthorizePopup,
  useAuthorizePopup,
} from '../../hooks/useAuthorizePopup';
import { rootRouteRef } from '../../routes';
import { MailServersContent } from './MailServersContent';

jest.mock('../../components/offerDownload');
jest.mock('../../hooks/useAuthorizePopup');
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
  listMailServers: () => ({ items: [aMailServer()] }),
  getMailServer: () => aMailServer(),
  listMailServerIntegrations: () => ({ items: [aChoice()] }),
  listHandlers: () => ({ items: [trackerHandler, alertHandler] }),
  listMailServerMessages: () => ({ items: [] }),
  listMailServerJournal: () => ({ items: [] }),
  deleteMailServerDraft: () => undefined,
};

function render(
  path: string,
  answers: Answers = {},
  denied: string[] = [],
  catalog: Partial<CatalogApi> = {},
) {
  const api = new FakeIncomingMailApi({ ...quiet, ...answers });
  jest.mocked(usePermission).mockImplementation(({ permission }) => ({
    loading: false,
    allowed: !denied.includes(permission.name),
  }));
  renderInTestApp(
    <Routes>
      <Route path="/incoming-mail/servers/*" element={<MailServersContent />} />
    </Routes>,
    {
      initialRouteEntries: [`/incoming-mail/servers${path}`],
      mountedRoutes: { '/incoming-mail': rootRouteRef },
      apis: [
        [incomingMailApiRef, api],
        [catalogApiRef, catalog],
      ],
    },
  );
  return { api, user: userEvent.setup() };
}

/**
 * A backend that keeps one draft, tests it, and saves what was tested. A draft
 * is told of as the backend does: with what is in the way of saving it.
 */
function aDraftBackend(options: { testPasses?: () => boolean } = {}) {
  const { testPasses = () => true } = options;
  let draft = aDraft();
  let passwords = 0;
  const put = (
    settings: MailServerSettings | undefined,
    changes: Partial<MailServerDraft> = {},
  ) => {
    const { authentication, ...others } = settings ?? aMailServer();
    const password =
      authentication.method === 'password' &&
      'password' in authentication &&
      authentication.password !== undefined;
    passwords += password ? 1 : 0;
    draft = aDraft({
      ...(others as Partial<MailServerDraft>),
      authentication:
        authentication.method === 'oauth'
          ? authentication
          : {
              method: 'password',
              userName: authentication.userName,
              passwordSet: true,
            },
      authorization: draft.authorization,
      ...changes,
    });
    return draft;
  };
  const answers: Answers = {
    createMailServerDraft: ({ body }) =>
      put(body?.settings, { serverId: body?.serverId }),
    updateMailServerDraft: ({ body }) =>
      put(body.settings, {
        testedAt: draft.testedAt,
        obstacle: draft.obstacle,
      }),
    getMailServerDraft: () => draft,
    checkMailServerDraft: () => {
      const ok = testPasses();
      draft = ok
        ? { ...draft, testedAt: draft.expiresAt, obstacle: undefined }
        : draft;
      return { report: reportOf(ok), draft };
    },
    createMailServer: () => aMailServer({ name: draft.name }),
    updateMailServer: () => aMailServer({ name: draft.name }),
  };
  return {
    answers,
    passwordsSent: () => passwords,
    grant: () => {
      draft = { ...draft, authorization: 'own' };
    },
  };
}

function reportOf(ok: boolean) {
  return {
    ok,
    checks: [
      {
        id: 'connect',
        verdict: 'passed' as const,
        title: 'The mail server answers',
      },
      ok
        ? {
            id: 'login',
            verdict: 'passed' as const,
            title: 'Sign-in is accepted',
          }
        : {
            id: 'login',
            verdict: 'failed' as const,
            title: 'Sign-in is accepted',
            failure: 'login-refused' as const,
          },
    ],
  };
}

type User = ReturnType<typeof userEvent.setup>;

/** In one go; every letter typed would draw the whole editor again. */
async function fill(user: User, label: RegExp | string, text: string) {
  const field = screen.getByLabelText(label);
  await user.clear(field);
  await user.click(field);
  await user.paste(text);
}

async function fillNew(user: User) {
  await screen.findByLabelText(/^Name/);
  await fill(user, /^Name/, 'Alerts');
  await fill(user, /^Email address/, 'alerts@corp.test');
  await user.selectOptions(screen.getByLabelText('Handler'), 'Raise an alert');
  await user.click(screen.getByRole('button', { name: 'Add handler' }));
}

const saveButton = () => screen.getByRole('button', { name: 'Save' });

describe('MailServersContent', () => {
  describe('the list', () => {
    it('S50: shows each mail server and how it is doing, with the way to edit it', async () => {
      render('', {
        listMailServers: () => ({
          items: [
            aMailServer(),
            aMailServer({
              id: 'b',
              name: 'Billing',
              state: 'needs-password',
              failure: { code: 'password-refused' },
              authentication: { method: 'password', passwordSet: true },
              enabled: false,
            }),
          ],
        }),
      });
      const row = await screen.findByRole('row', { name: /Alerts/ });
      expect(within(row).getByText('IMAP imap.corp.test:993')).toBeVisible();
      expect(within(row).getByText('OAuth 2.0: Corp mail')).toBeVisible();
      expect(await within(row).findByText('Create a request')).toBeVisible();
      expect(
        within(row).getByRole('button', { name: 'Edit Alerts' }),
      ).toHaveAttribute(
        'href',
        `/incoming-mail/servers/${aMailServer().id}/edit`,
      );
      const other = screen.getByRole('row', { name: /Billing/ });
      expect(within(other).getByText('Needs its password')).toBeVisible();
      expect(within(other).getByText('The password is refused')).toBeVisible();
      expect(
        within(other).getByRole('checkbox', { name: 'Read Billing' }),
      ).not.toBeChecked();
    });

    it('says what to do first where there is none', async () => {
      render('', { listMailServers: () => ({ items: [] }) });
      expect(await screen.findByText('No mail server yet')).toBeInTheDocument();
      expect(
        screen.getByRole('button', { name: 'Add mail server' }),
      ).toHaveAttribute('href', '/incoming-mail/servers/new');
    });

    it('S9: refuses people without the permission, asking nothing', async () => {
      const { api } = render('', {}, ['incoming-mail.mail-server.read']);
      expect(
        await screen.findByText('Mail servers are for administrators'),
      ).toBeInTheDocument();
      expect(api.names).toEqual([]);
    });

    it('shows no buttons that the person may not use', async () => {
      render('', {}, [
        'incoming-mail.mail-server.create',
        'incoming-mail.mail-server.update',
        'incoming-mail.mail-server.delete',
      ]);
      expect(await screen.findByText('Alerts')).toBeInTheDocument();
      expect(screen.queryByText('Add mail server')).not.toBeInTheDocument();
      expect(screen.queryByRole('button', { name: /Alerts/ })).toBeNull();
      expect(
        screen.getByRole('checkbox', { name: 'Read Alerts' }),
      ).toBeDisabled();
    });

    it('checks for mail now, and pauses', async () => {
      let stored = aMailServer();
      const { api, user } = render('', {
        listMailServers: () => ({ items: [stored] }),
        pollMailServer: () => undefined,
        pauseMailServer: () => {
          stored = aMailServer({ enabled: false, state: 'paused' });
          return stored;
        },
      });
      await user.click(
        await screen.findByRole('button', {
          name: 'Check Alerts for mail now',
        }),
      );
      expect(
        await screen.findByText('The mailbox is visited in a moment.'),
      ).toBeInTheDocument();
      const enabled = screen.getByRole('checkbox', { name: 'Read Alerts' });
      expect(enabled).toBeChecked();
      await user.click(enabled);
      expect(await screen.findByText('Paused')).toBeInTheDocument();
      expect(enabled).not.toBeChecked();
      expect(api.lastInput('pauseMailServer')).toEqual({
        params: { mailServerId: aMailServer().id },
      });
    });

    it('spells out what goes with a mail server before it is deleted', async () => {
      let items = [aMailServer()];
      const { user } = render('', {
        listMailServers: () => ({ items }),
        deleteMailServer: () => {
          items = [];
          return undefined;
        },
      });
      await user.click(
        await screen.findByRole('button', { name: 'Delete Alerts' }),
      );
      const dialog = await screen.findByRole('dialog');
      expect(dialog).toHaveTextContent('alerts@corp.test is not read any more');
      expect(dialog).toHaveTextContent('12 stored mails are deleted');
      expect(dialog).toHaveTextContent('What handlers made of the mail stays');
      await user.click(within(dialog).getByRole('button', { name: 'Delete' }));
      expect(await screen.findByText('No mail server yet')).toBeInTheDocument();
    });
  });

  describe('the editor', () => {
    it('S51, S52, S54, S55, S56: fills in a preset, tests a password, and saves only what passed', async () => {
      let passes = false;
      const backend = aDraftBackend({ testPasses: () => passes });
      const { api, user } = render('/new', backend.answers);
      await fillNew(user);
      await user.click(screen.getByRole('radio', { name: 'Yahoo' }));
      expect(screen.getByLabelText(/^Host/)).toHaveValue('imap.mail.yahoo.com');
      await user.selectOptions(
        screen.getByLabelText(/^Authentication method/),
        'Password',
      );
      expect(screen.getByText(/^Test the connection first/)).toBeVisible();
      expect(saveButton()).toBeDisabled();
      const test = screen.getByRole('button', { name: 'Test connection' });
      await user.click(test);
      expect(screen.getByLabelText('Password')).toBeInvalid();
      expect(api.names).not.toContain('createMailServerDraft');

      await fill(user, 'Password', 'secret');
      await user.click(test);
      expect(await screen.findByText('One check failed')).toBeInTheDocument();
      expect(
        screen.getByText(/check that IMAP is switched on/),
      ).toBeInTheDocument();
      expect(screen.getByText(/^The test failed, so this/)).toBeVisible();
      expect(saveButton()).toBeDisabled();

      passes = true;
      await user.click(test);
      expect(
        await screen.findByText('The test passed for exactly these settings.'),
      ).toBeInTheDocument();
      expect(saveButton()).toBeEnabled();
      expect(backend.passwordsSent()).toBe(1);

      // A change of the connection undoes it, and undone it is back.
      await user.type(screen.getByLabelText('Folder'), 's');
      expect(screen.getByText(/^Something was changed since/)).toBeVisible();
      expect(saveButton()).toBeDisabled();
      await user.type(screen.getByLabelText('Folder'), '{Backspace}');
      expect(saveButton()).toBeEnabled();

      // A name does not, and is stored on the way; the password is not sent again.
      await fill(user, /^Name/, 'Pager');
      await user.click(saveButton());
      expect(await screen.findByText('“Pager” is saved.')).toBeInTheDocument();
      expect(backend.passwordsSent()).toBe(1);
      expect(api.lastInput('updateMailServerDraft')).toMatchObject({
        body: {
          settings: {
            name: 'Pager',
            server: { host: 'imap.mail.yahoo.com' },
            handlers: [{ handlerId: 'alerts', settings: {} }],
          },
        },
      });
      expect(api.lastInput('createMailServer')).toEqual({
        body: { draftId: aDraft().id },
      });
      // What was saved is no draft any more, and is not dropped.
      expect(api.names).not.toContain('deleteMailServerDraft');
    });

    it('S53: authorizes before anything is saved', async () => {
      const backend = aDraftBackend();
      const { api, user } = render('/new', {
        ...backend.answers,
        startDraftConsent: () => ({
          consentId: 'consent',
          startUrl: 'https://b.test/s',
          expiresAt: '2024-05-06T07:08:09.000Z',
        }),
      });
      await fillNew(user);
      await user.selectOptions(
        screen.getByLabelText(/^Authentication method/),
        'OAuth 2.0: Corp mail',
      );
      // The integration brings its own server.
      expect(screen.getByLabelText(/^Host/)).toHaveValue('imap.corp.test');
      expect(screen.getByText('Not authorized yet.')).toBeVisible();
      await user.click(screen.getByRole('button', { name: 'Authorize' }));
      expect(authorization.authorize).toHaveBeenCalledTimes(1);
      expect(api.names).not.toContain('createMailServerDraft');

      const [start] = authorization.authorize.mock.calls[0];
      const { signal } = new AbortController();
      await act(async () => {
        await start({ returnOrigin: 'https://portal.test' }, { signal });
      });
      expect(api.lastInput('createMailServerDraft')).toMatchObject({
        body: { settings: { address: 'alerts@corp.test', server: imapHost } },
      });
      expect(api.lastInput('startDraftConsent')).toEqual({
        params: { draftId: aDraft().id },
        body: { returnOrigin: 'https://portal.test' },
      });
      // Where the popup is blocked the tab goes itself, and comes back to this.
      await act(async () => {
        await start(
          {
            returnOrigin: 'https://portal.test',
            returnPath: '/incoming-mail/servers/new',
          },
          { signal },
        );
      });
      expect(api.lastInput('startDraftConsent')).toMatchObject({
        body: {
          returnPath: `/incoming-mail/servers/new?draft=${aDraft().id}`,
        },
      });
      backend.grant();
      authorization.state = { status: 'succeeded' };
      await user.type(screen.getByLabelText('Description'), 'x');
      expect(
        await screen.findByText('Authorized for what will be saved.'),
      ).toBeInTheDocument();
      expect(screen.getByText('The access was given')).toBeInTheDocument();
      expect(saveButton()).toBeDisabled();
      expect(api.names).not.toContain('createMailServer');
    });

    it('S53: comes back to the draft after the tab itself went to the provider', async () => {
      authorization.state = { status: 'succeeded' };
      const draft = aDraft({
        name: 'Half done',
        address: 'half@corp.test',
        authorization: 'own',
      });
      const { api } = render(`/new?draft=${draft.id}`, {
        getMailServerDraft: () => draft,
      });
      expect(await screen.findByLabelText(/^Name/)).toHaveValue('Half done');
      expect(screen.getByLabelText(/^Email address/)).toHaveValue(
        'half@corp.test',
      );
      expect(
        await screen.findByText('Authorized for what will be saved.'),
      ).toBeInTheDocument();
      expect(api.names).not.toContain('createMailServerDraft');
    });

    it('starts anew where the draft of the address is gone, or another mail server’s', async () => {
      const missing = await aRefusal(404, 'gone');
      render(`/new?draft=${aDraft().id}`, {
        getMailServerDraft: () => Promise.reject(missing),
      });
      expect(await screen.findByLabelText(/^Name/)).toHaveValue('');
      cleanup();
      render(`/new?draft=${aDraft().id}`, {
        getMailServerDraft: () => aDraft({ serverId: 'b', name: 'Of another' }),
      });
      expect(await screen.findByLabelText(/^Name/)).toHaveValue('');
    });

    it('starts from what is stored now after a change in between', async () => {
      const refusal = await aRefusal(
        409,
        'no',
        undefined,
        undefined,
        'server-changed',
      );
      let stored = aMailServer();
      const { user } = render(`/${stored.id}/edit`, {
        ...aDraftBackend().answers,
        getMailServer: () => stored,
        updateMailServer: () => {
          stored = aMailServer({ version: 3, name: 'Theirs' });
          return Promise.reject(refusal);
        },
      });
      await user.click(
        await screen.findByRole('button', { name: 'Test connection' }),
      );
      await screen.findByText('The test passed for exactly these settings.');
      await user.click(saveButton());
      await user.click(await screen.findByRole('button', { name: 'Reload' }));
      await waitFor(() =>
        expect(screen.getByLabelText(/^Name/)).toHaveValue('Theirs'),
      );
      expect(screen.getByText(/^Test the connection first/)).toBeVisible();
    });

    it('suggests entities of the catalog, and takes any other ref', async () => {
      const queryEntities = jest.fn(async () => ({
        items: [
          {
            apiVersion: 'backstage.io/v1alpha1',
            kind: 'Component',
            metadata: { name: 'shop', namespace: 'default', title: 'The Shop' },
          },
        ],
        totalItems: 1,
        pageInfo: {},
      }));
      const { user } = render(
        '/new',
        {
          listHandlers: () => ({
            items: [
              {
                id: 'raise-alert',
                title: 'Raise an alert',
                fields: [
                  {
                    name: 'component',
                    title: 'Component',
                    kind: 'entity',
                    required: true,
                    entityKinds: ['component'],
                  },
                ],
              },
            ],
          }),
        },
        [],
        { queryEntities },
      );
      const field = await screen.findByRole('combobox', { name: /^Component/ });
      expect(queryEntities).not.toHaveBeenCalled();
      await user.click(field);
      await user.paste('component:default/sh');
      await waitFor(() =>
        expect(queryEntities).toHaveBeenLastCalledWith(
          expect.objectContaining({
            filter: { kind: ['component'] },
            fullTextFilter: expect.objectContaining({ term: 'sh' }),
            limit: 20,
          }),
        ),
      );
      const list = document.getElementById(field.getAttribute('list')!)!;
      await waitFor(() =>
        expect(list.querySelector('option')).toHaveAttribute(
          'value',
          'component:default/shop',
        ),
      );
      expect(list.querySelector('option')).toHaveAttribute('label', 'The Shop');

      queryEntities.mockRejectedValue(new Error('no catalog'));
      await user.clear(field);
      await user.paste('system:other/any');
      await waitFor(() => expect(list.querySelector('option')).toBeNull());
      expect(field).toHaveValue('system:other/any');
    });

    it('needs nobody’s consent where the application reads in its own name', async () => {
      const { user } = render('/new', {
        listMailServerIntegrations: () => ({
          items: [aChoice({ grantType: 'client_credentials' })],
        }),
      });
      await user.selectOptions(
        await screen.findByLabelText(/^Authentication method/),
        'OAuth 2.0: Corp mail',
      );
      expect(screen.getByText(/the portal signs in to this/)).toBeVisible();
      expect(screen.queryByRole('button', { name: 'Authorize' })).toBeNull();
    });

    it('S51, S52, S57: greys out what cannot work, with the reason', async () => {
      const { user } = render('/new', {
        listMailServerIntegrations: () => ({
          items: [aChoice(), aChoice({ id: 'b', name: 'New', ready: false })],
        }),
      });
      await user.click(
        await screen.findByRole('radio', { name: 'Outlook.com' }),
      );
      const ways = screen.getByLabelText(/^Authentication method/);
      expect(
        within(ways).getByRole('option', { name: 'Password' }),
      ).toBeDisabled();
      expect(screen.getByText(/^Outlook.com takes no passwords/)).toBeVisible();
      expect(
        screen.getByText(/New has no client ID or client secret yet/),
      ).toBeVisible();

      await user.click(screen.getByRole('radio', { name: 'Custom' }));
      await user.selectOptions(ways, 'OAuth 2.0: Corp mail');
      expect(
        screen.getByRole('option', { name: /^POP3 – not in the integration/ }),
      ).toBeDisabled();
      // Typed away from what the token may be shown to, and led back.
      await user.type(screen.getByLabelText(/^Host/), 'x');
      expect(
        screen.getByText(/none of those that Corp mail lists/),
      ).toBeVisible();
      await user.click(
        screen.getByRole('button', { name: 'Use IMAP imap.corp.test:993' }),
      );
      expect(screen.getByLabelText(/^Host/)).toHaveValue('imap.corp.test');
    });

    it('S57: reads POP3, which has no folders, and offers what it can do after storing', async () => {
      const { user } = render('/new');
      const storing = await screen.findByLabelText('After a mail is stored');
      const options = () =>
        within(storing)
          .getAllByRole('option')
          .map(({ textContent }) => textContent);
      expect(options()).toContain('Move it to another folder');
      expect(screen.getByLabelText('Folder')).toBeInTheDocument();
      await user.selectOptions(screen.getByLabelText('Protocol'), 'POP3');
      expect(screen.getByLabelText(/^Port/)).toHaveValue('995');
      expect(screen.queryByLabelText('Folder')).not.toBeInTheDocument();
      expect(options()).toEqual([
        'Leave it on the mail server',
        'Delete it from the mail server',
      ]);
      await user.selectOptions(storing, 'Delete it from the mail server');
      expect(
        screen.getByText(/^Mails are gone from the mailbox/),
      ).toBeVisible();
    });

    it('offers the folders that the server has, for reading and for moving to', async () => {
      const backend = aDraftBackend();
      let lists = false;
      const { api, user } = render('/new', {
        ...backend.answers,
        async listMailServerDraftFolders() {
          if (!lists) {
            throw await aRefusal(
              409,
              'The mailbox has not been authorized yet. Press Authorize.',
            );
          }
          return {
            items: [
              { path: 'INBOX', selectable: true, specialUse: '\\Inbox' },
              { path: 'Done', selectable: true, specialUse: '\\Archive' },
              { path: 'Team', selectable: false },
            ],
          };
        },
      });
      await fillNew(user);
      await user.selectOptions(
        screen.getByLabelText(/^Authentication method/),
        'OAuth 2.0: Corp mail',
      );
      const show = () =>
        screen.getAllByRole('button', {
          name: 'Show the folders of the mail server',
        })[0];
      await user.click(show());
      expect(await screen.findByText(/Press Authorize/)).toBeVisible();

      lists = true;
      await user.click(show());
      expect(await screen.findByText(/^2 folders were found/)).toBeVisible();
      expect(api.lastInput('listMailServerDraftFolders')).toEqual({
        params: { draftId: aDraft().id },
      });
      // As a browser offers them; anything else can still be typed.
      const offeredAt = (label: RegExp) => {
        const list = screen.getByLabelText(label).getAttribute('list');
        return [...document.querySelectorAll(`#${list} option`)].map(option => [
          option.getAttribute('value'),
          option.getAttribute('label'),
        ]);
      };
      const offered = [
        ['INBOX', 'INBOX (inbox)'],
        ['Done', 'Done (archive)'],
      ];
      expect(offeredAt(/^Folder/)).toEqual(offered);
      await user.selectOptions(
        screen.getByLabelText('After a mail is stored'),
        'Move it to another folder',
      );
      expect(offeredAt(/^Move to folder/)).toEqual(offered);
      await fill(user, /^Move to folder/, 'Elsewhere');
      expect(screen.getByLabelText(/^Move to folder/)).toHaveValue('Elsewhere');
    });

    it('S69: binds handlers in an order, with the settings that they ask for', async () => {
      const backend = aDraftBackend();
      const { api, user } = render('/new', backend.answers);
      await fillNew(user);
      await user.selectOptions(
        screen.getByLabelText('Handler'),
        'Create a request',
      );
      await user.click(screen.getByRole('button', { name: 'Add handler' }));
      await user.selectOptions(
        screen.getByLabelText(/^Authentication method/),
        'OAuth 2.0: Corp mail',
      );
      const list = screen.getByRole('list', {
        name: 'Handlers, in their order',
      });
      const titles = () =>
        within(list)
          .getAllByRole('heading')
          .map(({ textContent }) => textContent);
      expect(titles()).toEqual(['1. Raise an alert', '2. Create a request']);
      await user.click(
        screen.getByRole('button', { name: 'Move Create a request up' }),
      );
      expect(titles()).toEqual(['1. Create a request', '2. Raise an alert']);

      const test = screen.getByRole('button', { name: 'Test connection' });
      await user.click(test);
      expect(screen.getByLabelText(/^Project/)).toHaveAccessibleDescription(
        'Is required',
      );
      await fill(user, /^Project/, 'component:default/shop');
      await fill(user, 'Labels', 'mail\nshop');
      await fill(user, 'Team', 'web');
      await user.click(screen.getByLabelText('Loud'));
      await user.selectOptions(screen.getByLabelText('Urgency'), 'At once');
      await user.click(test);
      await screen.findByText('Everything that was checked is in order');
      expect(api.lastInput('createMailServerDraft')).toMatchObject({
        body: {
          settings: {
            handlers: [
              {
                handlerId: 'request-tracker',
                settings: {
                  project: 'component:default/shop',
                  labels: ['mail', 'shop'],
                },
              },
              {
                handlerId: 'alerts',
                settings: { team: 'web', loud: true, urgency: 'high' },
              },
            ],
          },
        },
      });
      await user.click(
        screen.getByRole('button', { name: 'Remove Raise an alert' }),
      );
      expect(titles()).toEqual(['1. Create a request']);
      expect(saveButton()).toBeEnabled();
    });

    it('S61, S68: changes the authentication of a mail server and leaves its handlers alone', async () => {
      const backend = aDraftBackend();
      const gone = { handlerId: 'gone', settings: { as: 'it was' } };
      const stored = aMailServer({
        handlers: [...aMailServer().handlers, gone],
        authentication: { method: 'password', passwordSet: true },
      });
      const { api, user } = render(`/${stored.id}/edit`, {
        ...backend.answers,
        getMailServer: () => stored,
      });
      expect(
        await screen.findByText('This handler is not installed'),
      ).toBeInTheDocument();
      await user.selectOptions(
        screen.getByLabelText(/^Authentication method/),
        'OAuth 2.0: Corp mail',
      );
      await user.click(screen.getByRole('button', { name: 'Test connection' }));
      await screen.findByText('Everything that was checked is in order');
      await user.click(saveButton());
      expect(await screen.findByText('“Alerts” is saved.')).toBeInTheDocument();
      expect(api.lastInput('createMailServerDraft')).toMatchObject({
        body: {
          serverId: stored.id,
          settings: {
            authentication: { method: 'oauth', integrationId: aChoice().id },
            handlers: stored.handlers,
          },
        },
      });
      expect(api.lastInput('updateMailServer')).toEqual({
        params: { mailServerId: stored.id },
        body: { draftId: aDraft().id, version: stored.version },
      });
    });

    it('S71: authorizes a saved mail server again', async () => {
      const stored = aMailServer({
        state: 'needs-consent',
        failure: { code: 'consent-revoked' },
      });
      const { user } = render(`/${stored.id}/edit`, {
        getMailServer: () => stored,
      });
      expect(
        await screen.findByText(
          'The access that the saved mail server has is kept.',
        ),
      ).toBeInTheDocument();
      expect(screen.getByText(/no longer accepts our access/)).toBeVisible();
      await user.click(screen.getByRole('button', { name: 'Authorize again' }));
      expect(authorization.authorize).toHaveBeenCalledTimes(1);
    });

    it.each([
      ['test-too-old', /more than 15 minutes ago/, false],
      ['server-changed', /^Someone else changed this mail server/, true],
    ] as const)(
      'S55: says why the backend did not save: %s',
      async (reason, words, reloads) => {
        const refusal = await aRefusal(409, 'no', undefined, undefined, reason);
        const { user } = render(`/${aMailServer().id}/edit`, {
          ...aDraftBackend().answers,
          updateMailServer: () => Promise.reject(refusal),
        });
        await user.click(
          await screen.findByRole('button', { name: 'Test connection' }),
        );
        await screen.findByText('The test passed for exactly these settings.');
        await user.click(saveButton());
        expect(await screen.findByText(words)).toBeInTheDocument();
        expect(saveButton()).toBeDisabled();
        expect(screen.queryByRole('button', { name: 'Reload' }) !== null).toBe(
          reloads,
        );
      },
    );

    it('shows the backend’s objections at the fields', async () => {
      const refusal = await aRefusal(400, 'Invalid input', [
        {
          path: 'body.settings.handlers.0.settings.project',
          message: 'is not in the catalog',
        },
      ]);
      const { user } = render(`/${aMailServer().id}/edit`, {
        createMailServerDraft: () => Promise.reject(refusal),
      });
      await user.click(
        await screen.findByRole('button', { name: 'Test connection' }),
      );
      await waitFor(() =>
        expect(screen.getByLabelText(/^Project/)).toHaveAccessibleDescription(
          'Is not in the catalog',
        ),
      );
    });

    it('opens another draft where its own is gone, and drops one that is left', async () => {
      const missing = await aRefusal(404, 'gone');
      const backend = aDraftBackend();
      const { api, user } = render(`/${aMailServer().id}/edit`, {
        ...backend.answers,
        updateMailServerDraft: () => Promise.reject(missing),
      });
      const test = await screen.findByRole('button', {
        name: 'Test connection',
      });
      await user.click(test);
      await screen.findByText('The test passed for exactly these settings.');
      await fill(user, /^Name/, 'Other');
      await user.click(test);
      await waitFor(() =>
        expect(
          api.names.filter(name => name === 'createMailServerDraft'),
        ).toHaveLength(2),
      );
      await screen.findByText('The test passed for exactly these settings.');
      expect(api.names).not.toContain('deleteMailServerDraft');
      cleanup();
      expect(api.lastInput('deleteMailServerDraft')).toEqual({
        params: { draftId: aDraft().id },
      });
    });
  });

  describe('one mail server', () => {
    const path = `/${aMailServer().id}`;

    it('shows its state, its remedy, its settings and its logs', async () => {
      render(path, {
        getMailServer: () =>
          aMailServer({
            description: 'From the monitoring',
            state: 'degraded',
            failure: { code: 'connection-refused' },
            counts: {
              lastDay: 4,
              waiting: 2,
              held: 0,
              stored: 9,
              onServer: 17,
            },
          }),
        listMailServerMessages: () => ({
          items: [
            {
              id: 'm1',
              state: 'done',
              acceptedAt: '2024-05-06T07:08:09.000Z',
              sizeBytes: 1536,
              truncated: false,
              imported: false,
              subject: 'Disk full',
              from: 'monitor@corp.test',
              attempts: 1,
              trace: [],
            },
          ],
        }),
        listMailServerJournal: () => ({
          items: [
            {
              id: 'j1',
              at: '2024-05-06T07:08:09.000Z',
              event: 'server-created',
            },
          ],
        }),
      });
      expect(
        await screen.findByText('The server refused the connection'),
      ).toBeInTheDocument();
      expect(screen.getByText('From the monitoring')).toBeInTheDocument();
      expect(await screen.findByText('Create a request')).toBeInTheDocument();
      expect(await screen.findByText('Disk full')).toBeInTheDocument();
      expect(
        await screen.findByText('The mail server was created'),
      ).toBeInTheDocument();
      expect(
        screen.getByText('Still on the server').nextElementSibling,
      ).toHaveTextContent('17');
    });

    it('S71: renews its authorization in place', async () => {
      const { api, user } = render(path, {
        startMailServerConsent: () => ({
          consentId: 'consent',
          startUrl: 'https://b.test/s',
          expiresAt: '2024-05-06T07:08:09.000Z',
        }),
      });
      await user.click(
        await screen.findByRole('button', { name: 'Authorize again' }),
      );
      const [start] = authorization.authorize.mock.calls[0];
      const { signal } = new AbortController();
      await start({ returnOrigin: 'https://portal.test' }, { signal });
      expect(api.lastInput('startMailServerConsent')).toEqual({
        params: { mailServerId: aMailServer().id },
        body: { returnOrigin: 'https://portal.test' },
      });
    });

    it.each([
      ['client-refused', ['Open the integration', 'Authorize again']],
      ['folder-not-found', ['Edit the mailbox', 'Authorize again']],
      ['consent-denied', ['Authorize again']],
    ] as const)(
      'leads on where a consent ended with %s',
      async (code, names) => {
        authorization.state = { status: 'failed', failure: { code } };
        render(path);
        const title = await screen.findByText(failures[code].title);
        const notice = title.closest<HTMLElement>('[role]')!;
        expect(notice).toHaveTextContent(failures[code].remedy);
        expect(
          [...notice.querySelectorAll('a, button')]
            .map(({ textContent }) => textContent)
            .filter(Boolean),
        ).toEqual(names);
      },
    );

    it('asks for the code of a window on another site', async () => {
      authorization.state = { status: 'unclaimed', claiming: false };
      const { user } = render(path);
      await user.type(await screen.findByLabelText('Code'), 'abcd-2345');
      await user.click(screen.getByRole('button', { name: 'Use the access' }));
      expect(authorization.claim).toHaveBeenCalledWith('abcd-2345');
    });

    it('connects in the application’s own name', async () => {
      const { api, user } = render(path, {
        getMailServer: () =>
          aMailServer({
            grantType: 'client_credentials',
            state: 'needs-consent',
          }),
        connectMailServer: () => ({ status: 'succeeded' }),
      });
      await user.click(await screen.findByRole('button', { name: 'Connect' }));
      const [connect] = authorization.connect.mock.calls[0];
      await connect({ signal: new AbortController().signal });
      expect(api.lastInput('connectMailServer')).toEqual({
        params: { mailServerId: aMailServer().id },
      });
    });

    it('tells when the access ends, and what the server does not do', async () => {
      render(path, {
        getMailServer: () =>
          aMailServer({
            consentEnd: { at: '2027-01-31T10:00:00.000Z', reason: 'testing' },
            readBy: 'jo@corp.test',
            afterStoringRefusal: 'read-only',
          }),
      });
      expect(await screen.findByText('Access ends')).toBeVisible();
      expect(screen.getByText('jo@corp.test')).toBeVisible();
      expect(
        screen.getByText('The mail server does not mark mail as read'),
      ).toBeVisible();
      expect(screen.getByText(/The folder may only be read/)).toBeVisible();
    });

    it('tests the connection, pauses, goes on, and imports older mail', async () => {
      let stored: MailServer = aMailServer();
      const { api, user } = render(path, {
        getMailServer: () => stored,
        checkMailServer: () => reportOf(false),
        pauseMailServer: () => {
          stored = aMailServer({ enabled: false, state: 'paused' });
          return stored;
        },
        resumeMailServer: () => {
          stored = aMailServer();
          return stored;
        },
        previewMailServer: () => ({ messageCount: 1, importable: true }),
        startMailServerImport: ({ body }) => {
          const lastImport = {
            id: 'i',
            state: 'waiting' as const,
            ...body,
            imported: 0,
            createdAt: '2024-05-06T07:08:09.000Z',
          };
          stored = aMailServer({ lastImport });
          return lastImport;
        },
      });
      await user.click(
        await screen.findByRole('button', { name: 'Test connection' }),
      );
      expect(await screen.findByText('One check failed')).toBeInTheDocument();
      await user.click(screen.getByRole('button', { name: 'Pause' }));
      await user.click(
        await screen.findByRole('button', { name: 'Go on reading' }),
      );
      await user.click(
        await screen.findByRole('button', { name: 'Import older mail' }),
      );
      expect(
        await screen.findByText('The mailbox holds 1 message.'),
      ).toBeInTheDocument();
      await user.click(screen.getByRole('radio', { name: /newest older/ }));
      await user.click(screen.getByRole('button', { name: 'Import' }));
      expect(
        await screen.findByText('It begins with the next visit.'),
      ).toBeInTheDocument();
      expect(api.lastInput('startMailServerImport')).toMatchObject({
        body: { last: 100 },
      });
    });

    describe('its mail log (S58, P91)', () => {
      const quarantined: MessageSummary = {
        id: 'm1',
        state: 'quarantined',
        acceptedAt: '2024-05-06T07:08:09.000Z',
        sizeBytes: 1536,
        truncated: false,
        imported: false,
        subject: 'Disk full',
        attempts: 4,
        failure: 'handler-failed',
        trace: [{ step: 'handle', verdict: 'failed', reason: 'alert: failed' }],
      };

      it('downloads a mail, tries it without effect, and has it handled again', async () => {
        const { api, user } = render(path, {
          listMailServerMessages: () => ({ items: [quarantined] }),
          dryRunMailServerMessage: () => ({
            state: 'done',
            trace: [
              { step: 'handle', verdict: 'passed', reason: 'alert: created 2' },
            ],
          }),
          runMailServerMessage: () => ({ ...quarantined, state: 'stored' }),
          downloadMailServerMessage: () => new Blob(['raw']),
        });
        jest.mocked(offerDownload).mockImplementation(() => {});
        await user.click(
          await screen.findByRole('button', { name: /Disk full/ }),
        );
        const details = within(
          await screen.findByRole('region', { name: 'Details of “Disk full”' }),
        );
        expect(details.getByText(/alert: failed/)).toBeInTheDocument();
        const params = { mailServerId: aMailServer().id, messageId: 'm1' };

        await user.click(
          details.getByRole('button', { name: 'Try without effect' }),
        );
        const result = await details.findByRole('region', {
          name: /without effect|What would/,
        });
        expect(result).toHaveTextContent('alert: created 2');
        // It was there before, so that a screen reader reads it out.
        expect(result.parentElement).toHaveAttribute('aria-live', 'polite');
        expect(api.lastInput('dryRunMailServerMessage')).toEqual({ params });
        expect(api.names).not.toContain('runMailServerMessage');

        await user.click(details.getByRole('button', { name: 'Handle again' }));
        expect(
          await details.findByText('The mail is handled again in a moment.'),
        ).toBeInTheDocument();
        expect(api.lastInput('runMailServerMessage')).toEqual({ params });

        await user.click(
          details.getByRole('button', { name: 'Download mail' }),
        );
        await waitFor(() => expect(offerDownload).toHaveBeenCalledTimes(1));
        expect(api.lastInput('downloadMailServerMessage')).toEqual({ params });
      });

      it('has each of these only for those who may (T31)', async () => {
        const { user } = render(
          path,
          { listMailServerMessages: () => ({ items: [quarantined] }) },
          [
            'incoming-mail.mail-server.read-raw',
            'incoming-mail.mail-server.run',
          ],
        );
        await user.click(
          await screen.findByRole('button', { name: /Disk full/ }),
        );
        await screen.findByText(/alert: failed/);
        for (const name of [
          'Download mail',
          'Try without effect',
          'Handle again',
        ]) {
          expect(screen.queryByRole('button', { name })).toBeNull();
        }
      });
    });

    it('goes back to the list after it was deleted', async () => {
      const { user } = render(path, {
        deleteMailServer: () => undefined,
        listMailServers: () => ({ items: [] }),
      });
      await user.click(await screen.findByRole('button', { name: 'Delete' }));
      await user.click(
        within(await screen.findByRole('dialog')).getByRole('button', {
          name: 'Delete',
        }),
      );
      expect(
        await screen.findByText('“Alerts” is deleted.'),
      ).toBeInTheDocument();
    });
  });
});
