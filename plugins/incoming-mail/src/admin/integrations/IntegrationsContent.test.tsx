// SPDX-License-Identifier: Apache-2.0
import { screen, waitFor, within } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { renderInTestApp } from '@backstage/frontend-test-utils';
import { usePermission } from '@backstage/plugin-permission-react';
import { Route, Routes } from 'react-router-dom';
import {
  Answers,
  FakeIncomingMailApi,
} from '../../__testUtils__/FakeIncomingMailApi';
import { anIntegration, aRefusal } from '../../__testUtils__/samples';
import { incomingMailApiRef } from '../../api/incomingMailApiRef';
import { rootRouteRef } from '../../routes';
import { IntegrationsContent } from './IntegrationsContent';

jest.mock('@backstage/plugin-permission-react', () => ({
  ...jest.requireActual('@backstage/plugin-permission-react'),
  // The real one remembers answers from one test to the next.
  usePermission: jest.fn(),
}));

const reserved = {
  callbackSlug: 'AAAAAAAAAAAAAAAAAAAAAA',
  redirectUrl: 'https://portal.test/callback/AAAAAAAAAAAAAAAAAAAAAA',
};

function render(path: string, answers: Answers, denied: string[] = []) {
  const api = new FakeIncomingMailApi(answers);
  jest.mocked(usePermission).mockImplementation(({ permission }) => ({
    loading: false,
    allowed: !denied.includes(permission.name),
  }));
  renderInTestApp(
    <Routes>
      <Route path="/incoming-mail/oauth/*" element={<IntegrationsContent />} />
    </Routes>,
    {
      initialRouteEntries: [`/incoming-mail/oauth${path}`],
      mountedRoutes: { '/incoming-mail': rootRouteRef },
      apis: [[incomingMailApiRef, api]],
    },
  );
  return { api, user: userEvent.setup() };
}

