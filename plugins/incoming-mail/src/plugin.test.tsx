// SPDX-License-Identifier: Apache-2.0
import { screen } from '@testing-library/react';
import {
  createExtensionTester,
  renderTestApp,
} from '@backstage/frontend-test-utils';
import { coreExtensionData } from '@backstage/frontend-plugin-api';
import { EntityContentBlueprint } from '@backstage/plugin-catalog-react/alpha';
import { createTestEntityPage } from '@backstage/plugin-catalog-react/testUtils';
import { FakeIncomingMailApi } from './__testUtils__/FakeIncomingMailApi';
import { aRefusal, aRequestSummary, project } from './__testUtils__/samples';
import { incomingMailApiRef } from './api/incomingMailApiRef';
import incomingMailPlugin from './index';

describe('incomingMailPlugin', () => {
  it('brings the extensions that hosts configure by these names', () => {
    const ids = [
      'api:incoming-mail',
      'page:incoming-mail',
      'sub-page:incoming-mail/oauth',
      'sub-page:incoming-mail/servers',
      'entity-content:incoming-mail/email-requests',
      'entity-content:incoming-mail/requests',
    ] as const;
    for (const id of ids) {
      expect(() => incomingMailPlugin.getExtension(id)).not.toThrow();
    }
  });

  it.each([
    [
      'shows the requests on the page of a project',
      [aRequestSummary()],
      'Printer on fire',
    ],
    [
      'does without the tab Email requests where a host leaves it out',
      [],
      'No requests yet',
    ],
  ])('%s', async (_, items, shown) => {
    renderTestApp({
      extensions: [
        createTestEntityPage({ entity: project }),
        incomingMailPlugin.getExtension(
          'entity-content:incoming-mail/requests',
        ),
      ],
      apis: [
        [
          incomingMailApiRef,
          new FakeIncomingMailApi({ listRequests: () => ({ items }) }),
        ],
      ],
    });
    expect(await screen.findByText(shown)).toBeInTheDocument();
    expect(screen.queryByText('Open Email requests')).not.toBeInTheDocument();
  });

  it('S58: has Email requests among the tabs of a project', async () => {
    const api = new FakeIncomingMailApi({
      getChannel: async () => {
        throw await aRefusal(404, 'no channel');
      },
      listIntegrationChoices: () => ({ items: [] }),
    });
    const tab = incomingMailPlugin.getExtension(
      'entity-content:incoming-mail/email-requests',
    );
    const tester = createExtensionTester(tab);
    expect(tester.get(EntityContentBlueprint.dataRefs.title)).toBe(
      'Email requests',
    );
    expect(tester.get(coreExtensionData.routePath)).toBe('/email-requests');

    renderTestApp({
      extensions: [createTestEntityPage({ entity: project }), tab],
      apis: [[incomingMailApiRef, api]],
    });
    // It is this project's channel that is asked for.
    expect(
      await screen.findByText('No OAuth 2.0 integration to choose from'),
    ).toBeInTheDocument();
    expect(api.lastInput('getChannel')).toEqual({
      params: { kind: 'component', namespace: 'default', name: 'support' },
    });
  });

  it('has its tabs below the page of the plugin', () => {
    const tester = createExtensionTester(
      incomingMailPlugin.getExtension('page:incoming-mail'),
    )
      .add(incomingMailPlugin.getExtension('sub-page:incoming-mail/oauth'))
      .add(incomingMailPlugin.getExtension('sub-page:incoming-mail/servers'));
    const tree = JSON.stringify(tester.snapshot());
    expect(tree).toContain('incoming-mail/oauth');
    expect(tree).toContain('incoming-mail/servers');
  });
});
