// SPDX-License-Identifier: Apache-2.0
import { createApp } from '@backstage/frontend-defaults';
import { createFrontendModule } from '@backstage/frontend-plugin-api';
import {
  NavContentBlueprint,
  SignInPageBlueprint,
} from '@backstage/plugin-app-react';
import { Navigation } from './nav/Navigation';

/** What this installation shapes of the app itself. */
const postroomApp = createFrontendModule({
  pluginId: 'app',
  extensions: [
    NavContentBlueprint.make({ params: { component: Navigation } }),
    SignInPageBlueprint.make({
      params: {
        loader: () =>
          import('./signIn/DemoSignInPage').then(m => m.DemoSignInPage),
      },
    }),
  ],
});

/** The plugins are found among the dependencies (app.packages in app-config). */
export const app = createApp({ features: [postroomApp] });
