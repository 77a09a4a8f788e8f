// SPDX-License-Identifier: Apache-2.0
import { createServer, type AddressInfo, type Server } from 'node:net';
import type { CutBy, FaultPlan } from './FaultPlan';
import { ProxiedConnection } from './ProxiedConnection';

export interface FaultProxyOptions {
  /** Where connections lead; on loopback without a host. */
  readonly target: { readonly host?: string; readonly port: number };
  /** Where it listens on loopback; any free port by default. */
  readonly port?: number;
  /** All is forwarded as it comes by default. */
  readonly plan?: FaultPlan;
}

/** What went through a proxy since its start. */
export interface FaultProxyCounts {
  /** Connections that were taken. */
  readonly connections: number;
  /** Those that are open now. */
  readonly open: number;
  /** Connections that the plan, or `cutAll`, cut. */
  readonly cuts: number;
  readonly bytesToTarget: number;
  readonly bytesToClient: number;
  /** Bytes that a black hole took, both ways. */
  readonly bytesLost: number;
}

/** A TCP proxy that breaks what goes through it, as its plan says. */
export interface FaultProxy {
  readonly port: number;
  readonly plan: FaultPlan;

  /**
   * Replaces the plan, for open connections too.
   *
   * @throws if it is to listen again and somebody took the port meanwhile.
   */
  setPlan(plan: FaultPlan): Promise<void>;

  /** Cuts all open connections now; `reset` by default. */
  cutAll(by?: CutBy): void;

  counts(): FaultProxyCounts;

  /** Ends all connections and stops listening. */
  close(): Promise<void>;
}

const LOOPBACK = '127.0.0.1';
const MAX_CONNECTIONS = 1_000;

/**
 * Starts a proxy between any client and a server. It knows nothing of what
 * they speak, so it stands before IMAP, POP3, HTTP, TLS and databases alike.
 *
 * @throws if the port is taken.
 */
export async function startFaultProxy(
  options: FaultProxyOptions,
): Promise<FaultProxy> {
  const target = { host: LOOPBACK, ...options.target };
  const open = new Set<ProxiedConnection>();
  const counts = {
    connections: 0,
    cuts: 0,
    bytesToTarget: 0,
    bytesToClient: 0,
    bytesLost: 0,
  };
  let plan = options.plan ?? {};
  let cutsOfPlan = 0;

  const mayCut = () => {
    if (cutsOfPlan >= (plan.maxCuts ?? Infinity)) return false;
    cutsOfPlan += 1;
    counts.cuts += 1;
    return true;
  };

  const listenOn = async (port: number): Promise<Server> => {
    const server = createServer({ allowHalfOpen: true }, client => {
      const connection = new ProxiedConnection({
        ...{ client, target, mayCut },
        plan: () => plan,
        countBytes: (direction, count) => {
          const name =
            direction === 'toTarget' ? 'bytesToTarget' : 'bytesToClient';
          counts[name] += count;
        },
        countLost: count => {
          counts.bytesLost += count;
        },
      });
      counts.connections += 1;
      open.add(connection);
      void connection.closed.then(() => open.delete(connection));
    });
    server.maxConnections = MAX_CONNECTIONS;
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject);
      server.listen(port, LOOPBACK, resolve);
    });
    return server;
  };

  const first = await listenOn(options.port ?? 0);
  const { port } = first.address() as AddressInfo;
  let server: Server | undefined = first;

  const follow = async () => {
    if (plan.refuse) {
      // Only the listening ends; the callback would wait for connections.
      server?.close();
      server = undefined;
    } else {
      server ??= await listenOn(port);
    }
  };
  await follow();

  const cutAll = (by?: CutBy) => {
    for (const connection of open) {
      counts.cuts += 1;
      connection.cut(by);
    }
  };

  return {
    port,
    get plan() {
      return plan;
    },
    async setPlan(next) {
      plan = next;
      cutsOfPlan = 0;
      for (const connection of open) connection.reorder();
      await follow();
    },
    cutAll,
    counts: () => ({ ...counts, open: open.size }),
    async close() {
      const closing = [...open].map(connection => connection.closed);
      server?.close();
      server = undefined;
      for (const connection of open) connection.destroy();
      await Promise.all(closing);
    },
  };
}
