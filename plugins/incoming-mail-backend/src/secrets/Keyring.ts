// SPDX-License-Identifier: Apache-2.0
import { hkdfSync } from 'node:crypto';
import { InputError } from '@backstage/errors';

/** What a sealed record is for; each purpose has a key of its own. */
export type SecretPurpose = 'client-secret' | 'token' | 'verifier' | 'password';

/** A configured vault key. */
export interface KeyringKey {
  /** Names the key in sealed records; never reused for another secret. */
  readonly kid: string;
  /** 32 bytes, base64url. */
  readonly secret: string;
}

const KEY_BYTES = 32;

/**
 * The vault's keys by id. The first configured key seals; all of them open, so
 * a former key stays configured until nothing is sealed with it any more.
 *
 * A key is never used as it is: HKDF-SHA-256 (RFC 5869) derives one key per
 * purpose, so that a record of one kind cannot be opened as another.
 */
export class Keyring {
  readonly #keys: ReadonlyMap<string, Buffer>;
  readonly #primaryKid: string;

  /**
   * @param keys - in the order of the configuration
   * @param configPath - where they stand there, for error messages
   */
  constructor(keys: readonly KeyringKey[], configPath: string) {
    const [primary] = keys;
    if (!primary) {
      throw new InputError(
        `No vault key is configured at ${configPath}. Make one with ` +
          `node -p "require('crypto').randomBytes(32).toString('base64url')" ` +
          `and set ${configPath} to [{ kid: <a name for it>, secret: <the output> }].`,
      );
    }
    this.#keys = new Map(
      keys.map((key, index) => [
        key.kid,
        decodeKey(key.secret, `${configPath}[${index}].secret`),
      ]),
    );
    if (this.#keys.size !== keys.length) {
      throw new InputError(`Two vault keys at ${configPath} have the same kid`);
    }
    this.#primaryKid = primary.kid;
  }

  /** The id of the key that new records are sealed with. */
  get primaryKid(): string {
    return this.#primaryKid;
  }

  /** The ids of all configured keys, the one in use first. */
  get kids(): string[] {
    return [...this.#keys.keys()];
  }

  /** The derived key, or undefined where no key of that id is configured. */
  find(kid: string, purpose: SecretPurpose): Uint8Array | undefined {
    const key = this.#keys.get(kid);
    return (
      key &&
      new Uint8Array(
        hkdfSync('sha256', key, '', `incoming-mail:${purpose}`, KEY_BYTES),
      )
    );
  }
}

function decodeKey(secret: string, configPath: string): Buffer {
  const key = Buffer.from(secret, 'base64url');
  // Node decodes leniently: what does not encode back was not base64url.
  const canonical = key.toString('base64url') === secret.replace(/=+$/, '');
  if (!canonical || key.length !== KEY_BYTES) {
    throw new InputError(
      `The vault key at ${configPath} is not 32 bytes in base64url`,
    );
  }
  return key;
}
