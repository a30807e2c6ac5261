// The work in Drizzle over node-postgres: relational queries, and named prepared statements
// wherever a statement is sent more than once. Its records are plain objects.
import { eq, relations, sql } from "drizzle-orm";
import { drizzle } from "drizzle-orm/node-postgres";
import { doublePrecision, integer, pgTable, varchar } from "drizzle-orm/pg-core";
import pg from "pg";
import * as peer from "./peer.mjs";

const key = () => integer().primaryKey().generatedByDefaultAsIdentity();
const items = pgTable("items", {
  id: key(),
  one: integer(),
  two: integer(),
  three: doublePrecision(),
  four: doublePrecision(),
  short: varchar({ length: 20 }),
  word: varchar({ length: 40 }),
  text: varchar({ length: 200 }),
  none: varchar({ length: 255 }),
  flag: integer(),
});
const parents = pgTable("parents", { id: key(), name: varchar({ length: 255 }) });
const children = pgTable("children", {
  id: key(),
  label: varchar({ length: 255 }),
  parentId: integer("parent_id").references(() => parents.id),
});
const parentRelations = relations(parents, ({ many }) => ({ children: many(children) }));
const childRelations = relations(children, ({ one }) => ({
  parent: one(parents, { fields: [children.parentId], references: [parents.id] }),
}));

const client = new pg.Client({ connectionString: process.argv[2] });
await client.connect();
const db = drizzle(client, { schema: { items, parents, children, parentRelations, childRelations } });

const placeholder = sql.placeholder;
const byKey = db.query.items.findFirst({ where: eq(items.id, placeholder("id")) }).prepare("by_key");
const after = db.query.items
  .findMany({ where: (item, { gt }) => gt(item.id, placeholder("id")), orderBy: items.id, limit: 20 })
  .prepare("after");
const everything = db.query.items.findMany().prepare("everything");
const family = db.query.parents.findMany({ with: { children: true } }).prepare("family");
const names = Object.keys(peer.item(1));
const insertOne = db
  .insert(items)
  .values(Object.fromEntries(names.map((name) => [name, placeholder(name)])))
  .returning()
  .prepare("insert_one");
const setTwo = db
  .update(items)
  .set({ two: sql`${placeholder("two")}` })
  .where(eq(items.id, placeholder("id")))
  .prepare("set_two");
const deleteOne = db.delete(items).where(eq(items.id, placeholder("id"))).prepare("delete_one");

async function find() {
  let total = 0;
  for (let number = 1; number <= peer.TIMES; number += 1) {
    total += (await byKey.execute({ id: number * 4 })).one;
  }
  return total;
}

async function pages() {
  let count = 0;
  for (let number = 1; number <= 2000; number += 1) {
    count += (await after.execute({ id: number * 40 })).length;
  }
  return count;
}

async function eager() {
  let length;
  for (let round = 0; round < 10; round += 1) {
    length = 0;
    for (const parent of await family.execute()) {
      for (const child of parent.children) {
        length += child.label.length;
      }
    }
  }
  return length;
}

// There is one connection, so that what was prepared on it takes part in its transaction.
async function create() {
  await db.transaction(async () => {
    for (let number = 100_001; number <= 100_000 + peer.TIMES; number += 1) {
      await insertOne.execute(peer.item(number));
    }
  });
}

async function save(records) {
  await db.transaction(async () => {
    for (const [index, record] of records.entries()) {
      record.two = -(index + 1);
      await setTwo.execute({ id: record.id, two: record.two });
    }
  });
}

async function insertMany(rows) {
  await db.transaction(async (transaction) => {
    for (let start = 0; start < rows.length; start += 1000) {
      await transaction.insert(items).values(rows.slice(start, start + 1000));
    }
  });
}

async function remove(records) {
  await db.transaction(async () => {
    for (const record of records) {
      await deleteOne.execute({ id: record.id });
    }
  });
}

async function records(first) {
  const list = [];
  for (const id of peer.keys(first, 4, peer.TIMES)) {
    list.push(await byKey.execute({ id }));
  }
  return list;
}

peer.checkFound(await peer.measure("find", find));
peer.checkAll(await peer.measure("all", () => everything.execute()));
peer.checkPages(await peer.measure("page", pages));
peer.checkLabels(await peer.measure("eager", eager));
await peer.measure("create", create);
await peer.measure("save", save, await records(4));
await peer.measure("insert_many", insertMany, peer.items(200_001, 300_000));
await peer.measure("delete", remove, await records(3));
await client.end();
