// SPDX-License-Identifier: Apache-2.0
import MailIcon from '@material-ui/icons/MailOutline';
import { Content } from '@backstage/core-components';
import {
  ApiBlueprint,
  createFrontendPlugin,
  discoveryApiRef,
  fetchApiRef,
  PageBlueprint,
  SubPageBlueprint,
} from '@backstage/frontend-plugin-api';
import { EntityContentBlueprint } from '@backstage/plugin-catalog-react/alpha';
import { incomingMailApiRef } from './api/incomingMailApiRef';
import { IncomingMailClient } from './api/IncomingMailClient';
import { projectKinds } from './projectKinds';
import {
  emailRequestsRouteRef,
  requestsRouteRef,
  rootRouteRef,
} from './routes';

const incomingMailApi = ApiBlueprint.make({
  params: defineParams =>
    defineParams({
      api: incomingMailApiRef,
      deps: { discoveryApi: discoveryApiRef, fetchApi: fetchApiRef },
      factory: options => new IncomingMailClient(options),
    }),
});

const incomingMailPage = PageBlueprint.make({
  params: {
    path: '/incoming-mail',
    title: 'Incoming mail',
    icon: <MailIcon fontSize="inherit" />,
    routeRef: rootRouteRef,
  },
  // Only takes the page out of the way of people it is not for; the backend
  // refuses them on its own.
  if: {
    $any: [
      { permissions: { $contains: 'incoming-mail.integration.read#read' } },
      { permissions: { $contains: 'incoming-mail.mail-server.read#read' } },
    ],
  },
});

const integrationsSubPage = SubPageBlueprint.make({
  name: 'oauth',
  if: { permissions: { $contains: 'incoming-mail.integration.read#read' } },
  params: {
    path: 'oauth',
    title: 'OAuth 2.0',
    loader: async () => {
      const { IntegrationsContent } = await import(
        './admin/integrations/IntegrationsContent'
      );
      return (
        <Content>
          <IntegrationsContent />
        </Content>
      );
    },
  },
});

const mailServersSubPage = SubPageBlueprint.make({
  name: 'servers',
  if: { permissions: { $contains: 'incoming-mail.mail-server.read#read' } },
  params: {
    path: 'servers',
    title: 'Mail servers',
    loader: async () => {
      const { MailServersContent } = await import(
        './admin/mailServers/MailServersContent'
      );
      return (
        <Content>
          <MailServersContent />
        </Content>
      );
    },
  },
});

const emailRequestsEntityContent = EntityContentBlueprint.make({
  name: 'email-requests',
  params: {
    path: '/email-requests',
    title: 'Email requests',
    filter: { kind: { $in: projectKinds } },
    routeRef: emailRequestsRouteRef,
    loader: async () => {
      const { ChannelContent } = await import('./channel/ChannelContent');
      return <ChannelContent />;
    },
  },
});

const requestsEntityContent = EntityContentBlueprint.make({
  name: 'requests',
  params: {
    path: '/requests',
    title: 'Requests',
    filter: { kind: { $in: projectKinds } },
    routeRef: requestsRouteRef,
    loader: async () => {
      const { RequestsContent } = await import('./requests/RequestsContent');
      return <RequestsContent />;
    },
  },
});

/**
 * The plugin for the new front-end system: the page *Incoming mail* and two
 * tabs on the page of every project.
 *
 * @public
 */
export const incomingMailPlugin = createFrontendPlugin({
  pluginId: 'incoming-mail',
  title: 'Incoming mail',
  icon: <MailIcon fontSize="inherit" />,
  info: { packageJson: () => import('../package.json') },
  routes: {
    root: rootRouteRef,
    emailRequests: emailRequestsRouteRef,
    requests: requestsRouteRef,
  },
  extensions: [
    incomingMailApi,
    incomingMailPage,
    integrationsSubPage,
    mailServersSubPage,
    emailRequestsEntityContent,
    requestsEntityContent,
  ],
});
