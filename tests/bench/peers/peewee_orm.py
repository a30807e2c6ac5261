"""The work in peewee, over psycopg2 on PostgreSQL, which peewee itself prefers."""

from peewee import (
    CharField,
    DoubleField,
    ForeignKeyField,
    IntegerField,
    Model,
    PostgresqlDatabase,
    SqliteDatabase,
    chunked,
    prefetch,
)

import peer

if peer.IS_SQLITE:
    database = SqliteDatabase(peer.SQLITE_FILE, pragmas={"foreign_keys": 1})
else:
    database = PostgresqlDatabase(peer.URL.replace("postgres://", "postgresql://", 1))


class Base(Model):
    class Meta:
        database = database


class Item(Base):
    one = IntegerField(null=True)
    two = IntegerField(null=True)
    three = DoubleField(null=True)
    four = DoubleField(null=True)
    short = CharField(max_length=20, null=True)
    word = CharField(max_length=40, null=True)
    text = CharField(max_length=200, null=True)
    none = CharField(null=True)
    flag = IntegerField(null=True)

    class Meta:
        table_name = "items"
        only_save_dirty = True


class Parent(Base):
    name = CharField(null=True)

    class Meta:
        table_name = "parents"


class Child(Base):
    label = CharField(null=True)
    parent = ForeignKeyField(Parent, backref="children", null=True)

    class Meta:
        table_name = "children"


def find():
    return sum(Item.get_by_id(key).one for key in peer.found_keys())


def every():
    return list(Item.select())


def pages():
    count = 0
    for key in peer.page_keys():
        count += len(list(Item.select().where(Item.id > key).order_by(Item.id).limit(20)))
    return count


def eager():
    for _ in range(10):
        parents = prefetch(Parent.select(), Child.select())
        length = sum(len(child.label) for parent in parents for child in parent.children)
    return length


def create():
    with database.atomic():
        for number in range(100_001, 100_001 + peer.TIMES):
            Item.create(**peer.item(number))


def save(records):
    with database.atomic():
        for number, record in enumerate(records, 1):
            record.two = -number
            record.save()


def insert_many(rows):
    with database.atomic():
        for batch in chunked(rows, 1000):
            Item.insert_many(batch).execute()


def delete(records):
    with database.atomic():
        for record in records:
            record.delete_instance()


def records(keys):
    return [Item.get_by_id(key) for key in keys]


def main():
    database.connect()
    peer.check_found(peer.measure("find", find))
    peer.check_all(peer.measure("all", every))
    peer.check_pages(peer.measure("page", pages))
    peer.check_labels(peer.measure("eager", eager))
    peer.measure("create", create)
    peer.measure("save", save, records(peer.found_keys()))
    peer.measure("insert_many", insert_many, peer.items(200_001, 300_000))
    peer.measure("delete", delete, records(peer.deleted_keys()))


main()
