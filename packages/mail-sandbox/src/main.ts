// SPDX-License-Identifier: Apache-2.0
import { z } from 'zod';
import { startSandbox, type Sandbox } from './startSandbox';

const portSchema = z.coerce.number().int().min(0).max(65535);

const environmentSchema = z.object({
  MAIL_SANDBOX_HTTP_PORT: portSchema.default(7070),
  MAIL_SANDBOX_IMAP_PORT: portSchema.default(7143),
  /** Unset or empty: memory only. */
  MAIL_SANDBOX_STATE: z.string().optional(),
});

/** One plain sentence about why the sandbox does not start. */
function explain(error: unknown): string {
  if (error instanceof z.ZodError) return z.prettifyError(error);
  if (!(error instanceof Error)) return String(error);
  if ('code' in error && error.code === 'EADDRINUSE' && 'port' in error) {
    return `Port ${error.port} is taken. Stop what listens there, or set MAIL_SANDBOX_HTTP_PORT or MAIL_SANDBOX_IMAP_PORT.`;
  }
  return error.message;
}

async function start(): Promise<Sandbox> {
  const environment = environmentSchema.parse(process.env);
  return startSandbox({
    httpPort: environment.MAIL_SANDBOX_HTTP_PORT,
    imapPort: environment.MAIL_SANDBOX_IMAP_PORT,
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

start().then(
  sandbox => {
    endWithSignals(sandbox);
    console.log(
      `mail sandbox: http://localhost:${sandbox.httpPort}  imap 127.0.0.1:${sandbox.imapPort}`,
    );
  },
  error => {
    console.error(explain(error));
    process.exitCode = 1;
  },
);
