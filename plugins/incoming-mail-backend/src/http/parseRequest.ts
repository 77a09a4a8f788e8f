// SPDX-License-Identifier: Apache-2.0
import { InputError } from '@backstage/errors';
import {
  Endpoint,
  ParsedEndpointInput,
} from '@postroom/plugin-incoming-mail-common';
import { z } from 'zod';

/** One field of a request that is wrong, and how. */
export interface FieldError {
  /** Such as `body.server.host`. */
  readonly path: string;
  readonly message: string;
}

/**
 * An `InputError` that also carries its fields, which end up in the reply
 * (`error.fields`) so that a form can show each message where it belongs.
 */
export class FieldsError extends InputError {
  readonly fields: readonly FieldError[];

  constructor(fields: readonly FieldError[]) {
    super(
      `Invalid input: ${fields
        .map(field => `${field.path} ${field.message}`)
        .join('; ')}`,
    );
    this.name = 'InputError';
    this.fields = fields;
  }
}

const MAX_FIELDS = 20;

/**
 * Checks all parts of a request against its endpoint.
 *
 * @throws FieldsError with the path of every wrong field, answered as 400
 */
export function parseRequest<E extends Endpoint>(
  endpoint: E,
  request: { params: unknown; query: unknown; body: unknown },
): ParsedEndpointInput<E> {
  const fields: FieldError[] = [];
  const parse = (part: 'params' | 'query' | 'body', value: unknown) => {
    const result = endpoint[part].safeParse(value);
    if (!result.success) {
      fields.push(...result.error.issues.map(issue => toField(part, issue)));
    }
    return result.data;
  };
  const input = {
    params: parse('params', request.params),
    query: parse('query', request.query),
    body: parse('body', request.body),
  };
  if (fields.length > 0) {
    throw new FieldsError(fields.slice(0, MAX_FIELDS));
  }
  return input as ParsedEndpointInput<E>;
}

function toField(part: string, issue: z.core.$ZodIssue): FieldError {
  if (issue.code === 'unrecognized_keys') {
    const path = [part, ...issue.path, issue.keys[0]].join('.');
    return { path, message: 'is not known here' };
  }
  return {
    path: [part, ...issue.path].join('.'),
    message: toMessage(issue),
  };
}

// zod's own messages begin with a capital and read as a sentence of their own
// ("Invalid input: expected string, received undefined"); ours follow the path.
function toMessage(issue: z.core.$ZodIssue): string {
  if (issue.code === 'invalid_type' && issue.input === undefined) {
    return 'is required';
  }
  return issue.message
    .replace(/^Invalid input: /, '')
    .replace(/^[A-Z]/, c => c.toLowerCase());
}
