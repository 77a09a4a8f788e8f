// SPDX-License-Identifier: Apache-2.0
import { randomBytes } from 'node:crypto';
import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { keptPort } from '../lib/ports.mjs';
import { Browser } from '../smoke/Browser.mjs';
import { Api } from './Api.mjs';
import { Channel } from './Channel.mjs';
import { FullDisk } from './FullDisk.mjs';
import { MailboxOwner } from './MailboxOwner.mjs';
import { NoticeBoard } from './NoticeBoard.mjs';
import { OtherService } from './OtherService.mjs';
import { PostgresServer } from './PostgresServer.mjs';
import { Replica } from './Replica.mjs';
import { sandboxLibrary } from './sandboxLibrary.mjs';
import { SeededRandom } from './SeededRandom.mjs';
import { Watch } from './Tap.mjs';
import { TokenDesk } from './TokenDesk.mjs';
import { ask, pause, within } from './waiting.mjs';
import { Wires } from './Wires.mjs';

export const DATABASE = 'backstage_plugin_incoming-mail';

/** How long the dead keep others from their work. */
export const LEASE_MS = 1_200;

/** A wire that leads nowhere until a row has a server for it. */
const SPARE = 'spare-imap';

const POKE_EACH_MS = 700;
const STUCK_MS = 8_000;
const NAMES = ['one', 'two', 'three'];
/** What is broken in the replicas; the rest is broken in the database. */
const IN_PROCESS = ['no-ticket', 'ack-before-commit'];
const USER_COOKIE = 'chaos-user=user%3Adefault%2Folga';

/**
 * Everything that a run of the suite consists of: PostgreSQL, Dovecot, the
 * sandbox's provider, three replicas of the plugin, and the wires between them.
 */
export class World {
  #closing = [];
  #channels = new Map();
  /** Where replicas connect to, by the wire's name. */
  ports = {};
  /** @type {Replica[]} */
  replicas = [];
  /** Waited for in vain: nobody waits as long again. */
  #stuck = new Set();
  #integration;
  #size;
  #number;
  #guard;
  #engine;
  #connections;
  kills = 0;
  restarts = 0;
  cuts = 0;

  /**
   * @param {object} options
   * @param {number} options.number - from 1, of those that are there together
   * @param {import('./Guard.mjs').Guard} options.guard
   * @param {string} options.seed
   * @param {string} options.dovecotProgram
   * @param {string} [options.broken] - see `readOptions.mjs`
   * @param {number} options.replicas - how many
   * @param {import('./rows/index.mjs').Visits} options.visits
   * @param {number} options.patienceMs - until all mail has ended
   * @param {'postgres' | 'sqlite'} [options.engine] - of the database, which
   *   replicas share; SQLite is a file, and has no wire
   * @param {number} [options.connections] - to PostgreSQL, of each replica
   */
  constructor({
    number,
    guard,
    seed,
    dovecotProgram,
    broken,
    replicas,
    visits,
    patienceMs,
    engine = 'postgres',
    connections = 8,
  }) {
    this.#number = number;
    this.#guard = guard;
    this.#size = replicas;
    this.#engine = engine;
    this.#connections = connections;
    this.patienceMs = patienceMs;
    this.seed = seed;
    this.broken = broken;
    this.beginRow('');
    this.dovecotProgram = dovecotProgram;
    /** What is broken on purpose in each replica that starts from now on. */
    this.sabotage = IN_PROCESS.includes(broken) ? [broken] : [];
    this.visits = visits;
    /** Environment of a replica by its name, from its next start on. */
    this.environments = new Map();
    /** Folder of migrations of a replica by its name, where not its own. */
    this.migrations = new Map();
    this.api = new Api(() => this.serving());
  }

  /** Random numbers of a row do not depend on what ran before it. */
  beginRow(id) {
    this.random = new SeededRandom(`${this.seed} ${id}`);
  }

  /** @throws where something does not start; nothing keeps running then */
  async start() {
    try {
      await this.#start();
    } catch (error) {
      await this.close();
      throw error;
    }
  }

