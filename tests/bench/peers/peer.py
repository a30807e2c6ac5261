"""What the programs of the Python peers share: the time, the rows, and what must be found.

Each of them takes a URL and prints `operation milliseconds-of-processor milliseconds` for each
operation. What an operation needs is made before its time begins, and what it found is looked at
after its time has ended.
"""

import gc
import sys
import time

TIMES = 20_000
URL = sys.argv[1]
IS_SQLITE = URL.startswith("sqlite:")
SQLITE_FILE = URL.removeprefix("sqlite:")


def item(number):
    return {
        "one": number,
        "two": number * 7,
        "three": number / 3,
        "four": number * 0.5,
        "short": f"s{number % 10}",
        "word": f"word number {number % 1000}",
        "text": f"text {number} " * 6,
        "none": None,
        "flag": 1 if number % 3 == 0 else None,
    }


def items(first, last):
    return [item(number) for number in range(first, last + 1)]


def found_keys():
    return range(4, 4 * TIMES + 1, 4)


def deleted_keys():
    return range(3, 4 * TIMES, 4)


def page_keys():
    return range(40, 80_001, 40)


def measure(name, function, *arguments):
    gc.collect()
    cpu, wall = time.process_time(), time.monotonic()
    result = function(*arguments)
    wall, cpu = time.monotonic() - wall, time.process_time() - cpu
    print(f"{name} {cpu * 1e3:.3f} {wall * 1e3:.3f}", flush=True)
    return result


def check_found(total):
    assert total == 4 * TIMES * (TIMES + 1) // 2, total


def check_all(records):
    whole = sum(record.one + record.two for record in records)
    parts = sum(record.three + record.four for record in records)
    length = sum(len(record.short) + len(record.word) + len(record.text) for record in records)
    flags = sum(record.flag or 0 for record in records)
    assert (len(records), whole, length, flags) == (100_000, 40_000_400_000, 8_222_370, 33_333)
    assert abs(parts - 4_166_708_333.33) < 1 and all(record.none is None for record in records)


def check_pages(count):
    assert count == 40_000, count


def check_labels(length):
    assert length == 98_894, length
