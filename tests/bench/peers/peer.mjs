// What the programs of Drizzle share: the time, the rows, and what must be found. The same as
// `peer.py` has for Python.
import assert from "node:assert/strict";

export const TIMES = 20_000;

export function item(number) {
  return {
    one: number,
    two: number * 7,
    three: number / 3,
    four: number * 0.5,
    short: `s${number % 10}`,
    word: `word number ${number % 1000}`,
    text: `text ${number} `.repeat(6),
    none: null,
    flag: number % 3 === 0 ? 1 : null,
  };
}

export function items(first, last) {
  return Array.from({ length: last - first + 1 }, (_, index) => item(first + index));
}

export function keys(first, step, count) {
  return Array.from({ length: count }, (_, index) => first + index * step);
}

export async function measure(name, operation, ...values) {
  globalThis.gc();
  const cpu = process.cpuUsage();
  const wall = performance.now();
  const result = await operation(...values);
  const milliseconds = performance.now() - wall;
  const { user, system } = process.cpuUsage(cpu);
  console.log(`${name} ${((user + system) / 1e3).toFixed(3)} ${milliseconds.toFixed(3)}`);
  return result;
}

export function checkFound(total) {
  assert.equal(total, (4 * TIMES * (TIMES + 1)) / 2);
}

export function checkAll(records) {
  let [whole, parts, length, flags] = [0, 0, 0, 0];
  for (const { one, two, three, four, short, word, text, none, flag } of records) {
    whole += one + two;
    parts += three + four;
    length += short.length + word.length + text.length;
    flags += flag ?? 0;
    assert.equal(none, null);
  }
  assert.deepEqual([records.length, whole, length, flags], [100_000, 40_000_400_000, 8_222_370, 33_333]);
  assert.ok(Math.abs(parts - 4_166_708_333.33) < 1);
}

export function checkPages(count) {
  assert.equal(count, 40_000);
}

export function checkLabels(length) {
  assert.equal(length, 98_894);
}
