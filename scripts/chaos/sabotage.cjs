// SPDX-License-Identifier: Apache-2.0
const Module = require('node:module');
const { join } = require('node:path');

const VISIT_EACH_MS = 400;
/** A visit that has not ended by then does not. */
const VISIT_MS = 5_000;

/** The plugin's database, where a sabotage needs it outside a transaction. */
let database;

/**
 * What is broken on purpose, by name: for a file of the back end, the exports
 * that take the place of its own. Nothing of this is in the product.
 *
 * @type {Record<string, Record<string, (original: object) => object>>}
 */
const sabotages = {
  // A stalled holder that comes back writes as if nothing had happened.
  'no-ticket': {
    'database/leases.ts': () => ({ holdLease: async () => {} }),
  },
  // The server is told, and the cursor moved, before the mail is stored.
  'ack-before-commit': {
    'database/migrations.ts': original => ({
      openDatabase: async service => {
        database = await original.openDatabase(service);
        return database;
      },
    }),
    'transport/imap/ImapSession.ts': ({ ImapSession }) => {
      const { fetch } = ImapSession.prototype;
      ImapSession.prototype.fetch = async function fetchAndTell(refs, limits) {
        const fetched = await fetch.call(this, refs, limits);
        const keys = refs.map(({ sourceKey }) => sourceKey);
        await this.settle(keys, { action: 'mark-read' });
        return fetched;
      };
      return {};
    },
    'inbox/InboxStore.ts': ({ InboxStore }) => {
      const { accept } = InboxStore.prototype;
      InboxStore.prototype.accept = async function tellAndAccept(tx, options) {
        const uids = options.messages.map(({ sourceKey }) => Number(sourceKey));
        await database('mailbox_cursors')
          .where({ id: options.cursorId })
          .update({ last_uid: Math.max(0, ...uids) });
        return accept.call(this, tx, options);
      };
      return {};
    },
  },
  // Every replica visits every mailbox, at any time, whoever is connected to its
  // account. Not a fault that the suite has to find: with it, unique keys alone
  // hold (R4).
  'no-poll-leases': {
    'polling/AccountGate.ts': ({ AccountGate }) => {
      AccountGate.prototype.guard = openSession => openSession;
      return {};
    },
    'database/leases.ts': original => {
      const isPoll = ({ kind }) => kind === 'poll';
      /** By mailbox: when this replica visits it again. */
      const dueAt = new Map();
      return {
        claimDue: async (knex, options) => {
          if (!isPoll(options)) {
            return original.claimDue(knex, options);
          }
          const rows = await knex('leases')
            .where({ kind: 'poll' })
            .whereNotNull('due_at');
          const due = rows
            .filter(({ subject_id: id }) => Date.now() > (dueAt.get(id) ?? 0))
            .slice(0, options.limit);
          due.forEach(({ subject_id: id }) =>
            dueAt.set(id, Date.now() + VISIT_MS),
          );
          return due.map(({ subject_id: subjectId, ticket }) => ({
            kind: 'poll',
            subjectId,
            ticket: Number(ticket),
          }));
        },
        holdLease: async (tx, ticket) =>
          isPoll(ticket) ? undefined : original.holdLease(tx, ticket),
        renewLease: async (knex, ticket, durationMs) =>
          isPoll(ticket) || original.renewLease(knex, ticket, durationMs),
        releaseLease: async (db, ticket, dueInMs) => {
          if (isPoll(ticket)) {
            dueAt.set(ticket.subjectId, Date.now() + VISIT_EACH_MS);
          } else {
            await original.releaseLease(db, ticket, dueInMs);
          }
        },
      };
    },
  },
};

/**
 * Swaps exports of the back end's files while they are loaded.
 *
 * @param {string} sourceFolder - `src` of the back end
 * @param {readonly string[]} names - of {@link sabotages}
 */
function sabotage(sourceFolder, names) {
  const swaps = new Map();
  for (const name of names) {
    for (const [file, swap] of Object.entries(sabotages[name])) {
      const path = join(sourceFolder, file);
      swaps.set(path, [...(swaps.get(path) ?? []), swap]);
    }
  }
  if (swaps.size === 0) {
    return;
  }
  const load = Module._load;
  const swapped = new Map();
  Module._load = function loadOrSwap(request, parent, isMain) {
    const exported = load.call(this, request, parent, isMain);
    const path = request.startsWith('.')
      ? Module._resolveFilename(request, parent, isMain)
      : request;
    if (!swaps.has(path)) {
      return exported;
    }
    if (!swapped.has(path)) {
      // Exports of compiled modules are getters that cannot be redefined.
      const copy = { ...exported };
      swaps.get(path).forEach(swap => Object.assign(copy, swap({ ...copy })));
      swapped.set(path, copy);
    }
    return swapped.get(path);
  };
}

module.exports = { sabotage, sabotages: Object.keys(sabotages) };
