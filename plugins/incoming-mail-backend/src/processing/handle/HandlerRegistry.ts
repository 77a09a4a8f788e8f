// SPDX-License-Identifier: Apache-2.0
import {
  ConflictError,
  InputError,
  isError,
  NotFoundError,
} from '@backstage/errors';
import {
  findHandlerSettingIssues,
  HandlerDescription,
  handlerDescriptionSchema,
  HandlerSettings,
  handlerSettingsSchema,
  MAX_HANDLERS,
} from '@postroom/plugin-incoming-mail-common';
import {
  AnyMailHandler,
  HandlerMailbox,
} from '@postroom/plugin-incoming-mail-node';
import { z } from 'zod';

// Stricter than the schema of stored ids, which begin with whatever letter or
// digit.
const KEBAB_CASE = /^[a-z][a-z0-9]*(?:-[a-z0-9]+)*$/;
// The column of handler_bindings.
const MAX_ID_LENGTH = 100;

/** Thrown for a binding whose handler is not installed (any more). */
export class HandlerMissingError extends NotFoundError {}

/** Thrown for a binding whose settings its handler does not take (any more). */
export class HandlerSettingsError extends InputError {
  /**
   * What the handler threw, where that is no InputError: for the log. Not the
   * `cause`, whose message would become part of this one.
   */
  readonly thrown?: unknown;

  constructor(message: string, thrown?: unknown) {
    super(message);
    this.name = 'InputError';
    this.thrown = thrown;
  }
}

/** What a binding says of its handler. */
export interface BoundHandler {
  readonly handlerId: string;
  /** As they came or are stored. */
  readonly settings: unknown;
}

/** What of a mailbox a handler's settings may depend on. */
export type SettingsMailbox = Pick<HandlerMailbox, 'address' | 'projectRef'>;

/** The handlers of this installation: ours, and those that modules brought. */
export class HandlerRegistry {
  readonly #handlers = new Map<string, AnyMailHandler>();

  /**
   * @throws InputError for an id that is not kebab-case, and for a title,
   *   description or field that no page could show
   * @throws ConflictError for an id that two handlers have, naming both
   */
  constructor(handlers: readonly AnyMailHandler[]) {
    if (handlers.length > MAX_HANDLERS) {
      throw new InputError(`There are more than ${MAX_HANDLERS} mail handlers`);
    }
    for (const handler of handlers) {
      this.#add(handler);
    }
  }

  #add(handler: AnyMailHandler) {
    const { id, title } = handler;
    if (!KEBAB_CASE.test(id) || id.length > MAX_ID_LENGTH) {
      throw new InputError(
        `The id '${id}' of the mail handler '${title}' must be kebab-case, at most ${MAX_ID_LENGTH} characters`,
      );
    }
    const other = this.#handlers.get(id);
    if (other) {
      throw new ConflictError(
        `The mail handlers '${other.title}' and '${title}' have the same id '${id}'`,
      );
    }
    const described = handlerDescriptionSchema.safeParse(describe(handler));
    if (!described.success) {
      const { path, message } = described.error.issues[0];
      throw new InputError(
        `The mail handler '${id}' cannot be shown: ${path.join(
          '.',
        )} ${message}`,
      );
    }
    this.#handlers.set(id, handler);
  }

  /** Undefined where the module that brought it is no longer installed. */
  find(id: string): AnyMailHandler | undefined {
    return this.#handlers.get(id);
  }

  /** Every handler, by title, for those who choose one. */
  describe(): HandlerDescription[] {
    return [...this.#handlers.values()]
      .map(describe)
      .sort((a, b) => a.title.localeCompare(b.title, 'en'));
  }

  /**
   * The handler of a binding and its settings, checked and as it works with
   * them. Called before a binding is saved and before each mail.
   *
   * @throws HandlerMissingError
   * @throws HandlerSettingsError whose message begins with the setting's name
   */
  resolve(
    binding: BoundHandler,
    mailbox: SettingsMailbox,
  ): { handler: AnyMailHandler; settings: unknown } {
    const handler = this.find(binding.handlerId);
    if (!handler) {
      throw new HandlerMissingError(
        `The mail handler '${binding.handlerId}' is not installed`,
      );
    }
    const settings = checkSettings(handler, binding.settings);
    try {
      return {
        handler,
        settings: handler.parseSettings?.(settings, mailbox) ?? settings,
      };
    } catch (error) {
      const words = wordsOf(error);
      throw words === undefined
        ? new HandlerSettingsError('could not be read by the handler', error)
        : new HandlerSettingsError(words);
    }
  }
}

function describe(handler: AnyMailHandler): HandlerDescription {
  const { id, title, description, fields = [] } = handler;
  return {
    id,
    title,
    ...(description !== undefined && { description }),
    fields: [...fields],
  };
}

const zodErrorSchema = z.object({
  issues: z
    .array(
      z.object({
        path: z.array(z.union([z.string(), z.number()])),
        message: z.string(),
      }),
    )
    .min(1),
});

// Anything else is a fault of the handler, whose words are not meant for
// people. By name, since a module may have a copy of zod of its own.
function wordsOf(error: unknown): string | undefined {
  if (!isError(error)) {
    return undefined;
  }
  if (error.name === 'ZodError') {
    return zodErrorSchema
      .safeParse(error)
      .data?.issues.map(({ path, message }) => `${path.join('.')} ${message}`)
      .join('; ');
  }
  return error.name === 'InputError' ? error.message : undefined;
}

function checkSettings(
  handler: AnyMailHandler,
  stored: unknown,
): HandlerSettings {
  const parsed = handlerSettingsSchema.safeParse(stored);
  if (!parsed.success) {
    const { path, message } = parsed.error.issues[0];
    throw new HandlerSettingsError(`${path.join('.')} ${message}`.trim());
  }
  const issues = findHandlerSettingIssues(handler.fields ?? [], parsed.data);
  if (issues.length > 0) {
    throw new HandlerSettingsError(
      issues.map(({ name, message }) => `${name} ${message}`).join('; '),
    );
  }
  // Without a prototype: `settings.constructor` is a setting or nothing.
  return Object.freeze(Object.assign(Object.create(null), parsed.data));
}
