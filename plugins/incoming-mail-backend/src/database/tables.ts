// SPDX-License-Identifier: Apache-2.0

// Every table and its rows, as the database gives them back. Instants are
// milliseconds since 1970: PostgreSQL gives them as strings (bigint), SQLite
// as numbers, booleans come as 0 and 1 from SQLite. The `from…` functions at
// the foot of each store turn rows into nouns; nothing else sees a row.

/** A bigint column. */
export type DbInteger = string | number;
/** A boolean column. */
export type DbBoolean = boolean | number;

export const tables = {
  leases: 'leases',
  accountGates: 'account_gates',
  oauthIntegrations: 'oauth_integrations',
  oauthGrants: 'oauth_grants',
  oauthConsents: 'oauth_consents',
  oauthConsentLinks: 'oauth_consent_links',
  oauthPendingGrants: 'oauth_pending_grants',
  oauthRevocations: 'oauth_revocations',
  mailboxes: 'mailboxes',
  mailboxCursors: 'mailbox_cursors',
  mailboxImports: 'mailbox_imports',
  inboxMessages: 'inbox_messages',
  inboxChunks: 'inbox_chunks',
  knownSources: 'known_sources',
  fetchGaps: 'fetch_gaps',
  acknowledgements: 'acknowledgements',
  handlerBindings: 'handler_bindings',
  deliveries: 'deliveries',
  threadKeys: 'thread_keys',
  journalEntries: 'journal_entries',
  requestCounters: 'request_counters',
  requests: 'requests',
  requestComments: 'request_comments',
  notices: 'notices',
} as const;

export type DbLeaseRow = {
  kind: string;
  subject_id: string;
  due_at: DbInteger | null;
  holder: string | null;
  ticket: number;
  lease_until: DbInteger | null;
  kept_by: string | null;
};

export type DbAccountGateRow = {
  account: string;
  holder: string | null;
  ticket: number;
  lease_until: DbInteger | null;
  wanted_at: DbInteger | null;
  retry_at: DbInteger | null;
  refusals: number;
  entered_at: DbInteger;
};

export type DbIntegrationRow = {
  id: string;
  callback_slug: string;
  version: number;
  name: string;
  provider: string;
  preset: string | null;
  issuer: string | null;
  authorization_endpoint: string;
  token_endpoint: string;
  revocation_endpoint: string | null;
  scopes: string;
  client_id: string | null;
  client_secret_sealed: string | null;
  client_secret_updated_at: DbInteger | null;
  client_secret_expires_on: string | null;
  client_authentication: string;
  grant_type: string;
  client_key_sealed: string | null;
  client_key_updated_at: DbInteger | null;
  client_key_id: string | null;
  client_certificate: string | null;
  allowed_domains: string;
  mail_hosts: string;
  allow_shared_mailboxes: DbBoolean | null;
  iss_declared: DbBoolean | null;
  allowed_tenants: string | null;
  authorization_parameters: string | null;
  in_testing: DbBoolean | null;
  next_secret_sealed: string | null;
  next_secret_updated_at: DbInteger | null;
  next_secret_expires_on: string | null;
  next_secret_accepted_at: DbInteger | null;
  next_secret_refused_at: DbInteger | null;
  fault_code: string | null;
  fault_detail: string | null;
  fault_since: DbInteger | null;
  created_by: string;
  created_at: DbInteger;
  updated_at: DbInteger;
};

export type DbGrantRow = {
  id: string;
  mailbox_id: string;
  integration_id: string;
  integration_version: number;
  account: string;
  consented_as: string | null;
  scopes: string;
  state: string;
  failure_code: string | null;
  state_since: DbInteger;
  generation: number;
  refresh_sealed: string | null;
  access_sealed: string | null;
  access_expires_at: DbInteger | null;
  access_refresh_at: DbInteger | null;
  refreshing_by: string | null;
  refreshing_until: DbInteger | null;
  failed_refreshes: number;
  next_refresh_at: DbInteger | null;
  previous_refresh_sealed: string | null;
  previous_refresh_until: DbInteger | null;
  refreshed_at: DbInteger | null;
  refresh_ends_at: DbInteger | null;
  refresh_end_slides: DbBoolean | null;
  created_at: DbInteger;
  updated_at: DbInteger;
};

export type DbConsentRow = {
  id: string;
  mailbox_id: string;
  integration_id: string;
  integration_version: number;
  user_ref: string;
  ticket_hash: string;
  ticket_expires_at: DbInteger;
  state_hash: string | null;
  browser_hash: string | null;
  verifier_sealed: string | null;
  nonce_hash: string | null;
  return_origin: string;
  expected_account: string;
  created_at: DbInteger;
  expires_at: DbInteger;
  started_at: DbInteger | null;
  consumed_at: DbInteger | null;
  finished_at: DbInteger | null;
  outcome: string | null;
  failure_code: string | null;
  failure_detail: string | null;
  kind: string | null;
  link_id: string | null;
  return_path: string | null;
};

export type DbConsentLinkRow = {
  id: string;
  mailbox_id: string;
  integration_id: string;
  integration_version: number;
  address: string;
  secret_hash: string;
  created_by: string;
  created_at: DbInteger;
  expires_at: DbInteger;
  opened_at: DbInteger | null;
  used_at: DbInteger | null;
  revoked_at: DbInteger | null;
};

export type DbPendingGrantRow = {
  id: string;
  claim_sealed: string;
  tries: number;
  access_sealed: string;
  refresh_sealed: string | null;
  scopes: string;
  access_expires_at: DbInteger;
  consented_as: string | null;
  claimed_at: DbInteger | null;
  expires_at: DbInteger;
};

