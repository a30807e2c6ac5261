// The work in Drizzle over better-sqlite3: relational queries, and prepared statements wherever a
// statement is sent more than once. Its records are plain objects.
import Database from "better-sqlite3";
import { eq, relations, sql } from "drizzle-orm";
import { drizzle } from "drizzle-orm/better-sqlite3";
import { integer, real, sqliteTable, text } from "drizzle-orm/sqlite-core";
import * as peer from "./peer.mjs";

const items = sqliteTable("items", {
  id: integer().primaryKey(),
  one: integer(),
  two: integer(),
  three: real(),
  four: real(),
  short: text(),
  word: text(),
  text: text(),
  none: text(),
  flag: integer(),
});
const parents = sqliteTable("parents", { id: integer().primaryKey(), name: text() });
const children = sqliteTable("children", {
  id: integer().primaryKey(),
  label: text(),
  parentId: integer("parent_id").references(() => parents.id),
});
const parentRelations = relations(parents, ({ many }) => ({ children: many(children) }));
const childRelations = relations(children, ({ one }) => ({
  parent: one(parents, { fields: [children.parentId], references: [parents.id] }),
}));

const client = new Database(process.argv[2].replace("sqlite:", ""));
// Its build of SQLite no longer waits for the disk at a commit in WAL mode. All others do.
client.pragma("synchronous = FULL");
client.pragma("foreign_keys = ON");
const db = drizzle(client, { schema: { items, parents, children, parentRelations, childRelations } });

const placeholder = sql.placeholder;
const byKey = db.query.items.findFirst({ where: eq(items.id, placeholder("id")) }).prepare();
const after = db.query.items
  .findMany({ where: (item, { gt }) => gt(item.id, placeholder("id")), orderBy: items.id, limit: 20 })
  .prepare();
const everything = db.query.items.findMany().prepare();
const family = db.query.parents.findMany({ with: { children: true } }).prepare();
const names = Object.keys(peer.item(1));
const insertOne = db
  .insert(items)
  .values(Object.fromEntries(names.map((name) => [name, placeholder(name)])))
  .returning()
  .prepare();
const setTwo = db
  .update(items)
  .set({ two: sql`${placeholder("two")}` })
  .where(eq(items.id, placeholder("id")))
  .prepare();
const deleteOne = db.delete(items).where(eq(items.id, placeholder("id"))).prepare();

function find() {
  let total = 0;
  for (let number = 1; number <= peer.TIMES; number += 1) {
    total += byKey.get({ id: number * 4 }).one;
  }
  return total;
}

function pages() {
  let count = 0;
  for (let number = 1; number <= 2000; number += 1) {
    count += after.all({ id: number * 40 }).length;
  }
  return count;
}

function eager() {
  let length;
  for (let round = 0; round < 10; round += 1) {
    length = 0;
    for (const parent of family.all()) {
      for (const child of parent.children) {
        length += child.label.length;
      }
    }
  }
  return length;
}

function create() {
  db.transaction(() => {
    for (let number = 100_001; number <= 100_000 + peer.TIMES; number += 1) {
      insertOne.get(peer.item(number));
    }
  });
}

function save(records) {
  db.transaction(() => {
    records.forEach((record, index) => {
      record.two = -(index + 1);
      setTwo.run({ id: record.id, two: record.two });
    });
  });
}

// SQLite takes 32,766 values in one statement.
function insertMany(rows) {
  db.transaction((transaction) => {
    for (let start = 0; start < rows.length; start += 1000) {
      transaction.insert(items).values(rows.slice(start, start + 1000)).run();
    }
  });
}

function remove(records) {
  db.transaction(() => {
    for (const record of records) {
      deleteOne.run({ id: record.id });
    }
  });
}

const records = (first) => peer.keys(first, 4, peer.TIMES).map((key) => byKey.get({ id: key }));

peer.checkFound(await peer.measure("find", find));
peer.checkAll(await peer.measure("all", () => everything.all()));
peer.checkPages(await peer.measure("page", pages));
peer.checkLabels(await peer.measure("eager", eager));
await peer.measure("create", create);
await peer.measure("save", save, records(4));
await peer.measure("insert_many", insertMany, peer.items(200_001, 300_000));
await peer.measure("delete", remove, records(3));
