// SPDX-License-Identifier: Apache-2.0
import { screen } from '@testing-library/react';
import { renderInTestApp } from '@backstage/frontend-test-utils';
import { usePermission } from '@backstage/plugin-permission-react';
import { FakeIncomingMailApi } from '../__testUtils__/FakeIncomingMailApi';
import { incomingMailApiRef } from '../api/incomingMailApiRef';
import { rootRouteRef } from '../routes';
import { IncomingMailAdminPage } from './IncomingMailAdminPage';

jest.mock('@backstage/plugin-permission-react', () => ({
  ...jest.requireActual('@backstage/plugin-permission-react'),
  // The real one remembers answers from one test to the next.
  usePermission: jest.fn(),
}));

describe('IncomingMailAdminPage', () => {
  it.each([
    [
      ['incoming-mail.integration.read', 'incoming-mail.mail-server.read'],
      ['OAuth 2.0', 'Mail servers'],
      'No integration yet',
    ],
    [
      ['incoming-mail.mail-server.read'],
      ['Mail servers'],
      'No mail server yet',
    ],
    [['incoming-mail.integration.read'], ['OAuth 2.0'], 'No integration yet'],
    [[], ['OAuth 2.0'], 'Integrations are for administrators'],
  ])('S9, S14: shows with %p the tabs %p', async (granted, tabs, shown) => {
    jest.mocked(usePermission).mockImplementation(({ permission }) => ({
      loading: false,
      allowed: granted.includes(permission.name),
    }));
    renderInTestApp(<IncomingMailAdminPage />, {
      mountedRoutes: { '/incoming-mail': rootRouteRef },
      apis: [
        [
          incomingMailApiRef,
          new FakeIncomingMailApi({
            listIntegrations: () => ({ items: [] }),
            listMailServers: () => ({ items: [] }),
          }),
        ],
      ],
    });
    expect(await screen.findByText(shown)).toBeInTheDocument();
    expect(
      screen.getAllByRole('tab').map(({ textContent }) => textContent),
    ).toEqual(tabs);
  });
});
