// SPDX-License-Identifier: Apache-2.0
import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { promisify } from 'node:util';

const DEADLINE_MS = 15_000;

/**
 * Has `openssl`, which Debian's Dovecot brings along, make a key and a
 * certificate for `localhost` that signs itself. It is good for a day.
 *
 * @returns the certificate as PEM, for those who are to trust it
 */
export async function makeCertificate(files: {
  readonly key: string;
  readonly certificate: string;
}): Promise<string> {
  await promisify(execFile)(
    'openssl',
    [
      ...['req', '-x509', '-days', '1', '-noenc'],
      ...['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256'],
      ...['-subj', '/CN=localhost'],
      ...['-addext', 'subjectAltName=DNS:localhost,IP:127.0.0.1'],
      ...['-keyout', files.key, '-out', files.certificate],
    ],
    { timeout: DEADLINE_MS },
  );
  return readFile(files.certificate, 'utf8');
}
