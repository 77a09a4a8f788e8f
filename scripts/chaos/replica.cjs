// SPDX-License-Identifier: Apache-2.0
// One replica of the plugin in a process of its own, as the chaos suite starts
// it: the real plugin on PostgreSQL with the real scheduler and lifecycle, and
// in place of the platform around it the least that lets it start. Whoever
// names a user is that user, and may do everything: rights are not on trial.
//
// CHAOS_REPLICA (JSON): { port, baseUrl, address, database, incomingMail,
//   sabotage, noticesUrl, elsewhereUrl, migrations? }
const { createRequire } = require('node:module');
const { join } = require('node:path');
const { migrateFrom } = require('./migrateFrom.cjs');
const { resolveLocalhost } = require('./resolveLocalhost.cjs');
const { sabotage } = require('./sabotage.cjs');

const order = JSON.parse(process.env.CHAOS_REPLICA);
const ROOT = join(__dirname, '..', '..');
const requireFromBackend = createRequire(
  join(ROOT, 'packages', 'backend', 'package.json'),
);
const requireFromPlugin = createRequire(
  join(ROOT, 'plugins', 'incoming-mail-backend', 'package.json'),
);

// Each replica has wires of its own, at an address of its own; the mail server
// and the provider are `localhost` to all of them.
resolveLocalhost(order.address);
sabotage(join(ROOT, 'plugins', 'incoming-mail-backend', 'src'), order.sabotage);
if (order.migrations) {
  migrateFrom(order.migrations);
}

const { coreServices, createBackendModule, createServiceFactory } =
  requireFromBackend('@backstage/backend-plugin-api');
const { createSpecializedBackend } = requireFromBackend(
  '@backstage/backend-app-api',
);
const { DefaultSchedulerService } = requireFromBackend(
  '@backstage/backend-defaults/scheduler',
);
const { metricsServiceRef } = requireFromBackend(
  '@backstage/backend-plugin-api/alpha',
);
const { ConfigReader } = requireFromBackend('@backstage/config');
const { catalogServiceRef } = requireFromPlugin(
  '@backstage/plugin-catalog-node',
);
const { notificationService } = requireFromPlugin(
  '@backstage/plugin-notifications-node',
);
const { incomingMailHandlersExtensionPoint } = requireFromPlugin(
  '@postroom/plugin-incoming-mail-node',
);

/** The platform's own factories, each from its own entry: half the start-up. */
const platform = [
  ['auditor', 'auditorServiceFactory'],
  ['database', 'databaseServiceFactory'],
  ['discovery', 'discoveryServiceFactory'],
  ['httpRouter', 'httpRouterServiceFactory'],
  ['lifecycle', 'lifecycleServiceFactory'],
  ['logger', 'loggerServiceFactory'],
  ['permissionsRegistry', 'permissionsRegistryServiceFactory'],
  ['rootHealth', 'rootHealthServiceFactory'],
  ['rootHttpRouter', 'rootHttpRouterServiceFactory'],
  ['rootLifecycle', 'rootLifecycleServiceFactory'],
  ['alpha', 'metricsServiceFactory'],
  ['alpha', 'tracingServiceFactory'],
].map(
  ([entry, name]) =>
    requireFromBackend(`@backstage/backend-defaults/${entry}`)[name],
);

const COOKIE = 'chaos-user';
const USER = /^user:[\w/.-]+$/;

function credentialsOf(userEntityRef) {
  return {
    $$type: '@backstage/BackstageCredentials',
    principal: { type: 'user', userEntityRef },
  };
}

const service = {
  $$type: '@backstage/BackstageCredentials',
  principal: { type: 'service', subject: 'plugin:chaos' },
};
const nobody = {
  $$type: '@backstage/BackstageCredentials',
  principal: { type: 'none' },
};

function readUser({ headers }) {
  const [, bearer] = /^Bearer (\S+)$/.exec(headers.authorization ?? '') ?? [];
  const [, cookie] =
    new RegExp(`${COOKIE}=([^;]+)`).exec(headers.cookie ?? '') ?? [];
  const name = bearer ?? (cookie && decodeURIComponent(cookie));
  return name && USER.test(name) ? credentialsOf(name) : nobody;
}

const auth = {
  isPrincipal: ({ principal }, type) =>
    type === 'unknown' || principal.type === type,
  getNoneCredentials: async () => nobody,
  getOwnServiceCredentials: async () => service,
  authenticate: async name => credentialsOf(name),
  getPluginRequestToken: async () => ({ token: 'chaos' }),
  getLimitedUserToken: async () => ({
    token: 'chaos',
    expiresAt: new Date(Date.now() + 3_600_000),
  }),
  listPublicServiceKeys: async () => ({ keys: [] }),
};

const httpAuth = {
  credentials: async (req, { allow = ['user', 'service', 'none'] } = {}) => {
    const credentials = readUser(req);
    if (!allow.includes(credentials.principal.type)) {
      throw Object.assign(new Error('Not for you'), {
        name: 'AuthenticationError',
      });
    }
    return credentials;
  },
  issueUserCookie: async res => {
    const { principal } = readUser(res.req);
    const value = encodeURIComponent(principal.userEntityRef);
    res.setHeader('set-cookie', `${COOKIE}=${value}; Path=/; HttpOnly`);
    return { expiresAt: new Date(Date.now() + 3_600_000) };
  },
};

