// SPDX-License-Identifier: Apache-2.0
import { randomUUID } from 'node:crypto';
import type { Adapter, AdapterFactory, AdapterPayload } from 'oidc-provider';
import { errors } from './oidcProvider';
import type { ModelStore } from './ModelStore';

/**
 * Joins oidc-provider to the store.
 *
 * `consume` is strict: the provider looks whether a refresh token was used and
 * marks it in two steps, so two requests at the same time could both pass the
 * look. The second one to mark it is treated as the reuse it is: the whole
 * family of tokens ends (RFC 9700 section 4.14.2).
 */
export function modelAdapter(
  store: ModelStore,
  options: {
    /** Whether a refresh token of the application is good for one use only. */
    readonly usesUp: (clientId: string) => boolean;
    /** Whether the secret of the application is over. */
    readonly secretExpired: (clientId: string) => boolean;
  },
): AdapterFactory {
  return (model: string): Adapter => ({
    async upsert(id, payload, expiresIn) {
      store.upsert(model, id, { ...payload }, expiresIn);
    },

    async find(id) {
      const payload = store.find(model, id) as AdapterPayload | undefined;
      const isOver = model === 'Client' && options.secretExpired(id);
      // The provider knows no end of secrets; this one matches nothing.
      return payload?.client_secret && isOver
        ? { ...payload, client_secret: randomUUID() }
        : payload;
    },

    async findByUid(uid) {
      return store.findSessionByUid(uid) as AdapterPayload | undefined;
    },

    async findByUserCode() {
      // Only the device flow asks, and it is off.
      return undefined;
    },

    async consume(id) {
      const { grantId, clientId } = store.find(model, id) ?? {};
      if (
        model === 'RefreshToken' &&
        typeof clientId === 'string' &&
        !options.usesUp(clientId)
      ) {
        return;
      }
      if (store.consume(model, id)) return;
      if (typeof grantId === 'string') store.revokeGrant(grantId);
      throw new errors.InvalidGrant(`${model} was already used`);
    },

    async destroy(id) {
      store.destroy(model, id);
    },

    async revokeByGrantId(grantId) {
      store.destroyTokensOf(grantId);
    },
  });
}
