// SPDX-License-Identifier: Apache-2.0
import { createServer, IncomingMessage, Server } from 'node:http';
import { AddressInfo } from 'node:net';

/** A token request as it arrived. */
export interface TokenRequest {
  readonly parameters: URLSearchParams;
  readonly authorization?: string;
}

/**
 * What the server answers; `cut` closes the connection instead, `cut-amid`
 * closes it, and `stall` stops, in the middle of a good answer.
 */
export type ScriptedReply =
  | { status?: number; headers?: Record<string, string>; body?: unknown }
  | 'cut'
  | 'cut-amid'
  | 'stall';

type Script = (request: TokenRequest) => ScriptedReply | Promise<ScriptedReply>;

/** A token endpoint on loopback that answers what a test tells it to. */
export class ScriptedTokenServer {
  readonly requests: TokenRequest[] = [];
  readonly #server: Server;
  #script: Script = () => ({ status: 500, body: 'no script' });

  private constructor(server: Server) {
    this.#server = server;
  }

  static async start(): Promise<ScriptedTokenServer> {
    const server = createServer();
    const scripted = new ScriptedTokenServer(server);
    server.on('request', async (request, response) => {
      const reply = await scripted.#take(request).catch(brokenScript);
      if (reply === 'cut') {
        response.destroy();
        return;
      }
      if (reply === 'cut-amid' || reply === 'stall') {
        response.writeHead(200, { 'content-length': '100' });
        response.write('{"access_token":"never ', () => {
          if (reply === 'cut-amid') {
            response.destroy();
          }
        });
        return;
      }
      const { status = 200, headers, body } = reply;
      const text = typeof body === 'string' ? body : JSON.stringify(body);
      response
        .writeHead(status, { 'content-type': 'application/json', ...headers })
        .end(text);
    });
    await new Promise<void>(resolve => {
      server.listen(0, '127.0.0.1', resolve);
    });
    return scripted;
  }

  get url(): string {
    const { port } = this.#server.address() as AddressInfo;
    return `http://127.0.0.1:${port}/token`;
  }

  /** Answers every request from now on, and forgets those that there were. */
  answer(script: Script): void {
    this.requests.length = 0;
    this.#script = script;
  }

  async close(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise(resolve => {
      this.#server.close(resolve);
    });
  }

  async #take(incoming: IncomingMessage): Promise<ScriptedReply> {
    const chunks: Buffer[] = [];
    for await (const chunk of incoming) {
      chunks.push(chunk);
    }
    const request = {
      parameters: new URLSearchParams(Buffer.concat(chunks).toString()),
      authorization: incoming.headers.authorization,
    };
    this.requests.push(request);
    return this.#script(request);
  }
}

function brokenScript(error: unknown): ScriptedReply {
  return { status: 418, body: String(error) };
}
