// SPDX-License-Identifier: Apache-2.0
import { screen } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { Route } from 'react-router-dom';
import { FlatRoutes } from '@backstage/core-app-api';
import { EntityProvider } from '@backstage/plugin-catalog-react';
import { permissionApiRef } from '@backstage/plugin-permission-react';
import {
  MockPermissionApi,
  renderInTestApp,
  TestApiProvider,
} from '@backstage/test-utils';
import { FakeIncomingMailApi } from './__testUtils__/FakeIncomingMailApi';
import {
  aMailServer,
  anIntegration,
  aRefusal,
  aRequestSummary,
  project,
} from './__testUtils__/samples';
import { incomingMailApiRef } from './api/incomingMailApiRef';
import {
  EntityEmailRequestsContent,
  EntityRequestsContent,
  IncomingMailPage,
  isIncomingMailAvailable,
} from './legacy';

async function render(path: string) {
  const missing = await aRefusal(404, 'none');
  const api = new FakeIncomingMailApi({
    listIntegrations: () => ({ items: [anIntegration()] }),
    getIntegration: () => anIntegration(),
    listMailServers: () => ({ items: [aMailServer()] }),
    listHandlers: () => ({ items: [] }),
    listRequests: () => ({ items: [aRequestSummary()] }),
    getChannel: () => Promise.reject(missing),
    listIntegrationChoices: () => ({ items: [] }),
  });
  await renderInTestApp(
    <TestApiProvider
      apis={[
        [incomingMailApiRef, api],
        [permissionApiRef, new MockPermissionApi()],
      ]}
    >
      <EntityProvider entity={project}>
        <FlatRoutes>
          <Route path="/incoming-mail" element={<IncomingMailPage />} />
          <Route
            path="/entity/email-requests"
            element={<EntityEmailRequestsContent />}
          />
          <Route path="/entity/requests" element={<EntityRequestsContent />} />
        </FlatRoutes>
      </EntityProvider>
    </TestApiProvider>,
    { routeEntries: [path] },
  );
  return userEvent.setup();
}

describe('the legacy entry', () => {
  it('has the page with its own header, tabs and editor', async () => {
    const user = await render('/incoming-mail');
    expect(
      await screen.findByRole('heading', { name: 'Incoming mail' }),
    ).toBeInTheDocument();
    expect(screen.getByRole('tab', { name: 'OAuth 2.0' })).toBeInTheDocument();
    await user.click(await screen.findByRole('link', { name: 'Corp mail' }));
    expect(
      await screen.findByRole('heading', { name: 'Edit “Corp mail”' }),
    ).toBeInTheDocument();
    await user.click(screen.getByRole('link', { name: /All integrations/ }));
    expect(
      await screen.findByRole('button', { name: 'Add new integration' }),
    ).toBeInTheDocument();

    await user.click(screen.getByRole('tab', { name: 'Mail servers' }));
    expect(
      await screen.findByRole('button', { name: 'Edit Alerts' }),
    ).toHaveAttribute(
      'href',
      `/incoming-mail/servers/${aMailServer().id}/edit`,
    );
  });

  it('has the tabs of a project', async () => {
    await render('/entity/requests');
    expect(
      await screen.findByRole('link', { name: 'Printer on fire' }),
    ).toHaveAttribute('href', '/entity/requests/7');

    await render('/entity/email-requests');
    expect(
      await screen.findByText('No OAuth 2.0 integration to choose from'),
    ).toBeInTheDocument();
  });

  it('has a condition for the kind of entity', () => {
    expect(isIncomingMailAvailable(project)).toBe(true);
    expect(isIncomingMailAvailable({ ...project, kind: 'User' })).toBe(false);
  });
});
