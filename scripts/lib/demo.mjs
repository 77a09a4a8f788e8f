// SPDX-License-Identifier: Apache-2.0
import { startBackend, startPackage, startSandbox } from './processes.mjs';
import { fromRoot } from './repository.mjs';
import { waitForAnswer } from './waitForAnswer.mjs';

/** The first compilation of the app is the slowest step of a start. */
const READY_TIMEOUT_MS = 300_000;

/** The addresses that a person or a browser test visits. */
export function demoAddresses({ portal, backend, sandboxHttp }) {
  return {
    portal: `http://localhost:${portal}`,
    backend: `http://localhost:${backend}`,
    sandbox: `http://localhost:${sandboxHttp}`,
  };
}

/** Environment that moves app and backend to ports other than app-config.yaml names. */
export function portOverrides(ports) {
  const { portal, backend } = demoAddresses(ports);
  return {
    APP_CONFIG_app_baseUrl: JSON.stringify(portal),
    APP_CONFIG_backend_baseUrl: JSON.stringify(backend),
    APP_CONFIG_backend_listen_port: JSON.stringify(ports.backend),
    APP_CONFIG_backend_cors_origin: JSON.stringify(portal),
  };
}

/**
 * Starts all that the demo consists of.
 *
 * @param {object} options
 * @param {Record<string, number>} options.ports - see readDemoPorts
 * @param {boolean} [options.watch] - restart the backend when its sources change;
 *   a backend that falls over then waits for a change instead of ending
 * @param {(line: string, name: string) => void} options.onLine
 * @returns {import('./processes.mjs').Running[]}
 */
export function startDemo({ ports, watch = false, onLine }) {
  const env = {
    // A line for each request hides what matters; LOG_LEVEL=info shows them.
    LOG_LEVEL: process.env.LOG_LEVEL ?? 'warn',
    ...portOverrides(ports),
  };
  return [
    startSandbox({
      httpPort: ports.sandboxHttp,
      imapPort: ports.sandboxImap,
      stateDir: fromRoot('.demo', 'sandbox'),
      onLine,
    }),
    watch
      ? startPackage('backend', { env, onLine })
      : startBackend({ env, onLine }),
    startPackage('app', { env, onLine }),
  ];
}

/**
 * Waits until a person can use the demo: the sandbox's pages answer, the catalog
 * knows the people who sign in, the portal's first page is compiled.
 *
 * @returns {Promise<boolean>} false where the signal ended the waiting
 */
export async function untilDemoIsReady(ports, signal) {
  const { portal, backend, sandbox } = demoAddresses(ports);
  const steps = [
    { what: 'The mail sandbox', url: `${sandbox}/apps` },
    { what: 'The backend', url: `${backend}/api/auth/demo-ada/refresh` },
    { what: 'The portal', url: portal },
  ];
  const answered = await Promise.all(
    steps.map(({ what, url }) =>
      waitForAnswer(url, { what, timeoutMs: READY_TIMEOUT_MS, signal }),
    ),
  );
  return answered.every(Boolean);
}
