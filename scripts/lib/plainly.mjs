// SPDX-License-Identifier: Apache-2.0
/** An error whose message is a whole sentence for the person at the terminal. */
export class PlainError extends Error {
  constructor(message, options) {
    super(message, options);
    this.name = 'PlainError';
  }
}

/**
 * Runs a script's main function, which returns the exit code or undefined for 0.
 * A {@link PlainError} ends it with its sentence alone, anything else is a fault
 * of the script and keeps its stack.
 *
 * `process.exit` and not `exitCode`: a script has said all it has to say when its
 * main function ends, and a socket that someone forgot must not keep it.
 */
export async function runMain(main) {
  try {
    process.exit((await main()) ?? 0);
  } catch (error) {
    process.stderr.write(
      `${error instanceof PlainError ? error.message : error.stack}\n`,
    );
    process.exit(1);
  }
}