export type DbRevocationRow = {
  id: string;
  account: string;
  token_sealed: string;
  revocation_endpoint: string;
  client_id: string;
  client_secret_sealed: string | null;
  client_authentication: string;
  client_key_sealed: string | null;
  client_assertion: string | null;
  attempts: number;
  due_at: DbInteger;
  created_at: DbInteger;
};

export type DbMailboxRow = {
  id: string;
  project_ref: string | null;
  version: number;
  address: string;
  protocol: string;
  host: string;
  port: number;
  security: string;
  folder: string;
  auth_method: string;
  integration_id: string | null;
  after_storing: string;
  after_storing_folder: string | null;
  after_storing_refusal: string | null;
  state: string;
  failure_code: string | null;
  failure_detail: string | null;
  failure_since: DbInteger | null;
  failed_visits: number;
  reading_since: DbInteger | null;
  last_visit_at: DbInteger | null;
  last_success_at: DbInteger | null;
  name: string | null;
  description: string | null;
  user_name: string | null;
  password_sealed: string | null;
  password_id: string | null;
  password_updated_at: DbInteger | null;
  refused_sign_ins: number | null;
  timeout_seconds: number | null;
  aliases: string | null;
  paused_at: DbInteger | null;
  left_on_server: number | null;
  held_back_at: DbInteger | null;
  draft_owner: string | null;
  draft_of: string | null;
  draft_version: number | null;
  tested_at: DbInteger | null;
  tested_as: string | null;
  created_by: string;
  created_at: DbInteger;
  updated_at: DbInteger;
};

export type DbImportRow = {
  id: string;
  mailbox_id: string;
  state: string;
  since: string | null;
  last_count: number | null;
  cursor_id: string | null;
  after_uid: DbInteger | null;
  up_to_uid: DbInteger | null;
  found: number | null;
  imported: number;
  failure_code: string | null;
  failure_detail: string | null;
  created_by: string;
  created_at: DbInteger;
  finished_at: DbInteger | null;
};

export type DbCursorRow = {
  id: string;
  mailbox_id: string;
  folder: string;
  uid_validity: DbInteger;
  base_uid: DbInteger;
  last_uid: DbInteger;
  keyed_by: string | null;
  renumbered_up_to: DbInteger | null;
  review_before: DbInteger | null;
  created_at: DbInteger;
};

export type DbKnownSourceRow = {
  cursor_id: string;
  source_key: string;
  size_bytes: DbInteger;
  head_digest: string | null;
  listed_at: DbInteger;
};

export type DbFetchGapRow = {
  cursor_id: string;
  source_key: string;
  size_bytes: DbInteger;
  received_at: DbInteger | null;
  attempts: number;
  due_at: DbInteger;
};

export type DbInboxMessageRow = {
  seq: DbInteger;
  id: string;
  mailbox_id: string;
  dedupe_key: string;
  size_bytes: DbInteger;
  truncated: DbBoolean;
  imported: DbBoolean | null;
  sha256: string;
  received_at: DbInteger | null;
  accepted_at: DbInteger;
  state: string;
  attempts: number;
  next_attempt_at: DbInteger | null;
  failure_code: string | null;
  subject: string | null;
  sender: string | null;
  target: string | null;
  thread_id: string | null;
  trace: string;
  finished_at: DbInteger | null;
  raw_removed_at: DbInteger | null;
  stable_id: string | null;
  head_digest: string | null;
  content_hash: string | null;
  duplicate_of: string | null;
};

export type DbInboxChunkRow = {
  message_id: string;
  n: number;
  bytes: Buffer;
};

export type DbAcknowledgementRow = {
  message_id: string;
  cursor_id: string;
  uid: DbInteger;
  source_key: string | null;
};

export type DbHandlerBindingRow = {
  id: string;
  mailbox_id: string;
  handler_id: string;
  position: number;
  settings: string | null;
  created_at: DbInteger | null;
};

export type DbDeliveryRow = {
  message_id: string;
  binding_id: string;
  outcome: string;
  target: string | null;
  reason: string | null;
  finished_at: DbInteger;
};

export type DbThreadKeyRow = {
  mailbox_id: string;
  key_hash: string;
  kind: string;
  thread_id: string;
};

export type DbJournalEntryRow = {
  seq: DbInteger;
  id: string;
  mailbox_id: string;
  at: DbInteger;
  event: string;
  failure_code: string | null;
  count: number | null;
  detail: string | null;
};

export type DbRequestCounterRow = {
  project_ref: string;
  last_number: number;
};

export type DbRequestRow = {
  id: string;
  project_ref: string;
  number: number;
  thread_id: string;
  message_id: string;
  subject: string;
  sender_name: string | null;
  sender_address: string | null;
  text: string;
  html: string | null;
  attachments: string;
  sent_at: DbInteger;
  created_at: DbInteger;
  last_activity_at: DbInteger;
  comment_count: number;
  request_type: string | null;
  priority: string | null;
  labels: string | null;
};

export type DbRequestCommentRow = {
  seq: DbInteger;
  id: string;
  request_id: string;
  message_id: string;
  sender_name: string | null;
  sender_address: string | null;
  text: string;
  html: string | null;
  attachments: string;
  sent_at: DbInteger;
  created_at: DbInteger;
};

export type DbNoticeRow = {
  id: string;
  subject: string;
  transition: string;
  recipient_ref: string;
  title: string;
  description: string;
  link: string | null;
  severity: string;
  created_at: DbInteger;
  sent_at: DbInteger | null;
  taken_until: DbInteger | null;
};
