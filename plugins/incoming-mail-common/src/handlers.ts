// SPDX-License-Identifier: Apache-2.0
import { z } from 'zod';

/**
 * The id of a mail handler: kebab-case, stable, stored with each binding.
 *
 * @public
 */
export const handlerIdSchema = z
  .string()
  .max(100)
  .regex(/^[a-z0-9]+(?:-[a-z0-9]+)*$/, 'is not the id of a handler');

/**
 * One setting of a handler, as the page that binds it asks for it. What the
 * value means is the handler's own to judge.
 *
 * - `text`: a line, at most 1,000 characters.
 * - `boolean`: yes or no.
 * - `choice`: one of `choices`, by its `value`.
 * - `list`: lines, at most 50 of 200 characters, such as labels.
 * - `entity`: the ref of a catalog entity, such as `component:default/shop`.
 *   `entityKinds` says which kinds the page suggests; any other can be typed.
 *
 * @public
 */
export const handlerFieldSchema = z.object({
  name: z.string().regex(/^[a-z][A-Za-z0-9]{0,49}$/),
  title: z.string().min(1).max(100),
  description: z.string().max(500).optional(),
  kind: z.enum(['text', 'boolean', 'choice', 'list', 'entity']),
  required: z.boolean(),
  choices: z
    .array(z.object({ value: z.string().max(100), title: z.string().max(100) }))
    .max(50)
    .optional(),
  entityKinds: z.array(z.string().min(1).max(63)).max(20).optional(),
});

/** See {@link handlerFieldSchema}. @public */
export type HandlerField = z.infer<typeof handlerFieldSchema>;

/**
 * A handler that this installation has, as it is offered for binding.
 *
 * @public
 */
export const handlerDescriptionSchema = z.object({
  id: handlerIdSchema,
  title: z.string(),
  description: z.string().optional(),
  fields: z.array(handlerFieldSchema),
});

/** See {@link handlerDescriptionSchema}. @public */
export type HandlerDescription = z.infer<typeof handlerDescriptionSchema>;

/** The most handlers that one installation may have. @public */
export const MAX_HANDLERS = 200;

/** Every handler of an installation, by title. @public */
export const handlerListSchema = z.object({
  items: z.array(handlerDescriptionSchema).max(MAX_HANDLERS),
});

/** The value of one setting, by the kind of its field. @public */
export const handlerSettingSchema = z.union([
  z.string().max(1000),
  z.boolean(),
  z.array(z.string().max(200)).max(50),
]);

/** The settings of a bound handler, by the names of its fields. @public */
export const handlerSettingsSchema = z
  .record(z.string().regex(/^[a-z][A-Za-z0-9]{0,49}$/), handlerSettingSchema)
  .refine(settings => Object.keys(settings).length <= 50, 'are too many');

/** See {@link handlerSettingsSchema}. @public */
export type HandlerSettings = z.infer<typeof handlerSettingsSchema>;

/**
 * A handler that a mailbox's mail goes to. Bindings are run in their order;
 * each has its own delivery, so that one that fails does not repeat another.
 *
 * @public
 */
export const handlerBindingSchema = z.strictObject({
  handlerId: handlerIdSchema,
  settings: handlerSettingsSchema.default({}),
});

/** See {@link handlerBindingSchema}. @public */
export type HandlerBinding = z.output<typeof handlerBindingSchema>;
