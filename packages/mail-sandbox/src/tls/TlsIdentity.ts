// SPDX-License-Identifier: Apache-2.0
import type { Socket } from 'node:net';
import { createSecureContext, TLSSocket, type SecureContext } from 'node:tls';
import type { FaultBoard } from '../faults/FaultBoard';
import type { Faults } from '../faults/faultsRequest';
import { CertificateAuthority } from './CertificateAuthority';

type Flaw = Faults['tlsCertificate'];

/** What the certificate is for, besides names that somebody asked for. */
const LOOPBACK_NAMES = ['localhost', '127.0.0.1', '::1'];

const FOREIGN_NAMES = ['mail.elsewhere.test'];

/** Encrypts the server's side of connections, as the faults of the moment say. */
export class TlsIdentity {
  readonly #authority: CertificateAuthority;
  readonly #names: readonly string[];
  readonly #faults: FaultBoard;
  readonly #contexts = new Map<Flaw, SecureContext>();

  constructor(options: {
    readonly authority: CertificateAuthority;
    /** DNS names and IP addresses besides those of loopback. */
    readonly names?: readonly string[];
    readonly faults: FaultBoard;
  }) {
    this.#authority = options.authority;
    this.#names = [...LOOPBACK_NAMES, ...(options.names ?? [])];
    this.#faults = options.faults;
  }

  /** Starts TLS on a connection; a handshake that fails is its `error`. */
  encrypt(socket: Socket): TLSSocket {
    return new TLSSocket(socket, {
      isServer: true,
      secureContext: this.#contextOf(this.#faults.current.tlsCertificate),
    });
  }

  #contextOf(flaw: Flaw): SecureContext {
    let context = this.#contexts.get(flaw);
    if (!context) {
      context = createSecureContext(this.#issue(flaw));
      this.#contexts.set(flaw, context);
    }
    return context;
  }

  #issue(flaw: Flaw) {
    const names = flaw === 'wrong-name' ? FOREIGN_NAMES : this.#names;
    const authority =
      flaw === 'unknown-authority'
        ? CertificateAuthority.create()
        : this.#authority;
    return authority.issue({ names, isExpired: flaw === 'expired' });
  }
}