describe('IntegrationsContent', () => {
  it('lists integrations with their state, servers and users', async () => {
    render('', {
      listIntegrations: () => ({
        items: [
          anIntegration(),
          anIntegration({ id: 'b', name: 'New one', ready: false }),
        ],
      }),
    });
    const row = await screen.findByRole('row', { name: /Corp mail/ });
    expect(within(row).getByText('Ready')).toBeInTheDocument();
    expect(within(row).getByText('IMAP imap.corp.test:993')).toBeVisible();
    expect(
      within(screen.getByRole('row', { name: /New one/ })).getByText(
        'Draft – needs client ID and secret',
      ),
    ).toBeInTheDocument();
    expect(
      screen.getByRole('button', { name: 'Edit Corp mail' }),
    ).toHaveAttribute('href', `/incoming-mail/oauth/${anIntegration().id}`);
  });

  it('says what to do first where there is none', async () => {
    render('', { listIntegrations: () => ({ items: [] }) });
    expect(await screen.findByText('No integration yet')).toBeInTheDocument();
    expect(
      screen.getByRole('button', { name: 'Add new integration' }),
    ).toHaveAttribute('href', '/incoming-mail/oauth/new');
  });

  it('offers to try again after a failure', async () => {
    const refusal = await aRefusal(503, 'starting');
    const listIntegrations = jest
      .fn()
      .mockRejectedValueOnce(refusal)
      .mockReturnValue({ items: [anIntegration()] });
    const { user } = render('', { listIntegrations });
    expect(
      await screen.findByText('The portal’s backend did not answer'),
    ).toBeInTheDocument();
    await user.click(screen.getByRole('button', { name: 'Try again' }));
    expect(await screen.findByText('Corp mail')).toBeInTheDocument();
  });

  it('refuses people without the permission, asking nothing', async () => {
    const { api } = render('', {}, ['incoming-mail.integration.read']);
    expect(
      await screen.findByText('Integrations are for administrators'),
    ).toBeInTheDocument();
    expect(api.names).toEqual([]);
  });

  it('shows no buttons that the person may not use', async () => {
    render('', { listIntegrations: () => ({ items: [anIntegration()] }) }, [
      'incoming-mail.integration.create',
      'incoming-mail.integration.delete',
    ]);
    expect(await screen.findByText('Corp mail')).toBeInTheDocument();
    expect(screen.queryByText('Add new integration')).not.toBeInTheDocument();
    expect(
      screen.queryByRole('button', { name: 'Delete Corp mail' }),
    ).not.toBeInTheDocument();
  });

  it('tells who still uses what cannot be deleted', async () => {
    const inUse = await aRefusal(409, 'Used by component:default/support');
    const { user } = render('', {
      listIntegrations: () => ({ items: [anIntegration()] }),
      deleteIntegration: () => Promise.reject(inUse),
    });
    await user.click(
      await screen.findByRole('button', { name: 'Delete Corp mail' }),
    );
    const dialog = await screen.findByRole('dialog');
    expect(dialog).toHaveTextContent('A channel still uses it');
    await user.click(within(dialog).getByRole('button', { name: 'Delete' }));
    expect(await within(dialog).findByRole('alert')).toHaveTextContent(
      'Used by component:default/support',
    );
  });

  it('has the redirect URL before client ID and secret, and saves a draft', async () => {
    const { api, user } = render('/new', {
      reserveRedirectUrl: () => reserved,
      createIntegration: ({ body }) =>
        anIntegration({ name: body.name, ready: false }),
      listIntegrations: () => ({ items: [] }),
    });
    expect(await screen.findByLabelText('Redirect URL')).toHaveValue(
      reserved.redirectUrl,
    );
    await user.click(screen.getByRole('radio', { name: 'Microsoft' }));
    const save = screen.getByRole('button', { name: 'Save draft' });
    await user.click(save);
    expect(
      await screen.findByText('Some fields need your attention.'),
    ).toBeInTheDocument();
    expect(screen.getByLabelText(/^Name/)).toHaveAccessibleDescription(
      'Is required',
    );
    expect(api.names).not.toContain('createIntegration');

    await user.type(screen.getByLabelText(/^Name/), 'Outlook');
    await user.click(save);
    expect(
      await screen.findByText(/“Outlook” is saved as a draft/),
    ).toBeInTheDocument();
    expect(api.lastInput('createIntegration')).toMatchObject({
      body: {
        provider: 'microsoft',
        callbackSlug: reserved.callbackSlug,
        clientAuthentication: 'client_secret_basic',
      },
    });
  });

  it('shows the backend’s field errors at their fields', async () => {
    const refusal = await aRefusal(400, 'Invalid input', [
      { path: 'body.tokenEndpoint', message: 'is not reachable' },
    ]);
    const { user } = render('/new', {
      reserveRedirectUrl: () => reserved,
      createIntegration: () => Promise.reject(refusal),
    });
    await screen.findByLabelText('Redirect URL');
    await user.type(screen.getByLabelText(/^Name/), 'Mail');
    await user.type(screen.getByLabelText('Client ID'), 'abc');
    await user.type(screen.getByLabelText('Client secret'), 'secret');
    await user.click(screen.getByRole('button', { name: 'Save' }));
    await waitFor(() =>
      expect(
        screen.getByLabelText(/^Token endpoint/),
      ).toHaveAccessibleDescription('Is not reachable'),
    );
  });

  it('keeps the stored secret, and asks for it when the endpoint changes', async () => {
    const { api, user } = render(`/${anIntegration().id}`, {
      getIntegration: () => anIntegration(),
      updateIntegration: () => anIntegration({ version: 4 }),
      listIntegrations: () => ({ items: [] }),
    });
    const secret = await screen.findByLabelText('Client secret');
    expect(secret).toHaveValue('');
    expect(secret).toHaveAccessibleDescription(
      'A secret is stored. Leave empty to keep it.',
    );
    const endpoint = screen.getByLabelText(/^Token endpoint/);
    await user.type(endpoint, '2');
    expect(secret).toBeInvalid();
    await user.click(screen.getByRole('button', { name: 'Save' }));
    expect(api.names).not.toContain('updateIntegration');

    await user.type(endpoint, '{Backspace}');
    await user.click(screen.getByRole('button', { name: 'Save' }));
    expect(
      await screen.findByText(/Next: open a project’s Email requests tab/),
    ).toBeInTheDocument();
    expect(api.lastInput('updateIntegration')).not.toHaveProperty(
      'body.clientSecret',
      expect.anything(),
    );
  });
});
