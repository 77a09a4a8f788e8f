// SPDX-License-Identifier: Apache-2.0
import { randomBytes } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort } from '../lib/ports.mjs';
import { startPostgres } from '../lib/postgres.mjs';
import {
  signalGroup,
  startBackend,
  startPackage,
  startSandbox,
  stop,
} from '../lib/processes.mjs';
import { fromRoot } from '../lib/repository.mjs';
import { waitForAnswer } from '../lib/waitForAnswer.mjs';

const START_TIMEOUT_MS = 60_000;
// The portal's first page has to be compiled.
const PORTAL_TIMEOUT_MS = 240_000;

/**
 * An installation of its own: sandbox and backend on free ports, with a fresh
 * database in a temporary folder. Nothing of the demo's is touched.
 *
 * @param {{ postgres: boolean }} options
 */
export async function createInstallation({ postgres }) {
  const folder = await mkdtemp(join(tmpdir(), 'postroom-smoke-'));
  const ports = {
    portal: await freePort(),
    backend: await freePort(),
    http: await freePort(),
    imap: await freePort(),
  };
  const server = postgres ? await startPostgres() : undefined;
  const portalUrl = `http://localhost:${ports.portal}`;
  const backendUrl = `http://localhost:${ports.backend}`;
  const configFile = join(folder, 'app-config.yaml');
  // JSON is YAML.
  await writeFile(
    configFile,
    JSON.stringify(toConfig({ folder, ports, portalUrl, backendUrl, server })),
  );
  const running = new Map();

  const start = async (
    name,
    process,
    answersAt,
    timeoutMs = START_TIMEOUT_MS,
  ) => {
    running.set(name, process);
    const outcome = await Promise.race([
      process.ended.then(() => 'ended'),
      waitForAnswer(answersAt, {
        what: `The ${name}`,
        timeoutMs,
      }),
    ]);
    if (outcome === 'ended') {
      throw new Error(`The ${name} did not start:\n${process.tail()}`);
    }
  };

  return {
    portalUrl,
    backendUrl,
    sandboxUrl: `http://localhost:${ports.http}`,
    imapPort: ports.imap,
    startSandbox: () =>
      start(
        'sandbox',
        startSandbox({
          httpPort: ports.http,
          imapPort: ports.imap,
          stateDir: join(folder, 'sandbox'),
        }),
        `http://localhost:${ports.http}/api/accounts`,
      ),
    startBackend: () =>
      start(
        'backend',
        startBackend({
          configFiles: [fromRoot('app-config.yaml'), configFile],
          // What it prints is shown where a step fails.
          env: { LOG_LEVEL: 'warn' },
        }),
        `${backendUrl}/api/auth/demo-ada/refresh`,
      ),
    startPortal: () =>
      start(
        'portal',
        startPackage('app', {
          env: {
            APP_CONFIG_app_baseUrl: JSON.stringify(portalUrl),
            APP_CONFIG_backend_baseUrl: JSON.stringify(backendUrl),
          },
        }),
        portalUrl,
        PORTAL_TIMEOUT_MS,
      ),
    /** Ends the backend at once, as a power cut would. */
    async killBackend() {
      const backend = running.get('backend');
      signalGroup(backend, 'SIGKILL');
      await backend.ended;
    },
    /** What a process printed last, for a failure. */
    tail: name => running.get(name)?.tail() ?? '',
    async remove() {
      await Promise.all([...running.values()].map(process => stop(process)));
      await server?.stop();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

function toConfig({ folder, ports, portalUrl, backendUrl, server }) {
  return {
    app: { baseUrl: portalUrl },
    backend: {
      baseUrl: backendUrl,
      cors: { origin: portalUrl },
      listen: { port: ports.backend, host: 'localhost' },
      database: server
        ? { client: 'pg', connection: server.connectionString }
        : {
            client: 'better-sqlite3',
            connection: { directory: join(folder, 'database') },
          },
    },
    incomingMail: {
      vault: {
        keys: [{ kid: 'smoke', secret: randomBytes(32).toString('base64url') }],
      },
      polling: { interval: { seconds: 1 }, tick: { milliseconds: 500 } },
      // A killed process keeps the next one from its work for this long.
      leases: { duration: { seconds: 3 } },
    },
  };
}
