// SPDX-License-Identifier: Apache-2.0
import { z } from 'zod';
import {
  startSandbox,
  type Sandbox,
  type SandboxOptions,
} from './startSandbox';

const portSchema = z.coerce.number().int().min(0).max(65535);

const environmentSchema = z.object({
  MAIL_SANDBOX_HTTP_PORT: portSchema.default(7070),
  MAIL_SANDBOX_IMAP_PORT: portSchema.default(7143),
  MAIL_SANDBOX_IMAPS_PORT: portSchema.optional(),
  MAIL_SANDBOX_IMAP_STARTTLS_PORT: portSchema.optional(),
  MAIL_SANDBOX_POP3_PORT: portSchema.optional(),
  MAIL_SANDBOX_POP3S_PORT: portSchema.optional(),
  /** Unset or empty: memory only. */
  MAIL_SANDBOX_STATE: z.string().optional(),
});

const PORT_VARIABLES = Object.keys(environmentSchema.shape)
  .filter(name => name.endsWith('_PORT'))
  .join(', ');

/**
 * Where the other mail servers listen unless they are told. They are a plus:
 * one whose usual port is taken takes a free one, so that a second sandbox
 * needs to be told about two ports only.
 */
const USUAL_PORTS = {
  imapsPort: 7993,
  imapStartTlsPort: 7144,
  pop3Port: 7110,
  pop3sPort: 7995,
} as const;

/** One plain sentence about why the sandbox does not start. */
function explain(error: unknown): string {
  if (error instanceof z.ZodError) return z.prettifyError(error);
  if (!(error instanceof Error)) return String(error);
  const port = takenPort(error);
  if (port !== undefined) {
    return `Port ${port} is taken. Stop what listens there, or set another: ${PORT_VARIABLES}.`;
  }
  return error.message;
}

function takenPort(error: unknown): unknown {
  return error instanceof Error &&
    'code' in error &&
    error.code === 'EADDRINUSE' &&
    'port' in error
    ? error.port
    : undefined;
}

/** Starts with the ports that were asked for and the usual ones for the rest. */
async function startOnUsualPorts(asked: SandboxOptions): Promise<Sandbox> {
  const usual = new Map<string, number>(
    Object.entries(USUAL_PORTS).filter(
      ([name]) => asked[name as keyof typeof USUAL_PORTS] === undefined,
    ),
  );
  // Each turn gives up one of them, so there are few.
  for (;;) {
    try {
      return await startSandbox({ ...asked, ...Object.fromEntries(usual) });
    } catch (error) {
      const taken = takenPort(error);
      const names = [...usual].filter(([, port]) => port === taken);
      if (names.length === 0) throw error;
      for (const [name] of names) usual.delete(name);
    }
  }
}

async function start(): Promise<Sandbox> {
  const environment = environmentSchema.parse(process.env);
  return startOnUsualPorts({
    httpPort: environment.MAIL_SANDBOX_HTTP_PORT,
    imapPort: environment.MAIL_SANDBOX_IMAP_PORT,
    imapsPort: environment.MAIL_SANDBOX_IMAPS_PORT,
    imapStartTlsPort: environment.MAIL_SANDBOX_IMAP_STARTTLS_PORT,
    pop3Port: environment.MAIL_SANDBOX_POP3_PORT,
    pop3sPort: environment.MAIL_SANDBOX_POP3S_PORT,
    stateDir: environment.MAIL_SANDBOX_STATE || undefined,
    logger: {
      info: (message, facts) => console.log(message, facts ?? ''),
      warn: (message, facts) => console.warn(message, facts ?? ''),
    },
  });
}

function endWithSignals(sandbox: Sandbox): void {
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.once(signal, () => {
      sandbox.close().then(
        () => process.exit(0),
        () => process.exit(1),
      );
    });
  }
}

function readyLine(sandbox: Sandbox): string {
  const mail = [
    `imap 127.0.0.1:${sandbox.imapPort}`,
    `imaps :${sandbox.imapsPort}`,
    `starttls :${sandbox.imapStartTlsPort}`,
    `pop3 :${sandbox.pop3Port}`,
    `pop3s :${sandbox.pop3sPort}`,
  ];
  return `mail sandbox: http://localhost:${sandbox.httpPort}  ${mail.join(
    '  ',
  )}`;
}

start().then(
  sandbox => {
    endWithSignals(sandbox);
    console.log(readyLine(sandbox));
  },
  error => {
    console.error(explain(error));
    process.exitCode = 1;
  },
);
