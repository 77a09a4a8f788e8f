// SPDX-License-Identifier: Apache-2.0
import { demoAccounts, demoPassword } from '../accounts';
import type { SaslMechanism } from '../login/sasl';
import type { IntrospectionCredentials } from '../oauth/createTokenCheck';

/** Where Dovecot asks about tokens (RFC 7662), and as whom. */
export interface DovecotIntrospection extends IntrospectionCredentials {
  readonly endpoint: string;
}

export interface DovecotConfigOptions {
  /** The folder of this instance alone; everything lies in it. */
  readonly dir: string;
  readonly imapPort: number;
  readonly imapsPort: number;
  readonly pop3Port: number;
  readonly pop3sPort: number;
  readonly mechanisms: readonly SaslMechanism[];
  readonly introspection: DovecotIntrospection;
  /** How many connections of one account there may be by each protocol. */
  readonly connectionsPerAccount: number;
  readonly user: DovecotUser;
}

/** As whom Dovecot runs, and to whom mail belongs. */
export interface DovecotUser {
  readonly isRoot: boolean;
  /** The names of who starts it. */
  readonly name: string;
  readonly group: string;
  /** Owners of mail; never root, which Dovecot refuses. */
  readonly mailUid: number;
  readonly mailGid: number;
}

/** Files of an instance in its folder, by what they are. */
export function dovecotPaths(dir: string) {
  return {
    config: `${dir}/dovecot.conf`,
    tokens: `${dir}/oauth2.conf.ext`,
    passwords: `${dir}/passwords`,
    key: `${dir}/key.pem`,
    certificate: `${dir}/certificate.pem`,
    run: `${dir}/run`,
    homes: `${dir}/homes`,
  };
}

// Dovecot gives a meaning to %, $, # and quotes; nothing of ours has any.
const PLAIN_VALUE = /^[\w:/.@+=-]+$/;

function plain(value: string): string {
  if (!PLAIN_VALUE.test(value)) {
    throw new Error(`Not fit for a configuration of Dovecot: ${value}`);
  }
  return value;
}

/** The configuration (Dovecot 2.3), as files by their path. */
export function dovecotConfig(
  options: DovecotConfigOptions,
): ReadonlyMap<string, string> {
  const paths = dovecotPaths(options.dir);
  return new Map([
    [paths.config, mainConfig(options)],
    [paths.tokens, tokenConfig(options.introspection)],
    [paths.passwords, passwordFile()],
  ]);
}

function mainConfig(options: DovecotConfigOptions): string {
  const { user, mechanisms } = options;
  const paths = dovecotPaths(plain(options.dir));
  return `
protocols = imap pop3
listen = 127.0.0.1
base_dir = ${paths.run}
state_dir = ${paths.run}
log_path = /dev/stderr

ssl = yes
ssl_cert = <${paths.certificate}
ssl_key = <${paths.key}

disable_plaintext_auth = no
auth_mechanisms = ${mechanisms.join(' ').toLowerCase()}
auth_failure_delay = 0

# Each kind of proof goes to its own judge, or one tries the other's too.
passdb {
  driver = oauth2
  mechanisms = xoauth2 oauthbearer
  args = ${paths.tokens}
}
passdb {
  driver = passwd-file
  mechanisms = plain
  args = scheme=PLAIN username_format=%u ${paths.passwords}
}
# Without allow_all_users logins work, and doveadm does not.
userdb {
  driver = static
  args = uid=${user.mailUid} gid=${user.mailGid} home=${
    paths.homes
  }/%u allow_all_users=yes
}
first_valid_uid = 1
first_valid_gid = 1

mail_location = maildir:~/Maildir
namespace inbox {
  inbox = yes
  separator = /
}
mail_fsync = never
mail_max_userip_connections = ${options.connectionsPerAccount}
mail_plugins = acl
plugin {
  acl = vfile
}

service imap-login {
  inet_listener imap {
    port = ${options.imapPort}
  }
  inet_listener imaps {
    port = ${options.imapsPort}
    ssl = yes
  }
}
service pop3-login {
  inet_listener pop3 {
    port = ${options.pop3Port}
  }
  inet_listener pop3s {
    port = ${options.pop3sPort}
    ssl = yes
  }
}
protocol pop3 {
  # Names that last, as Dovecot's manual has it for new installations.
  pop3_uidl_format = %08Xu%08Xv
  # One session at a time, as RFC 1939 section 3 wants it.
  pop3_lock_session = yes
}
# After refused logins an address waits up to 15 s for its next one, which all
# tests share. The socket's mode switches that off.
service anvil {
  unix_listener anvil-auth-penalty {
    mode = 0
  }
}
service stats {
  unix_listener stats-writer {
    mode = 0666
  }
}
service auth {
  user = ${user.name}
}
${user.isRoot ? '' : unprivileged(user)}`;
}

/** Neither other users nor a chroot without root. */
function unprivileged({ name, group }: DovecotUser): string {
  return `
default_internal_user = ${name}
default_login_user = ${name}
default_internal_group = ${group}
service anvil {
  chroot =
}
service imap-login {
  chroot =
}
service pop3-login {
  chroot =
}
`;
}

function tokenConfig(introspection: DovecotIntrospection): string {
  const url = new URL(introspection.endpoint);
  url.username = introspection.clientId;
  url.password = introspection.clientSecret;
  return `
introspection_mode = post
introspection_url = ${plain(url.href)}
# Also where the token itself seems to say enough.
force_introspection = yes
active_attribute = active
active_value = true
username_attribute = sub
`;
}

function passwordFile(): string {
  return demoAccounts
    .map(({ address }) => `${address}:${demoPassword}::::::\n`)
    .join('');
}
