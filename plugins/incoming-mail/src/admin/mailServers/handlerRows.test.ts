// SPDX-License-Identifier: Apache-2.0
import { alertHandler, trackerHandler } from '../../__testUtils__/samples';
import {
  handlerErrors,
  toHandlerBindings,
  toHandlerRows,
  withHandler,
  withHandlerSetting,
  withMovedHandler,
} from './handlerRows';

const handlers = [trackerHandler, alertHandler];

describe('withHandler', () => {
  it('binds a handler as often as it is added, each with a key of its own', () => {
    const rows = withHandler(withHandler([], 'alerts'), 'alerts');
    expect(rows.map(({ key }) => key)).toEqual([0, 1]);
    const later = withHandler(rows.slice(1), 'alerts');
    expect(later.map(({ key }) => key)).toEqual([1, 2]);
  });
});

describe('withMovedHandler', () => {
  const rows = toHandlerRows(
    ['a', 'b', 'c'].map(handlerId => ({ handlerId, settings: {} })),
  );
  const order = (index: number, by: -1 | 1) =>
    withMovedHandler(rows, index, by)
      .map(({ handlerId }) => handlerId)
      .join('');

  it('moves within the list only', () => {
    expect(order(1, -1)).toBe('bac');
    expect(order(1, 1)).toBe('acb');
    expect(order(0, -1)).toBe('abc');
    expect(order(2, 1)).toBe('abc');
  });
});

describe('toHandlerBindings', () => {
  it('leaves out what was left empty', () => {
    const [row] = withHandler([], 'request-tracker');
    const project = withHandlerSetting(row, 'project', ' component:shop ');
    const labels = withHandlerSetting(project, 'labels', ['', ' mail ', '']);
    expect(toHandlerBindings([row, labels], handlers)).toEqual([
      { handlerId: 'request-tracker', settings: {} },
      {
        handlerId: 'request-tracker',
        settings: { project: 'component:shop', labels: ['mail'] },
      },
    ]);
    const empty = withHandlerSetting(row, 'labels', ['']);
    expect(toHandlerBindings([empty], handlers)[0].settings).toEqual({});
  });

  it('keeps no to a yes, and drops what the handler no longer asks for', () => {
    const bound = {
      handlerId: 'alerts',
      settings: { loud: false, former: 'x' },
    };
    expect(toHandlerBindings(toHandlerRows([bound]), handlers)).toEqual([
      { handlerId: 'alerts', settings: { loud: false } },
    ]);
  });

  it('keeps the settings of a handler that is not installed', () => {
    const bound = { handlerId: 'gone', settings: { anything: ' as it was ' } };
    expect(toHandlerBindings(toHandlerRows([bound]), handlers)).toEqual([
      bound,
    ]);
  });
});

describe('handlerErrors', () => {
  it('names what is missing or no entity, under the API’s paths', () => {
    const rows = withHandler(withHandler([], 'alerts'), 'request-tracker');
    expect(handlerErrors(rows, handlers)).toEqual({
      'handlers.1.settings.project': 'is required',
    });
    const project = (text: string) => [
      rows[0],
      withHandlerSetting(rows[1], 'project', text),
    ];
    expect(handlerErrors(project('shop'), handlers)).toEqual({
      'handlers.1.settings.project':
        'is not an entity, such as component:default/shop',
    });
    expect(handlerErrors(project('component:default/shop'), handlers)).toEqual(
      {},
    );
  });
});
