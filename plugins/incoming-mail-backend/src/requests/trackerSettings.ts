// SPDX-License-Identifier: Apache-2.0
import { parseEntityRef, stringifyEntityRef } from '@backstage/catalog-model';
import { InputError } from '@backstage/errors';
import {
  HandlerField,
  HandlerSettings,
  RequestPriority,
  requestPrioritySchema,
} from '@postroom/plugin-incoming-mail-common';

/** What the settings of a built-in handler amount to. */
export interface TrackerSettings {
  /** Whose requests they become, as a lower-cased entity ref. */
  readonly projectRef: string;
  readonly requestType?: string;
  readonly priority?: RequestPriority;
  readonly labels: readonly string[];
}

const MAX_TYPE_LENGTH = 100;

/** What the page asks for when a built-in handler is bound. */
export const trackerFields: readonly HandlerField[] = [
  {
    name: 'project',
    title: 'Project',
    description:
      'Where the requests go. Needed for a mail server; a project’s own channel knows its project.',
    kind: 'entity',
    required: false,
    // Those whose pages have the tab Requests.
    entityKinds: ['component', 'system', 'domain', 'api', 'resource'],
  },
  {
    name: 'requestType',
    title: 'Type of request',
    description: 'A word of your own, such as incident.',
    kind: 'text',
    required: false,
  },
  {
    name: 'priority',
    title: 'Priority',
    kind: 'choice',
    required: false,
    choices: [
      { value: 'low', title: 'Low' },
      { value: 'normal', title: 'Normal' },
      { value: 'high', title: 'High' },
      { value: 'urgent', title: 'Urgent' },
    ],
  },
  {
    name: 'labels',
    title: 'Labels',
    description: 'Each of the requests gets them.',
    kind: 'list',
    required: false,
  },
];

/**
 * Reads the settings of a built-in handler. A channel's mail goes to its own
 * project whatever the settings say.
 *
 * @throws InputError that begins with the setting's name
 */
export function parseTrackerSettings(
  settings: HandlerSettings,
  mailbox: { readonly projectRef?: string },
): TrackerSettings {
  const { project, requestType, priority, labels } = settings;
  return {
    projectRef: mailbox.projectRef ?? parseProject(project),
    ...(isText(requestType) && { requestType: parseType(requestType) }),
    ...(isText(priority) && {
      priority: requestPrioritySchema.parse(priority),
    }),
    labels: parseLabels(labels),
  };
}

function parseProject(value: HandlerSettings[string] | undefined): string {
  if (!isText(value)) {
    throw new InputError('project is required for a mail server');
  }
  try {
    return stringifyEntityRef(parseEntityRef(value)).toLocaleLowerCase('en-US');
  } catch {
    throw new InputError('project is not an entity');
  }
}

function parseType(value: string): string {
  const type = value.trim();
  if (type.length > MAX_TYPE_LENGTH) {
    throw new InputError(
      `requestType is longer than ${MAX_TYPE_LENGTH} characters`,
    );
  }
  return type;
}

// In the order in which they were written, each once.
function parseLabels(value: HandlerSettings[string] | undefined): string[] {
  const labels = Array.isArray(value) ? value.map(label => label.trim()) : [];
  return [...new Set(labels.filter(label => label !== ''))];
}

function isText(value: HandlerSettings[string] | undefined): value is string {
  return typeof value === 'string' && value.trim() !== '';
}
