// SPDX-License-Identifier: Apache-2.0
import { messageStateSchema } from '@postroom/plugin-incoming-mail-common';

/** Something that is true of the database at any moment. */
export interface InvariantRule {
  /** kebab-case; alerts may name it, so it stays. */
  readonly name: string;
  /** What is to be true, in a sentence. */
  readonly words: string;
  /**
   * Selects what it is not true of, as one column `id`. One statement, so that
   * it sees one state of the database, also while work is under way; in the
   * SQL that both engines have.
   */
  readonly violators: string;
}

// A mail's key under an IMAP cursor, as `dedupeKey` in the inbox makes it:
// 'imap:', the cursor's UUID, ':', the UID.
const CURSOR_OF_KEY = 'substr(m.dedupe_key, 6, 36)';
// CASE keeps PostgreSQL from reading a POP3 key as a number, in whatever order
// it looks at the conditions.
const UID_OF_KEY =
  "CASE WHEN m.dedupe_key LIKE 'imap:%' THEN CAST(substr(m.dedupe_key, 43) AS BIGINT) ELSE 0 END";

const STATES = messageStateSchema.options.map(state => `'${state}'`).join(', ');

// A worker looks up a mailbox's handlers before it works on its mail: what it
// had in hand when a handler was bound goes without that one.
const BOUND_BEFORE_MS = 60_000;

const EFFECTS = `
  SELECT r.id, r.message_id, r.project_ref FROM requests r
  UNION ALL
  SELECT c.id, c.message_id, r.project_ref
  FROM request_comments c JOIN requests r ON r.id = c.request_id`;

/**
 * Every invariant: the one list. What a constraint of the schema forbids is
 * here as well where constraints can be switched off, as when a backup is
 * loaded, or where a file is edited by hand.
 */
