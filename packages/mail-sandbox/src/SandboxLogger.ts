// SPDX-License-Identifier: Apache-2.0

/** Where the sandbox says what happens; never given tokens, secrets or mail. */
export interface SandboxLogger {
  info(message: string, facts?: Readonly<Record<string, unknown>>): void;
  warn(message: string, facts?: Readonly<Record<string, unknown>>): void;
}

/** Says nothing; the default, so that tests stay readable. */
export const silentLogger: SandboxLogger = {
  info: () => undefined,
  warn: () => undefined,
};