const catalog = {
  getEntityByRef: async ref => {
    const [, kind, namespace, name] = /^(\w+):(\w+)\/(.+)$/.exec(ref);
    return {
      apiVersion: 'backstage.io/v1alpha1',
      kind,
      metadata: { namespace, name },
    };
  },
};

const permissions = {
  authorize: async requests => requests.map(() => ({ result: 'ALLOW' })),
  authorizeConditional: async requests =>
    requests.map(() => ({ result: 'ALLOW' })),
};

/** The platform's own would compile every configuration schema at each start. */
class LineLogger {
  #fields;

  constructor(fields = {}) {
    this.#fields = fields;
  }

  child(fields) {
    return new LineLogger({ ...this.#fields, ...fields });
  }

  error(message, meta) {
    this.#write('error', message, meta);
  }

  warn(message, meta) {
    this.#write('warn', message, meta);
  }

  info() {}

  debug() {}

  #write(level, message, meta) {
    const said = meta instanceof Error ? { error: meta.stack } : meta;
    console.log(JSON.stringify({ level, message, ...this.#fields, ...said }));
  }
}

const notifications = {
  async send(notification) {
    const reply = await fetch(order.noticesUrl, {
      method: 'POST',
      body: JSON.stringify(notification),
    });
    await reply.arrayBuffer();
  },
};

const UNITS_MS = { seconds: 1_000, minutes: 60_000, hours: 3_600_000 };
/** How much more often than in life; no replica lives for long here. */
const HURRY = 60;

/** @param {Record<keyof typeof UNITS_MS, number>} duration */
function hurried(duration) {
  const ms = Object.entries(duration).reduce(
    (sum, [unit, count]) => sum + UNITS_MS[unit] * count,
    0,
  );
  return { milliseconds: ms / HURRY };
}

/** The platform's own, for which the minutes of housekeeping are seconds. */
const scheduler = createServiceFactory({
  service: coreServices.scheduler,
  deps: {
    database: coreServices.database,
    logger: coreServices.logger,
    rootLifecycle: coreServices.rootLifecycle,
    httpRouter: coreServices.httpRouter,
    pluginMetadata: coreServices.pluginMetadata,
    metrics: metricsServiceRef,
  },
  factory: deps => {
    const own = DefaultSchedulerService.create(deps);
    const { scheduleTask } = own;
    own.scheduleTask = task =>
      scheduleTask.call(
        own,
        task.scope === 'global'
          ? {
              ...task,
              frequency: hurried(task.frequency),
              initialDelay: undefined,
            }
          : task,
      );
    return own;
  },
});

const config = new ConfigReader({
  app: { baseUrl: 'http://localhost:3000' },
  backend: {
    baseUrl: order.baseUrl,
    listen: { host: '127.0.0.1', port: order.port },
    database: order.database,
    lifecycle: { serverShutdownDelay: { milliseconds: 0 } },
  },
  incomingMail: order.incomingMail,
});

const own = [
  [coreServices.rootConfig, config],
  [coreServices.rootLogger, new LineLogger()],
  [coreServices.auth, auth],
  [coreServices.httpAuth, httpAuth],
  [coreServices.permissions, permissions],
  [catalogServiceRef, catalog],
  [notificationService, notifications],
].map(([ref, implementation]) =>
  createServiceFactory({
    service: ref,
    deps: {},
    factory: () => implementation,
  }),
);

/** Has requests made by a service elsewhere, as a module of one's own would. */
const elsewhere = {
  id: 'elsewhere',
  title: 'A service elsewhere',
  async handle(message, { idempotencyKey, signal }) {
    const reply = await fetch(order.elsewhereUrl, {
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        'idempotency-key': idempotencyKey,
      },
      body: JSON.stringify({
        messageId: message.id,
        text: message.text,
        html: message.html,
        // At last: by it the suite knows that all of it is on the wire.
        project: message.projectRef,
      }),
      signal,
    });
    if (!reply.ok) {
      throw new Error(`The service elsewhere answered ${reply.status}`);
    }
    const { id } = await reply.json();
    return { kind: 'created', target: `elsewhere:${id}` };
  },
};

const moduleElsewhere = createBackendModule({
  pluginId: 'incoming-mail',
  moduleId: 'elsewhere',
  register(reg) {
    reg.registerInit({
      deps: { handlers: incomingMailHandlersExtensionPoint },
      init: async ({ handlers }) => handlers.addHandler(elsewhere),
    });
  },
});

async function start() {
  const backend = createSpecializedBackend({
    defaultServiceFactories: [...platform, scheduler, ...own],
  });
  backend.add(
    requireFromPlugin('@postroom/plugin-incoming-mail-backend').default,
  );
  backend.add(moduleElsewhere);
  await backend.start();
  console.log('CHAOS ready');
}

start().catch(error => {
  console.error(error);
  process.exit(1);
});
