// SPDX-License-Identifier: Apache-2.0
import type { HandlerField, HandlerSettings } from './handlers';

/** What is wrong with one setting: its name, and words that follow the name. @public */
export interface HandlerSettingIssue {
  readonly name: string;
  readonly message: string;
}

// An entity ref with all its parts, as the catalog writes it.
const ENTITY_REF = /^[a-z0-9.+-]+:[a-z0-9_.-]+\/[a-z0-9_.-]+$/i;

/**
 * Compares settings with the fields of a handler, for the page that asks for
 * them and the back end alike: whether what is required is there, nothing else
 * is, and each value is of its field's kind. What the values mean is the
 * handler's own to judge.
 *
 * @public
 */
export function findHandlerSettingIssues(
  fields: readonly HandlerField[],
  settings: HandlerSettings,
): HandlerSettingIssue[] {
  const unknown = Object.keys(settings).filter(
    name => !fields.some(field => field.name === name),
  );
  return [
    ...unknown.map(name => ({ name, message: 'is not known to this handler' })),
    ...fields.flatMap(field => {
      const message = findIssue(field, valueOf(settings, field.name));
      return message === undefined ? [] : [{ name: field.name, message }];
    }),
  ];
}

// The name may be `constructor`, which every object seems to have.
function valueOf(settings: HandlerSettings, name: string) {
  return Object.hasOwn(settings, name) ? settings[name] : undefined;
}

function findIssue(
  field: HandlerField,
  value: HandlerSettings[string] | undefined,
): string | undefined {
  if (value === undefined || value === '' || isEmptyList(value)) {
    return field.required ? 'is required' : undefined;
  }
  switch (field.kind) {
    case 'boolean':
      return typeof value === 'boolean' ? undefined : 'is not yes or no';
    case 'list':
      return Array.isArray(value) ? undefined : 'is not a list';
    case 'choice':
      return field.choices?.some(choice => choice.value === value)
        ? undefined
        : 'is not one of the choices';
    case 'entity':
      return typeof value === 'string' && ENTITY_REF.test(value)
        ? undefined
        : 'is not an entity, such as component:default/shop';
    default:
      return typeof value === 'string' ? undefined : 'is not a text';
  }
}

function isEmptyList(value: HandlerSettings[string]): boolean {
  return Array.isArray(value) && value.length === 0;
}
