// SPDX-License-Identifier: Apache-2.0
import { randomInt } from 'node:crypto';
import { createServer } from 'node:net';
import { PlainError } from './plainly.mjs';

/** What listens where in the demo, and the variable that moves it. */
const DEMO_PORTS = {
  portal: { port: 3000, variable: 'POSTROOM_PORTAL_PORT' },
  backend: { port: 7007, variable: 'POSTROOM_BACKEND_PORT' },
  sandboxHttp: { port: 7070, variable: 'MAIL_SANDBOX_HTTP_PORT' },
  sandboxImap: { port: 7143, variable: 'MAIL_SANDBOX_IMAP_PORT' },
};

const NAMES = {
  portal: 'the portal',
  backend: 'the backend',
  sandboxHttp: "the sandbox's pages",
  sandboxImap: "the sandbox's IMAP server",
};

const LOOPBACK = ['127.0.0.1', '::1'];
const MAX_PORT = 65535;

function readPort(name, env) {
  const { port, variable } = DEMO_PORTS[name];
  const text = env[variable];
  if (text === undefined || text === '') {
    return port;
  }
  const chosen = Number(text);
  if (!Number.isInteger(chosen) || chosen < 1 || chosen > MAX_PORT) {
    throw new PlainError(
      `${variable} must be a port between 1 and ${MAX_PORT}, not '${text}'.`,
    );
  }
  return chosen;
}

/** The demo's ports: the usual ones, or those that the environment names. */
export function readDemoPorts(env = process.env) {
  const names = Object.keys(DEMO_PORTS);
  return Object.fromEntries(names.map(name => [name, readPort(name, env)]));
}

/** Listens for a moment; undefined where it could, else the system's code. */
function tryToListen(options) {
  return new Promise(resolve => {
    const server = createServer();
    server.once('error', error => resolve(error.code));
    server.listen({ exclusive: true, ...options }, () =>
      server.close(() => resolve(undefined)),
    );
  });
}

async function isTaken(port) {
  for (const host of LOOPBACK) {
    const code = await tryToListen({ host, port });
    if (code === 'EADDRINUSE' || code === 'EACCES') {
      return true;
    }
  }
  return false;
}

/** Refuses to go on where one of the ports is in use, and says how to move. */
export async function checkPortsAreFree(ports) {
  for (const [name, port] of Object.entries(ports)) {
    if (await isTaken(port)) {
      const { variable } = DEMO_PORTS[name];
      throw new PlainError(
        `Port ${port}, for ${
          NAMES[name]
        }, is taken (is Postroom running already?). Stop what uses it, or choose another: ${variable}=${
          port + 1
        } npm start`,
      );
    }
  }
}

/** A port that nobody uses at this moment. */
export function freePort() {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const { port } = server.address();
      server.close(() => resolve(port));
    });
  });
}

/** Linux gives away 32768 and above by itself, other systems 49152 and above. */
const KEPT_PORTS = { from: 20_000, to: 32_000 };
const KEPT_TRIES = 100;

/**
 * A port of loopback that nobody uses at this moment, and that the system
 * gives to nobody by itself: whoever listens there may end and begin again.
 */
export async function keptPort() {
  for (let tries = 0; tries < KEPT_TRIES; tries += 1) {
    const port = randomInt(KEPT_PORTS.from, KEPT_PORTS.to);
    if ((await tryToListen({ host: '127.0.0.1', port })) === undefined) {
      return port;
    }
  }
  throw new Error('No port is free');
}