  async #start() {
    this.folder = await mkdtemp(join(tmpdir(), 'postroom-chaos-'));
    await chmod(this.folder, 0o711);
    const { startSandbox, startDovecot } = sandboxLibrary();
    const [postgres, sandbox, notices, elsewhere] = await Promise.all([
      this.#engine === 'postgres' &&
        PostgresServer.start(this.folder, this.#guard),
      startSandbox({ httpPort: 0, imapPort: 0 }),
      NoticeBoard.start(),
      OtherService.start(),
    ]);
    this.sandbox = sandbox;
    this.notices = notices;
    this.elsewhere = elsewhere;
    this.desk = await TokenDesk.start(sandbox.httpPort);
    this.#closing.push(
      () => sandbox.close(),
      () => this.desk.close(),
      () => notices.close(),
      () => elsewhere.close(),
    );
    if (postgres) {
      this.postgres = postgres;
      this.#closing.push(() => postgres.stop());
    }
    await this.#makeReplicas();
    await this.#layWires({
      provider: this.desk.port,
      notices: notices.port,
      elsewhere: elsewhere.port,
      ...(postgres && { database: postgres.port }),
    });
    await this.#startReplicas();
    const client = await this.registerClient();
    // What Dovecot may ask about tokens is what the client may that they are for.
    this.introspection = {
      endpoint: `http://127.0.0.1:${this.desk.port}/oidc/token/introspection`,
      clientId: client.clientId,
      clientSecret: client.clientSecret,
    };
    this.dovecot = await startDovecot({
      program: this.dovecotProgram,
      introspection: this.introspection,
    });
    this.#closing.push(() => this.dovecot.close());
    await this.#layWires({
      imap: this.dovecot.imapPort,
      pop3: this.dovecot.pop3Port,
      'odd-imap': sandbox.imapPort,
      'odd-pop3': sandbox.pop3Port,
    });
    this.ports[SPARE] = await keptPort();
    this.#integration = await this.registerIntegration('Sandbox', client);
    if (this.broken === 'no-unique-key') {
      await this.#disableUniqueKey();
    }
  }

  // `ON CONFLICT` needs an index to be there, so the key is made to recognize
  // nothing instead.
  async #disableUniqueKey() {
    await this.query(`CREATE FUNCTION another_key() RETURNS trigger AS $$
      BEGIN NEW.dedupe_key := gen_random_uuid()::text; RETURN NEW; END
    $$ LANGUAGE plpgsql`);
    await this.query(`CREATE TRIGGER another_key BEFORE INSERT
      ON inbox_messages FOR EACH ROW EXECUTE FUNCTION another_key()`);
  }

  async #makeReplicas() {
    const vaultKey = randomBytes(32).toString('base64url');
    for (let n = 0; n < this.#size; n += 1) {
      const name = NAMES[n];
      const address = `127.0.${this.#number}.${11 + n}`;
      const wires = new Wires({ replica: name, address });
      this.#closing.push(() => wires.close());
      const port = await keptPort();
      this.baseUrl ??= `http://localhost:${port}`;
      const replica = new Replica({
        name,
        port,
        wires,
        guard: this.#guard,
        logFile: join(this.folder, `replica-${name}.log`),
        order: () => this.#orderOf({ name, address, port, vaultKey }),
        env: () => this.environments.get(name) ?? {},
      });
      this.#closing.push(() => replica.remove());
      this.replicas.push(replica);
    }
  }

  /** @param {Record<string, number>} servers - ports, by the wire's name */
  async #layWires(servers) {
    for (const [wire, server] of Object.entries(servers)) {
      const port = await keptPort();
      this.ports[wire] = port;
      for (const { wires } of this.replicas) {
        await wires.lay(wire, { port, server });
      }
    }
  }

  /** Has something be ended with the world. @param {() => Promise<void>} close */
  closeLater(close) {
    this.#closing.push(close);
  }

  /** Lets the spare wire lead to a server. @param {number} server - its port */
  async laySpareWire(server) {
    const port = this.ports[SPARE];
    for (const { wires } of this.replicas) {
      await wires.lay(SPARE, { port, server });
    }
  }

  #orderOf({ name, address, port, vaultKey }) {
    return {
      address,
      port,
      baseUrl: this.baseUrl,
      sabotage: this.sabotage,
      migrations: this.migrations.get(name),
      noticesUrl: `http://localhost:${this.ports.notices}`,
      elsewhereUrl: `http://localhost:${this.ports.elsewhere}`,
      database: this.#databaseOf(address),
      incomingMail: {
        vault: { keys: [{ kid: 'chaos', secret: vaultKey }] },
        egress: { allowPrivate: ['127.0.0.0/8'] },
        development: { allowPlaintextLoopback: true },
        // Rows have mailboxes visited when they want them to be.
        polling: {
          interval: { seconds: 10 },
          tick: { milliseconds: 200 },
          ...this.visits,
        },
        leases: { duration: { milliseconds: LEASE_MS } },
      },
    };
  }

  /** As `backend.database` of the configuration has it. */
  #databaseOf(address) {
    return this.#engine === 'sqlite'
      ? {
          client: 'better-sqlite3',
          connection: { directory: join(this.folder, 'sqlite') },
        }
      : {
          client: 'pg',
          connection: {
            host: address,
            port: this.ports.database,
            user: this.postgres.user,
            password: this.postgres.password,
          },
          knexConfig: {
            pool: {
              min: 0,
              max: this.#connections,
              acquireTimeoutMillis: 10_000,
            },
          },
        };
  }

  // The first alone: it makes the tables.
  async #startReplicas() {
    const [first, ...others] = this.replicas;
    await this.startOne(first);
    await Promise.all(others.map(replica => this.startOne(replica)));
  }

  /** @throws where it ends instead */
  async startOne(replica) {
    if (!(await replica.start())) {
      throw new Error(`Replica ${replica.name} ended:\n${replica.tail()}`);
    }
  }

  /** An application at the provider, as its owner knows it. */
  async registerClient() {
    const { callbackSlug, redirectUrl } = await this.api.call(
      'POST',
      '/redirect-urls',
    );
    const registered = await fetch(`${this.sandboxUrl}/api/clients`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({
        name: 'Chaos',
        // The second is where a mailbox's owner signs in to a mail program.
        redirectUris: [redirectUrl, 'http://localhost:9/callback'],
      }),
    });
    return { callbackSlug, ...(await registered.json()) };
  }

  /**
   * Tells the product of an application.
   *
   * @returns the integration, as the API has it
   */
  registerIntegration(name, { callbackSlug, clientId, clientSecret }) {
    const { issuer } = this.sandbox;
    const host = { host: 'localhost', security: 'none' };
    return this.api.call('POST', '/integrations', {
      callbackSlug,
      name,
      provider: 'custom',
      issuer,
      authorizationEndpoint: `${issuer}/auth`,
      tokenEndpoint: `http://localhost:${this.ports.provider}/oidc/token`,
      scopes: ['openid', 'email', 'offline_access', 'mail'],
      clientId,
      clientSecret,
      clientAuthentication: 'client_secret_basic',
      allowedDomains: [],
      mailHosts: [
        { protocol: 'imap', ...host, port: this.ports.imap },
        { protocol: 'pop3', ...host, port: this.ports.pop3 },
        { protocol: 'pop3', ...host, port: this.ports['odd-pop3'] },
        { protocol: 'imap', ...host, port: this.ports['odd-imap'] },
        { protocol: 'imap', ...host, port: this.ports[SPARE] },
      ],
    });
  }

  get sandboxUrl() {
    return `http://localhost:${this.sandbox.httpPort}`;
  }

  /** Replicas that serve at this moment. */
  serving() {
    return this.replicas.filter(({ state }) => state === 'up');
  }

  /** Sets faults of the sandbox. */
  async misbehave(faults) {
    await fetch(`${this.sandboxUrl}/api/faults`, {
      method: 'PUT',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(faults),
    });
  }

  /** Puts a mail into a mailbox of the sandbox's own server. */
  async putIntoSandbox(address, raw) {
    const reply = await fetch(
      `${this.sandboxUrl}/api/messages?to=${encodeURIComponent(address)}`,
      {
        method: 'POST',
        headers: { 'content-type': 'message/rfc822' },
        body: raw,
      },
    );
    if (!reply.ok) {
      throw new Error(`The sandbox did not take a mail: ${reply.status}`);
    }
  }

  /** The channel of a name, connected to a mailbox of its own; made if missing. */
  async channel(name, options = {}) {
    const known = this.#channels.get(name);
    if (known) {
      return known;
    }
    const channel = new Channel({ world: this, name, ...options });
    this.#channels.set(name, channel);
    const isNew = this.channels().every(
      each => each === channel || each.address !== channel.address,
    );
    if (isNew) {
      const { address } = channel;
      this.sandbox.addAccount({ address, password: 'sandbox' });
    }
    await options.before?.(channel);
    await channel.connect(options.integration ?? this.#integration);
    return channel;
  }

  channels() {
    return [...this.#channels.values()];
  }

  /** Walks a consent as the account's owner, in a browser of its own. */
  async consent(channelPath, account) {
    const { consentId, startUrl } = await this.api.call(
      'POST',
      `${channelPath}/consents`,
      { returnOrigin: 'http://localhost:3000' },
    );
    const browser = new Browser();
    browser.remember(this.baseUrl, [USER_COOKIE]);
    const login = await browser.open(startUrl);
    const consent = await browser.submit(login, { account });
    await browser.submit(consent, { decision: 'allow' });
    const done = await this.api.call('GET', `/consents/${consentId}`);
    if (done.status !== 'succeeded') {
      throw new Error(`The consent of ${account}: ${JSON.stringify(done)}`);
    }
  }

  /** The owner of a mailbox, at a mail program. */
  async signInAsOwner(address) {
    const { SandboxApplication } = sandboxLibrary();
    const application = new SandboxApplication(
      this.sandbox.issuer,
      this.introspection,
    );
    return MailboxOwner.signIn({
      address,
      port: this.dovecot.imapPort,
      accessToken: await application.accessToken(address),
    });
  }

  /** The mail host of a wire, as integrations name it. */
  mailHostOf(wire, { mailHosts }) {
    return mailHosts.find(({ port }) => port === this.ports[wire]);
  }

  /**
   * Waits for the n-th time that a moment comes on any replica's wire.
   *
   * @param {import('./Tap.mjs').Moment} moment
   */
  watch(moment, { occurrence = 1, onHit }) {
    const watch = new Watch(moment, {
      occurrence,
      onHit: tap =>
        onHit(this.replicas.find(({ name }) => name === tap.replica)),
    });
    this.replicas.forEach(({ wires }) => wires.arm(watch));
    return {
      hit: watch.hit,
      disarm: () => {
        watch.disarm();
        this.replicas.forEach(({ wires }) => wires.disarm(watch));
      },
    };
  }

  /**
   * Waits on each replica's wires by themselves for the first time that a
   * moment comes.
   *
   * @param {import('./Tap.mjs').Moment} moment
   */
  watchEach(moment, { onHit }) {
    return this.replicas.map(replica => {
      const watch = new Watch(moment, { onHit: () => onHit(replica) });
      replica.wires.arm(watch);
      return {
        hit: watch.hit,
        disarm: () => {
          watch.disarm();
          replica.wires.disarm(watch);
        },
      };
    });
  }

  /**
   * Counts how often a moment comes, on all replicas' wires together.
   *
   * @param {import('./Tap.mjs').Moment} moment
   */
  tally(moment) {
    const watch = new Watch(moment, {
      occurrence: Infinity,
      onHit: async () => 'go on',
    });
    this.replicas.forEach(({ wires }) => wires.arm(watch));
    return {
      get count() {
        return watch.seenAt.length;
      },
      seenAt: watch.seenAt,
      end: () => {
        watch.disarm();
        this.replicas.forEach(({ wires }) => wires.disarm(watch));
      },
    };
  }

  /**
   * Has a task of the plugin's housekeeping run soon, on whichever replica.
   * What a killed replica was about is taken for over, as it is by itself
   * minutes later.
   *
   * @param {string} name - as in `scheduleHousekeeping.ts`
   */
  async runTask(name) {
    await this.query(
      `UPDATE backstage_backend_tasks__tasks
        SET next_run_start_at = now(), current_run_ticket = NULL,
          current_run_started_at = NULL, current_run_expires_at = NULL
        WHERE id = $1`,
      [`incoming-mail-${name}`],
    );
  }

  /**
   * Has the database's disk be full for all replicas, until {@link heal} or
   * until the disk is emptied.
   *
   * @param {RegExp} needsRoom - statements that there is no room for
   */
  fillDisk(needsRoom) {
    const taps = this.replicas.map(({ wires }) => wires.tap('database'));
    const disk = {
      /** Statements that there was no room for. @type {string[]} */
      refused: [],
      empty: () => taps.forEach(tap => tap.setFilter(undefined)),
    };
    const onRefusal = statement => disk.refused.push(statement);
    taps.forEach(tap =>
      tap.setFilter(() => new FullDisk({ needsRoom, onRefusal })),
    );
    return disk;
  }

  /** kill -9, and a new start in passing. */
  async kill(replica) {
    this.kills += 1;
    await replica.kill();
    void replica.start();
  }

  /** Has all replicas up, those that are down started. */
  async allUp() {
    await Promise.all(this.replicas.map(replica => this.startOne(replica)));
  }

  /** Ends all replicas, and starts them again when something has been done. */
  async whileDown(work) {
    await Promise.all(this.replicas.map(replica => replica.remove()));
    await work();
    await this.allUp();
  }

  /** Ends all replicas and starts them again, with what was changed meanwhile. */
  restartAll() {
    return this.whileDown(async () => {});
  }

  /**
   * Has mailboxes visited as a row wants it; the replicas start again for it.
   *
   * @param {import('./rows/index.mjs').Visits} visits
   */
  async visitBy(visits) {
    if (this.visits !== visits) {
      this.visits = visits;
      await this.restartAll();
    }
  }

  /** Ends all replicas and starts one that knows nothing. */
  async leaveOne() {
    await Promise.all(this.replicas.map(replica => replica.remove()));
    await this.startOne(this.replicas[0]);
  }

  /** Nothing is broken any more, and everybody is there. */
  async heal() {
    await fetch(`${this.sandboxUrl}/api/faults`, { method: 'DELETE' });
    this.desk.heal();
    await Promise.all(this.replicas.map(({ wires }) => wires.heal()));
    this.replicas
      .filter(({ state }) => state === 'stopped')
      .forEach(replica => replica.resume());
    await this.allUp();
  }

  /** A statement in the plugin's database, past all wires. */
  query(text, values) {
    return this.postgres.query(DATABASE, text, values);
  }

  /** Has the mailboxes of some channels visited at once. */
  async poke(channels) {
    await Promise.all(
      channels.map(({ path }) => this.api.attempt('POST', `${path}/visits`)),
    );
  }

  /** Has mailboxes visited again and again until something has happened. */
  async pokeUntil(happened, channels, { timeoutMs, what }) {
    let isOver = false;
    const end = () => {
      isOver = true;
    };
    void happened.then(end, end);
    const poke = async () => {
      while (!isOver) {
        await this.poke(channels);
        await pause(POKE_EACH_MS);
      }
    };
    void poke();
    await within(happened, timeoutMs, what).finally(end);
  }

  /**
   * Has mailboxes visited until all their mail has ended, or time is up.
   *
   * @returns whether all has ended
   */
  async drain(channels, { timeoutMs = this.patienceMs } = {}) {
    let lastPoke = 0;
    const isDrained = async () => {
      const states = await Promise.all(
        channels.map(channel => channel.isDrained()),
      );
      const open = channels.filter((_, n) => !states[n]);
      if (open.length > 0 && Date.now() - lastPoke > POKE_EACH_MS) {
        lastPoke = Date.now();
        await this.poke(open);
      }
      return open.length === 0;
    };
    const isStuck = channels.some(channel => this.#stuck.has(channel));
    const drained = await ask(isDrained, {
      timeoutMs: isStuck ? STUCK_MS : timeoutMs,
      everyMs: 100,
    });
    if (!drained) {
      channels.forEach(channel => this.#stuck.add(channel));
    }
    return Boolean(drained);
  }

  /** Ends everything; the logs stay where `keepLogs`. */
  async close({ keepLogs = false } = {}) {
    for (const close of this.#closing.splice(0).reverse()) {
      await close().catch(error => console.error(`chaos: ${error.message}`));
    }
    if (this.folder) {
      await rm(keepLogs ? join(this.folder, 'postgres') : this.folder, {
        recursive: true,
        force: true,
      });
    }
  }
}
