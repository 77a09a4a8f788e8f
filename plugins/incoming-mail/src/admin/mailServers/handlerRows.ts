// SPDX-License-Identifier: Apache-2.0
import {
  findHandlerSettingIssues,
  HandlerBinding,
  HandlerDescription,
  HandlerField,
  HandlerSettings,
} from '@postroom/plugin-incoming-mail-common';
import type { FieldErrors } from '../../api/fieldErrors';

/** The value of one setting. */
export type HandlerSetting = HandlerSettings[string];

/** One bound handler as it is edited; a list may hold lines that are empty. */
export interface HandlerRow {
  /** Tells rows apart while they are added, moved and removed. */
  readonly key: number;
  readonly handlerId: string;
  readonly settings: HandlerSettings;
}

/** The rows of handlers that are bound. */
export function toHandlerRows(
  bindings: readonly HandlerBinding[],
): readonly HandlerRow[] {
  return bindings.map(({ handlerId, settings }, key) => ({
    key,
    handlerId,
    settings,
  }));
}

/** The rows with a handler after them. */
export function withHandler(
  rows: readonly HandlerRow[],
  handlerId: string,
): readonly HandlerRow[] {
  const key = Math.max(-1, ...rows.map(row => row.key)) + 1;
  return [...rows, { key, handlerId, settings: {} }];
}

/** The rows with one of them a place earlier (`-1`) or later (`1`). */
export function withMovedHandler(
  rows: readonly HandlerRow[],
  index: number,
  by: -1 | 1,
): readonly HandlerRow[] {
  const other = index + by;
  if (other < 0 || other >= rows.length) {
    return rows;
  }
  const moved = [...rows];
  [moved[index], moved[other]] = [moved[other], moved[index]];
  return moved;
}

/** The row after one of its settings was changed. */
export function withHandlerSetting(
  row: HandlerRow,
  name: string,
  value: HandlerSetting,
): HandlerRow {
  return { ...row, settings: { ...row.settings, [name]: value } };
}

/**
 * The bindings that the rows stand for. A setting that was left empty is left
 * out. The settings of a handler that is not installed are kept as they are:
 * it may come back.
 */
export function toHandlerBindings(
  rows: readonly HandlerRow[],
  handlers: readonly HandlerDescription[],
): HandlerBinding[] {
  return rows.map(({ handlerId, settings }) => {
    const fields = handlers.find(({ id }) => id === handlerId)?.fields;
    return {
      handlerId,
      settings: fields ? settingsOf(fields, settings) : settings,
    };
  });
}

/** What is wrong with the rows, under the paths that the API has for them. */
export function handlerErrors(
  rows: readonly HandlerRow[],
  handlers: readonly HandlerDescription[],
): FieldErrors {
  const found = toHandlerBindings(rows, handlers).flatMap((binding, index) => {
    const handler = handlers.find(({ id }) => id === binding.handlerId);
    return handler
      ? findHandlerSettingIssues(handler.fields, binding.settings).map(
          ({ name, message }) => [
            `handlers.${index}.settings.${name}`,
            message,
          ],
        )
      : [];
  });
  return Object.fromEntries(found);
}

function settingsOf(
  fields: readonly HandlerField[],
  settings: HandlerSettings,
): HandlerSettings {
  return Object.fromEntries(
    fields.flatMap(({ name }) => {
      const value = tidied(settings[name]);
      return value === undefined ? [] : [[name, value]];
    }),
  );
}

function tidied(value: HandlerSetting | undefined): HandlerSetting | undefined {
  if (typeof value === 'string') {
    return value.trim() === '' ? undefined : value.trim();
  }
  if (Array.isArray(value)) {
    const lines = value.map(line => line.trim()).filter(line => line !== '');
    return lines.length === 0 ? undefined : lines;
  }
  return value;
}
