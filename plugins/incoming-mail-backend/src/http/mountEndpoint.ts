// SPDX-License-Identifier: Apache-2.0
import {
  AuditorService,
  BackstageCredentials,
  BackstageUserPrincipal,
  HttpAuthService,
} from '@backstage/backend-plugin-api';
import {
  Endpoint,
  EndpointReply,
  ParsedEndpointInput,
} from '@postroom/plugin-incoming-mail-common';
import { Request, Response, Router } from 'express';
import { parseRequest } from './parseRequest';

/** What a handler knows of the request besides its input. */
export interface EndpointContext<E extends Endpoint> {
  readonly input: ParsedEndpointInput<E>;
  readonly credentials: BackstageCredentials<BackstageUserPrincipal>;
  /** Who asks, as a lower-cased entity ref. */
  readonly userRef: string;
}

/**
 * Whether a call leaves a line in the audit log. Every endpoint decides: a
 * route without the decision does not compile.
 */
export type AuditDecision<E extends Endpoint> =
  | {
      /** kebab-case, without the plugin's id. */
      readonly event: string;
      readonly severity: 'low' | 'medium' | 'high';
      /** Facts for the line; never a secret. */
      meta?(input: ParsedEndpointInput<E>): Record<string, string>;
    }
  | { readonly none: string };

/** Binds one row of the endpoint table to what it does. */
export type MountEndpoint = <E extends Endpoint>(
  endpoint: E,
  options: {
    /** Throws where the caller may not; runs before anything is read or written. */
    authorize(context: EndpointContext<E>): Promise<void>;
    audit: AuditDecision<E>;
    /** Answers the reply, or the bytes of a download. */
    handle(context: EndpointContext<E>): Promise<EndpointReply<E> | Buffer>;
  },
) => void;

/**
 * Makes the one function by which routes come to be. The order is the same
 * for each: who asks (401), is the input well-formed (400 with the fields), may
 * they (403 or 404), audit, do it, answer.
 */
export function createMountEndpoint(services: {
  router: Router;
  httpAuth: HttpAuthService;
  auditor: AuditorService;
  /**
   * Makes an error fit to be shown: the platform answers with the message of
   * whatever error comes, and a database engine's may hold values of a row.
   */
  toSafeError(error: unknown): Error;
}): MountEndpoint {
  const { router, httpAuth, auditor, toSafeError } = services;
  return (endpoint, options) => {
    const method = endpoint.method.toLowerCase() as Lowercase<
      Endpoint['method']
    >;
    router[method](endpoint.path, async (request, response) => {
      const credentials = await httpAuth.credentials(request, {
        allow: ['user'],
      });
      const context = {
        input: parseRequest(endpoint, withoutEmptyBody(request)),
        credentials,
        userRef: credentials.principal.userEntityRef.toLocaleLowerCase('en-US'),
      };
      await options.authorize(context);
      const audited = await startAudit(
        auditor,
        options.audit,
        request,
        context,
      );
      try {
        const reply = await options.handle(context);
        await audited?.success();
        send(response, endpoint, reply);
      } catch (error) {
        const shown = toSafeError(error);
        await audited?.fail({ error: shown });
        throw shown;
      }
    });
  };
}

// Express gives `{}` or undefined where no body was sent, depending on the
// content type; for an endpoint it is the same.
function withoutEmptyBody(request: Request) {
  const empty =
    request.body === undefined ||
    (request.headers['content-length'] ?? '0') === '0';
  const chunked = request.headers['transfer-encoding'] !== undefined;
  return {
    params: request.params,
    query: request.query,
    body: empty && !chunked ? undefined : request.body,
  };
}

async function startAudit<E extends Endpoint>(
  auditor: AuditorService,
  decision: AuditDecision<E>,
  request: Request,
  context: EndpointContext<E>,
) {
  if ('none' in decision) {
    return undefined;
  }
  return auditor.createEvent({
    eventId: decision.event,
    severityLevel: decision.severity,
    request,
    meta: decision.meta?.(context.input),
  });
}

function send(response: Response, endpoint: Endpoint, reply: unknown) {
  response.status(endpoint.status);
  if (Buffer.isBuffer(reply)) {
    response
      .type(endpoint.download ?? 'application/octet-stream')
      // The bytes are whatever somebody mailed: never shown, only saved.
      .attachment('message.eml')
      .set('X-Content-Type-Options', 'nosniff')
      .set('Content-Security-Policy', "sandbox; default-src 'none'")
      .set('Cache-Control', 'no-store')
      .send(reply);
  } else if (reply === undefined) {
    response.end();
  } else {
    // Through the schema: what is not in the contract does not get out.
    response.json(endpoint.reply.parse(reply));
  }
}
