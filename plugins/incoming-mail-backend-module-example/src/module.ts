// SPDX-License-Identifier: Apache-2.0
import {
  coreServices,
  createBackendModule,
} from '@backstage/backend-plugin-api';
import {
  incomingMailHandlersExtensionPoint,
  incomingMailProvidersExtensionPoint,
} from '@postroom/plugin-incoming-mail-node';
import { createAlertHandler } from './createAlertHandler';
import { createLoginProvider } from './createLoginProvider';
import { migrateAlerts } from './migrateAlerts';

/** Adds the handler and the provider of this package. */
export const incomingMailModuleExample = createBackendModule({
  pluginId: 'incoming-mail',
  moduleId: 'example',
  register(reg) {
    reg.registerInit({
      deps: {
        database: coreServices.database,
        handlers: incomingMailHandlersExtensionPoint,
        providers: incomingMailProvidersExtensionPoint,
      },
      async init({ database, handlers, providers }) {
        await migrateAlerts(database);
        handlers.addHandler(createAlertHandler());
        providers.addProvider(createLoginProvider());
      },
    });
  },
});
