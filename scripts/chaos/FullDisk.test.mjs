// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { FullDisk } from './FullDisk.mjs';

const message = (type, content = '') => {
  const bytes = Buffer.alloc(5 + content.length);
  bytes.write(type, 'latin1');
  bytes.writeInt32BE(4 + content.length, 1);
  bytes.write(content, 5, 'latin1');
  return bytes;
};
const query = text => message('Q', `${text}\0`);
const prepared = text =>
  Buffer.concat([
    message('P', `\0${text}\0\0\0`),
    ...['B', 'D', 'E', 'S'].map(type => message(type)),
  ]);
const ready = status => message('Z', status);

/** A disk on which rows have no room, on a connection that is idle. */
function aFullDisk() {
  const refused = [];
  const disk = new FullDisk({
    needsRoom: /^insert/i,
    onRefusal: statement => refused.push(statement),
  });
  disk.fromServer(ready('I'));
  return { disk, refused };
}

test('what needs room is refused, in one piece or in many, and the rest goes on', () => {
  const { disk, refused } = aFullDisk();
  assert.deepEqual(disk.fromClient(query('BEGIN;')).pass, query('BEGIN;'));
  disk.fromServer(Buffer.concat([message('C', 'BEGIN\0'), ready('T')]));
  const insert = prepared('insert into "t" values ($1)');
  const pieces = [...insert].map(byte => disk.fromClient(Buffer.of(byte)));
  assert.equal(Buffer.concat(pieces.map(({ pass }) => pass)).length, 0);
  const answer = Buffer.concat(pieces.map(each => each.answer)).toString();
  assert.match(answer, /C53100\0/);
  assert.ok(answer.endsWith('Z\0\0\0\x05E'));
  assert.deepEqual(refused, ['insert into "t" values ($1)']);
});

test('a transaction that failed ends by a rollback alone', () => {
  const { disk } = aFullDisk();
  disk.fromServer(ready('T'));
  disk.fromClient(query('insert into "t"'));
  const select = disk.fromClient(prepared('select 1'));
  assert.equal(select.pass.length, 0);
  assert.match(select.answer.toString(), /C25P02\0/);
  const rollback = query('ROLLBACK');
  assert.deepEqual(disk.fromClient(rollback).pass, rollback);
  disk.fromServer(ready('I'));
  assert.deepEqual(
    disk.fromClient(prepared('select 1')).pass,
    prepared('select 1'),
  );
});

test('outside a transaction nothing is left to roll back', () => {
  const { disk } = aFullDisk();
  const { answer } = disk.fromClient(prepared('insert into "t"'));
  assert.ok(answer.toString().endsWith('Z\0\0\0\x05I'));
  assert.equal(disk.fromClient(query('select 1')).answer.length, 0);
});

test('a connection is looked at from the end of an answer on, wherever it was cut', () => {
  const disk = new FullDisk({ needsRoom: /insert/ });
  const half = Buffer.from('the end of a message that began earlier: insert');
  assert.deepEqual(disk.fromClient(half).pass, half);
  const end = Buffer.concat([message('C', 'INSERT 0 1\0'), ready('I')]);
  disk.fromServer(end.subarray(0, -3));
  disk.fromServer(end.subarray(-3));
  assert.equal(disk.fromClient(query('insert')).pass.length, 0);
});