export const invariantRules: readonly InvariantRule[] = [
  {
    name: 'cursor-not-below-base',
    words: 'No folder is read to before where reading began',
    violators: 'SELECT id FROM mailbox_cursors WHERE last_uid < base_uid',
  },
  {
    name: 'cursor-not-below-mail',
    words: 'A cursor has moved over every mail that is stored under it',
    violators: `
      SELECT m.id FROM inbox_messages m
      JOIN mailbox_cursors c ON c.id = ${CURSOR_OF_KEY}
      WHERE m.dedupe_key LIKE 'imap:%' AND ${UID_OF_KEY} > c.last_uid`,
  },
  {
    name: 'gap-below-cursor',
    words:
      'A mail that the server did not deliver is one that reading moved over',
    violators: `
      SELECT g.cursor_id AS id FROM fetch_gaps g
      JOIN mailbox_cursors c ON c.id = g.cursor_id AND c.keyed_by IS NULL
      WHERE CASE WHEN c.keyed_by IS NULL
        THEN CAST(g.source_key AS BIGINT) ELSE 0 END > c.last_uid`,
  },
  {
    name: 'import-within-bounds',
    words: 'An import of older mail ends where reading began',
    violators: 'SELECT id FROM mailbox_imports WHERE after_uid > up_to_uid',
  },
  {
    name: 'mail-has-state',
    words: 'Every mail is in one of the states, which add up to all mail',
    violators: `SELECT id FROM inbox_messages WHERE state NOT IN (${STATES})`,
  },
  {
    name: 'waiting-or-ended',
    words: 'A mail has a time for its next attempt, or one at which it ended',
    violators: `
      SELECT id FROM inbox_messages
      WHERE (state = 'stored') <> (next_attempt_at IS NOT NULL)
         OR (state = 'stored') = (finished_at IS NOT NULL)`,
  },
  {
    name: 'waiting-mail-is-due',
    words: 'Mail that waits has its mailbox due, unless that is paused',
    violators: `
      SELECT b.id FROM mailboxes b
      WHERE b.paused_at IS NULL
        AND EXISTS (SELECT 1 FROM inbox_messages m
          WHERE m.mailbox_id = b.id AND m.state = 'stored')
        AND NOT EXISTS (SELECT 1 FROM leases l
          WHERE l.subject_id = b.id AND l.kind = 'process'
            AND l.due_at IS NOT NULL)`,
  },
  {
    name: 'done-was-delivered',
    words:
      'A mail that is done was delivered to every handler that was bound when it came',
    violators: `
      SELECT m.id FROM inbox_messages m
      JOIN handler_bindings h ON h.mailbox_id = m.mailbox_id
        AND m.accepted_at > h.created_at + ${BOUND_BEFORE_MS}
      LEFT JOIN deliveries d ON d.message_id = m.id AND d.binding_id = h.id
      WHERE m.state = 'done' AND d.message_id IS NULL`,
  },
  {
    name: 'end-has-reason',
    words: 'A mail that became nothing says why',
    violators: `
      SELECT id FROM inbox_messages
      WHERE state NOT IN ('stored', 'done')
        AND trace = '[]' AND failure_code IS NULL`,
  },
  {
    name: 'delivery-has-mail',
    words: 'A delivery is one of a mail that is stored',
    violators: `
      SELECT d.message_id AS id FROM deliveries d
      LEFT JOIN inbox_messages m ON m.id = d.message_id
      WHERE m.id IS NULL`,
  },
  {
    name: 'effect-was-delivered',
    words:
      'A request or comment is of a mail that was delivered, as long as that mail is there',
    violators: `
      SELECT e.id FROM (${EFFECTS}) e
      JOIN inbox_messages m ON m.id = e.message_id
      LEFT JOIN deliveries d ON d.message_id = m.id
      WHERE m.state IN ('stored', 'ignored', 'duplicate')
        AND d.message_id IS NULL`,
  },
  {
    name: 'one-effect-per-project',
    words: 'A mail became one thing in a project: a request or a comment',
    violators: `
      SELECT e.message_id AS id FROM (${EFFECTS}) e
      GROUP BY e.message_id, e.project_ref HAVING count(*) > 1`,
  },
  {
    name: 'request-has-conversation',
    words: 'A request belongs to the conversation of the mail that began it',
    violators: `
      SELECT r.id FROM requests r
      JOIN inbox_messages m ON m.id = r.message_id
      WHERE m.thread_id IS NOT NULL AND m.thread_id <> r.thread_id`,
  },
  {
    name: 'comments-counted',
    words: 'A request counts its comments',
    violators: `
      SELECT r.id FROM requests r
      LEFT JOIN request_comments c ON c.request_id = r.id
      GROUP BY r.id, r.comment_count HAVING r.comment_count <> count(c.id)`,
  },
  {
    name: 'number-was-taken',
    words: 'No request has a number that its project has still to give',
    violators: `
      SELECT r.id FROM requests r
      LEFT JOIN request_counters n ON n.project_ref = r.project_ref
      WHERE n.last_number IS NULL OR r.number > n.last_number`,
  },
  {
    name: 'mail-has-bytes',
    words: 'Every mail has all its bytes, until they are old enough to go',
    violators: `
      SELECT m.id FROM inbox_messages m
      LEFT JOIN (SELECT message_id, count(*) AS pieces, max(n) AS last
        FROM inbox_chunks GROUP BY message_id) b ON b.message_id = m.id
      WHERE (m.raw_removed_at IS NULL
          AND (b.pieces IS NULL OR b.pieces <> b.last + 1))
        OR (m.raw_removed_at IS NOT NULL AND b.pieces IS NOT NULL)`,
  },
  {
    name: 'bytes-have-mail',
    words: 'No bytes are left of a mail that is gone',
    violators: `
      SELECT b.message_id AS id FROM inbox_chunks b
      LEFT JOIN inbox_messages m ON m.id = b.message_id
      WHERE m.id IS NULL`,
  },
  {
    name: 'waiting-mail-has-bytes',
    words: 'The bytes of a mail that waits are not removed',
    violators: `
      SELECT id FROM inbox_messages
      WHERE state = 'stored' AND raw_removed_at IS NOT NULL`,
  },
  {
    name: 'acknowledgement-has-mail',
    words: 'The server is told of stored mail alone, in its own mailbox',
    violators: `
      SELECT a.message_id AS id FROM acknowledgements a
      LEFT JOIN inbox_messages m ON m.id = a.message_id
      LEFT JOIN mailbox_cursors c ON c.id = a.cursor_id
      WHERE m.id IS NULL OR c.id IS NULL OR c.mailbox_id <> m.mailbox_id`,
  },
  {
    name: 'lease-has-holder',
    words: 'A lease has a holder, an end and a ticket, or none is held',
    violators: `
      SELECT subject_id AS id FROM leases
      WHERE ticket < 0
         OR (holder IS NULL) <> (lease_until IS NULL)
         OR (kind <> 'replica' AND holder IS NOT NULL AND ticket = 0)`,
  },
  {
    name: 'mailbox-has-leases',
    words: 'Every mailbox that is no draft of a mail server can be worked on',
    violators: `
      SELECT b.id FROM mailboxes b
      WHERE b.draft_owner IS NULL
        AND (SELECT count(*) FROM leases l WHERE l.subject_id = b.id) <> 2`,
  },
  {
    name: 'lease-has-mailbox',
    words: 'No work is scheduled for a mailbox that is gone',
    violators: `
      SELECT l.subject_id AS id FROM leases l
      LEFT JOIN mailboxes b ON b.id = l.subject_id
      WHERE b.id IS NULL AND l.kind <> 'replica'`,
  },
];
