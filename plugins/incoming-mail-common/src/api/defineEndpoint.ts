// SPDX-License-Identifier: Apache-2.0
import { z } from 'zod';

/** Methods that an endpoint may have. @public */
export type EndpointMethod = 'GET' | 'POST' | 'PUT' | 'DELETE';

/**
 * One row of the endpoint table: the router mounts it, the client calls it and
 * the OpenAPI document describes it, all from the same schemas.
 *
 * @public
 */
export interface Endpoint<
  TParams extends z.ZodType = z.ZodType,
  TQuery extends z.ZodType = z.ZodType,
  TBody extends z.ZodType = z.ZodType,
  TReply extends z.ZodType = z.ZodType,
> {
  readonly method: EndpointMethod;
  /** Below `/api/incoming-mail`, with `:name` for each key of `params`. */
  readonly path: string;
  /** One sentence for the OpenAPI document. */
  readonly summary: string;
  readonly params: TParams;
  readonly query: TQuery;
  readonly body: TBody;
  /** The JSON that comes back; ignored for a download. */
  readonly reply: TReply;
  /** The status of success. */
  readonly status: 200 | 201 | 202 | 204;
  /** The media type of a reply that is a file, not JSON. */
  readonly download?: string;
}

/** What a caller passes to an endpoint. @public */
export type EndpointInput<E extends Endpoint> = {
  params: z.input<E['params']>;
  query: z.input<E['query']>;
  body: z.input<E['body']>;
};

/** What a handler gets of an endpoint's input: parsed, with defaults. @public */
export type ParsedEndpointInput<E extends Endpoint> = {
  params: z.output<E['params']>;
  query: z.output<E['query']>;
  body: z.output<E['body']>;
};

/** What an endpoint answers. @public */
export type EndpointReply<E extends Endpoint> = z.output<E['reply']>;

/** The schema of a part that an endpoint does not have. @public */
export type NothingSchema = z.ZodOptional<z.ZodUndefined>;

const nothing: NothingSchema = z.undefined().optional();

/**
 * Declares an endpoint. Parts left out are empty: a query parameter or a body
 * that the endpoint does not know is then refused by the router.
 *
 * @public
 */
export function defineEndpoint<
  TParams extends z.ZodType = z.ZodObject<{}>,
  TQuery extends z.ZodType = z.ZodObject<{}>,
  TBody extends z.ZodType = NothingSchema,
  TReply extends z.ZodType = NothingSchema,
>(options: {
  method: EndpointMethod;
  path: string;
  summary: string;
  params?: TParams;
  query?: TQuery;
  body?: TBody;
  reply?: TReply;
  status?: Endpoint['status'];
  download?: string;
}): Endpoint<TParams, TQuery, TBody, TReply> {
  const empty = z.strictObject({});
  return Object.freeze({
    method: options.method,
    path: options.path,
    summary: options.summary,
    // The casts only say that a part left out has its default type.
    params: options.params ?? (empty as z.ZodType as TParams),
    query: options.query ?? (empty as z.ZodType as TQuery),
    body: options.body ?? (nothing as z.ZodType as TBody),
    reply: options.reply ?? (nothing as z.ZodType as TReply),
    status: options.status ?? 200,
    download: options.download,
  });
}
