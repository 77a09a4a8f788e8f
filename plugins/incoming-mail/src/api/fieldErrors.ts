// SPDX-License-Identifier: Apache-2.0
import { ResponseError } from '@backstage/errors';
import { z } from 'zod';

/** What is wrong with a form: field path, such as `mailHosts.0.host`, to message. */
export type FieldErrors = Readonly<Record<string, string>>;

const pathSchema = z.union([
  z.string(),
  z
    .array(z.union([z.string(), z.number()]))
    .transform(parts => parts.join('.')),
]);

const fieldsBodySchema = z.object({
  error: z.object({
    fields: z.array(z.object({ path: pathSchema, message: z.string() })),
  }),
});

// One clause of the backend's sentence: "body.server.host is not a host name".
const clausePattern = /^(body\.\S+) (.+)$/;

/**
 * Reads from a 400 which fields of the body it is about. A reply without the
 * list of fields is read by its sentence; whatever cannot be read is left to
 * the general message.
 */
export function fieldErrorsOf(error: unknown): FieldErrors {
  if (!ResponseError.is(error) || error.statusCode !== 400) {
    return {};
  }
  const listed = fieldsBodySchema.safeParse(error.body);
  const pairs = listed.success
    ? listed.data.error.fields.map(({ path, message }) => ({ path, message }))
    : clausesOf(error.cause.message);
  return Object.fromEntries(
    pairs.map(({ path, message }) => [bodyPath(path), message]),
  );
}

function clausesOf(sentence: string): { path: string; message: string }[] {
  return sentence
    .replace(/^Invalid input:\s*/, '')
    .split('; ')
    .flatMap(clause => {
      const match = clausePattern.exec(clause);
      return match ? [{ path: match[1], message: match[2] }] : [];
    });
}

// `body.mailHosts[0].host` and `mailHosts.0.host` are the same field.
function bodyPath(path: string): string {
  return path.replace(/\[(\d+)\]/g, '.$1').replace(/^body\./, '');
}

/** The message for a field or for anything below it, as a sentence. */
export function errorAt(
  errors: FieldErrors,
  field: string,
): string | undefined {
  const key =
    field in errors
      ? field
      : Object.keys(errors).find(path => path.startsWith(`${field}.`));
  return key === undefined ? undefined : toSentence(errors[key]);
}

function toSentence(message: string): string {
  return message.charAt(0).toLocaleUpperCase('en-US') + message.slice(1);
}
