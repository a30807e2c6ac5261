"""The work in SQLAlchemy's ORM: one session, emptied where its identity map could answer."""

from sqlalchemy import ForeignKey, String, create_engine, event, insert, select
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column, relationship, selectinload

import peer

if peer.IS_SQLITE:
    engine = create_engine(f"sqlite:///{peer.SQLITE_FILE}")
else:
    engine = create_engine(peer.URL.replace("postgres://", "postgresql+psycopg://", 1))


class Base(DeclarativeBase):
    pass


class Item(Base):
    __tablename__ = "items"

    id: Mapped[int] = mapped_column(primary_key=True)
    one: Mapped[int | None]
    two: Mapped[int | None]
    three: Mapped[float | None]
    four: Mapped[float | None]
    short: Mapped[str | None] = mapped_column(String(20))
    word: Mapped[str | None] = mapped_column(String(40))
    text: Mapped[str | None] = mapped_column(String(200))
    none: Mapped[str | None] = mapped_column(String(255))
    flag: Mapped[int | None]


class Parent(Base):
    __tablename__ = "parents"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str | None] = mapped_column(String(255))
    children: Mapped[list["Child"]] = relationship(back_populates="parent")


class Child(Base):
    __tablename__ = "children"

    id: Mapped[int] = mapped_column(primary_key=True)
    label: Mapped[str | None] = mapped_column(String(255))
    parent_id: Mapped[int | None] = mapped_column(ForeignKey("parents.id"))
    parent: Mapped[Parent | None] = relationship(back_populates="children")


def find(session):
    return sum(session.get(Item, key).one for key in peer.found_keys())


def every(session):
    return session.scalars(select(Item)).all()


def pages(session):
    count = 0
    for key in peer.page_keys():
        statement = select(Item).where(Item.id > key).order_by(Item.id).limit(20)
        count += len(session.scalars(statement).all())
    return count


def eager(session):
    for _ in range(10):
        session.expunge_all()
        parents = session.scalars(select(Parent).options(selectinload(Parent.children))).all()
        length = sum(len(child.label) for parent in parents for child in parent.children)
    return length


def create(session):
    for number in range(100_001, 100_001 + peer.TIMES):
        session.add(Item(**peer.item(number)))
        session.flush()
    session.commit()


def save(session, records):
    for number, record in enumerate(records, 1):
        record.two = -number
        session.flush()
    session.commit()


def insert_many(session, rows):
    session.execute(insert(Item), rows)
    session.commit()


def delete(session, records):
    for record in records:
        session.delete(record)
        session.flush()
    session.commit()


def records(session, keys):
    return [session.get(Item, key) for key in keys]


def main():
    with Session(engine) as session:
        peer.check_found(peer.measure("find", find, session))
    with Session(engine) as session:
        peer.check_all(peer.measure("all", every, session))
    with Session(engine) as session:
        peer.check_pages(peer.measure("page", pages, session))
    with Session(engine) as session:
        peer.check_labels(peer.measure("eager", eager, session))
    with Session(engine) as session:
        peer.measure("create", create, session)
    with Session(engine) as session:
        peer.measure("save", save, session, records(session, peer.found_keys()))
    with Session(engine) as session:
        peer.measure("insert_many", insert_many, session, peer.items(200_001, 300_000))
    with Session(engine) as session:
        peer.measure("delete", delete, session, records(session, peer.deleted_keys()))


if peer.IS_SQLITE:

    @event.listens_for(engine, "connect")
    def set_foreign_keys(connection, _):
        connection.execute("PRAGMA foreign_keys = ON")


main()
