"""The work in Django's ORM."""

from urllib.parse import unquote, urlsplit

import django
from django.conf import settings
from django.db import connection, models, transaction

import peer


def database():
    if peer.IS_SQLITE:
        return {"ENGINE": "django.db.backends.sqlite3", "NAME": peer.SQLITE_FILE}
    url = urlsplit(peer.URL)
    return {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": url.path.removeprefix("/"),
        "HOST": url.hostname,
        "PORT": url.port,
        "USER": unquote(url.username or ""),
        "PASSWORD": unquote(url.password or ""),
    }


settings.configure(DATABASES={"default": database()}, DEBUG=False)
django.setup()


class Item(models.Model):
    one = models.IntegerField(null=True)
    two = models.IntegerField(null=True)
    three = models.FloatField(null=True)
    four = models.FloatField(null=True)
    short = models.CharField(max_length=20, null=True)
    word = models.CharField(max_length=40, null=True)
    text = models.CharField(max_length=200, null=True)
    none = models.CharField(max_length=255, null=True)
    flag = models.IntegerField(null=True)

    class Meta:
        app_label = "peers"
        db_table = "items"


class Parent(models.Model):
    name = models.CharField(max_length=255, null=True)

    class Meta:
        app_label = "peers"
        db_table = "parents"


class Child(models.Model):
    label = models.CharField(max_length=255, null=True)
    parent = models.ForeignKey(Parent, models.CASCADE, null=True, related_name="children")

    class Meta:
        app_label = "peers"
        db_table = "children"


def find():
    return sum(Item.objects.get(pk=key).one for key in peer.found_keys())


def every():
    return list(Item.objects.all())


def pages():
    return sum(len(Item.objects.filter(id__gt=key).order_by("id")[:20]) for key in peer.page_keys())


def eager():
    for _ in range(10):
        parents = Parent.objects.prefetch_related("children")
        length = sum(len(child.label) for parent in parents for child in parent.children.all())
    return length


def create():
    with transaction.atomic():
        for number in range(100_001, 100_001 + peer.TIMES):
            Item.objects.create(**peer.item(number))


def save(records):
    with transaction.atomic():
        for number, record in enumerate(records, 1):
            record.two = -number
            record.save(update_fields=["two"])


def insert_many(rows):
    Item.objects.bulk_create([Item(**row) for row in rows], batch_size=1000)


def delete(records):
    with transaction.atomic():
        for record in records:
            record.delete()


def records(keys):
    return [Item.objects.get(pk=key) for key in keys]


def main():
    connection.ensure_connection()
    peer.check_found(peer.measure("find", find))
    peer.check_all(peer.measure("all", every))
    peer.check_pages(peer.measure("page", pages))
    peer.check_labels(peer.measure("eager", eager))
    peer.measure("create", create)
    peer.measure("save", save, records(peer.found_keys()))
    peer.measure("insert_many", insert_many, peer.items(200_001, 300_000))
    peer.measure("delete", delete, records(peer.deleted_keys()))


main()
