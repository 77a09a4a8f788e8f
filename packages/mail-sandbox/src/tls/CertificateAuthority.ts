// SPDX-License-Identifier: Apache-2.0
import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { z } from 'zod';
import { readStateFile } from '../disk/readStateFile';
import { writeFileAtomically } from '../disk/writeFileAtomically';
import { issueCertificate, type CertifiedKey } from './issueCertificate';

const fileSchema = z.object({
  version: z.literal(1),
  commonName: z.string(),
  key: z.string(),
  cert: z.string(),
});

const DAY_MS = 24 * 60 * 60 * 1000;
const AUTHORITY_DAYS = 3650;
/** As long as public authorities may at most; each start makes a new one. */
const SERVER_DAYS = 397;
/** Clocks of clients may be late. */
const EARLIER_DAYS = 2;

/** What a certificate is for, and whether it is over already. */
export interface ServerCertificateRequest {
  readonly names: readonly string[];
  readonly isExpired?: boolean;
}

/** Signs the certificates of the sandbox's servers. */
export class CertificateAuthority {
  readonly #commonName: string;
  readonly #own: CertifiedKey;

  private constructor(commonName: string, own: CertifiedKey) {
    this.#commonName = commonName;
    this.#own = own;
  }

  /** Makes a new authority, of a name that no other has. */
  static create(): CertificateAuthority {
    const commonName = `Mail sandbox CA ${randomBytes(6).toString('hex')}`;
    return new CertificateAuthority(
      commonName,
      issueCertificate({ commonName, ...validity(AUTHORITY_DAYS) }),
    );
  }

  /**
   * Reads the authority of a state folder, or makes it the first time. Its
   * certificate lies there as `ca.pem` too.
   */
  static load(stateDir: string | undefined): CertificateAuthority {
    if (!stateDir) return CertificateAuthority.create();
    const path = join(stateDir, 'tls.json');
    const saved = readStateFile(path, fileSchema);
    if (saved) return new CertificateAuthority(saved.commonName, saved);
    const made = CertificateAuthority.create();
    writeFileAtomically(
      path,
      JSON.stringify({
        version: 1,
        commonName: made.#commonName,
        ...made.#own,
      }),
    );
    writeFileAtomically(join(stateDir, 'ca.pem'), made.certificate);
    return made;
  }

  /** Its certificate for those who are to trust it, PEM. */
  get certificate(): string {
    return this.#own.cert;
  }

  issue({ names, isExpired }: ServerCertificateRequest): CertifiedKey {
    return issueCertificate({
      commonName: names[0],
      names,
      issuer: { commonName: this.#commonName, key: this.#own.key },
      ...validity(isExpired ? -1 : SERVER_DAYS),
    });
  }
}

/** @param days - from now until the end; negative for what is over */
function validity(days: number): { notBefore: Date; notAfter: Date } {
  const now = Date.now();
  return {
    notBefore: new Date(now - EARLIER_DAYS * DAY_MS),
    notAfter: new Date(now + days * DAY_MS),
  };
}
