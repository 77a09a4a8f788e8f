// SPDX-License-Identifier: Apache-2.0
import { z } from 'zod';
import { Endpoint } from './defineEndpoint';

type JsonObject = { [key: string]: unknown };

/**
 * The OpenAPI 3.1 description of a table of endpoints. Generated at each
 * call, so it cannot differ from what the router accepts.
 *
 * @public
 */
export function openApiDocument(options: {
  endpoints: Readonly<Record<string, Endpoint>>;
  title: string;
  version: string;
}): JsonObject {
  const paths: Record<string, JsonObject> = {};
  for (const [operationId, endpoint] of Object.entries(options.endpoints)) {
    const path = endpoint.path.replace(/:([A-Za-z]+)/g, '{$1}');
    paths[path] = {
      ...paths[path],
      [endpoint.method.toLowerCase()]: toOperation(operationId, endpoint),
    };
  }
  return {
    openapi: '3.1.0',
    info: { title: options.title, version: options.version },
    paths,
  };
}

function toOperation(operationId: string, endpoint: Endpoint): JsonObject {
  const body = toJsonSchema(endpoint.body, 'input');
  return {
    operationId,
    summary: endpoint.summary,
    parameters: [
      ...toParameters(endpoint.params, 'path'),
      ...toParameters(endpoint.query, 'query'),
    ],
    ...(body && {
      requestBody: {
        required: true,
        content: { 'application/json': { schema: body } },
      },
    }),
    responses: {
      [endpoint.status]: {
        description: 'Success',
        ...toContent(endpoint),
      },
      default: { description: 'An error in the platform’s usual form' },
    },
  };
}

function toContent(endpoint: Endpoint): JsonObject {
  if (endpoint.download) {
    return { content: { [endpoint.download]: {} } };
  }
  const schema = toJsonSchema(endpoint.reply, 'output');
  return schema ? { content: { 'application/json': { schema } } } : {};
}

function toParameters(schema: z.ZodType, place: 'path' | 'query') {
  const object = toJsonSchema(schema, 'input') as
    | { properties?: Record<string, JsonObject>; required?: string[] }
    | undefined;
  return Object.entries(object?.properties ?? {}).map(([name, property]) => ({
    name,
    in: place,
    required: place === 'path' || (object?.required ?? []).includes(name),
    schema: property,
  }));
}

// A part that the endpoint does not have is `z.undefined()`, which JSON Schema
// cannot say: absent here too.
function toJsonSchema(
  schema: z.ZodType,
  io: 'input' | 'output',
): JsonObject | undefined {
  if (schema.safeParse(undefined).success) {
    return undefined;
  }
  const { $schema, ...rest } = z.toJSONSchema(schema, {
    io,
    unrepresentable: 'any',
  }) as JsonObject;
  return rest;
}
