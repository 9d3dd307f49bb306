"""The shop, on a database as it looks after years: thousands of rows, refunds, people who never bought."""

from __future__ import annotations

import datetime
from collections import Counter
from decimal import Decimal

import pytest
from sqlalchemy import delete, func, select
from sqlalchemy.exc import IntegrityError
from ticketshop import shop
from ticketshop.models import Customer, Event, Order, Ticket

NOW = datetime.datetime(2026, 5, 1, 20, 15)


@pytest.fixture
def event(session):
    """The event that has sold most."""
    sold = select(Ticket.event_id).group_by(Ticket.event_id).order_by(func.count().desc(), Ticket.event_id).limit(1)
    return session.get(Event, session.scalar(sold))


@pytest.fixture
def customer(session):
    return session.scalars(select(Customer).order_by(Customer.id).limit(1)).one()


def test_free_seats_are_those_that_nobody_holds(session, event):
    free = shop.free_seats(session, event)
    taken = {ticket.seat for ticket in event.tickets}
    assert taken
    assert not taken & set(free)
    assert {*free, *(seat for seat in taken if seat <= event.capacity)} == set(range(1, event.capacity + 1))


def test_a_sale(session, event, customer):
    before, sold = shop.free_seats(session, event), len(event.tickets)
    order = shop.sell(session, customer, event, 3, NOW)
    session.commit()
    assert [ticket.seat for ticket in order.tickets] == before[:3]
    assert shop.free_seats(session, event) == before[3:]
    assert session.scalar(select(func.count()).where(Ticket.event_id == event.id)) == sold + 3


def test_a_sale_of_too_many_leaves_nothing(session, event, customer):
    orders = session.scalar(select(func.count(Order.id)))
    with pytest.raises(shop.SoldOut):
        shop.sell(session, customer, event, event.capacity + 1, NOW)
    assert session.scalar(select(func.count(Order.id))) == orders


def test_a_seat_is_sold_once(session, event, customer):
    taken = event.tickets[0].seat
    order = Order(customer=customer, placed_at=NOW, status="open")
    order.tickets = [Ticket(event=event, seat=taken, price=event.price)]
    session.add(order)
    with pytest.raises(IntegrityError):
        session.flush()


@pytest.mark.parametrize("status", ["open", "paid", "refunded"])
def test_a_refund_frees_the_seats(session, status):
    order = session.scalars(select(Order).where(Order.status == status, Order.tickets.any()).order_by(Order.id)).first()
    event, paid = order.tickets[0].event, sum(ticket.price for ticket in order.tickets)
    seats = {ticket.seat for ticket in order.tickets if ticket.event is event and ticket.seat <= event.capacity}
    assert shop.refund(session, order) == (paid if status == "paid" else 0)
    session.commit()
    assert order.status == "refunded"
    assert seats <= set(shop.free_seats(session, event))


def test_best_customers(session):
    """Against the same thing said slowly."""
    paid: Counter[Customer] = Counter()
    for ticket in session.scalars(select(Ticket)):
        if ticket.order.status == "paid":
            paid[ticket.order.customer] += ticket.price
    expected = sorted(((who, amount) for who, amount in paid.items() if amount), key=lambda r: (-r[1], r[0].id))
    found = shop.best_customers(session, 10)
    assert len(found) > 3
    assert [(who.id, round(amount, 2)) for who, amount in found] == [(who.id, amount) for who, amount in expected[:10]]


def test_never_ordered(session):
    found = shop.never_ordered(session)
    assert found
    assert all(customer.orders == [] for customer in found)
    assert len(found) == session.scalar(select(func.count(Customer.id))) - session.scalar(
        select(func.count(Order.customer_id.distinct()))
    )


def test_on_the_first_day(session):
    """Whatever a test does to its database, the next one finds its own."""
    session.execute(delete(Ticket))
    session.execute(delete(Order))
    session.commit()
    assert shop.best_customers(session, 10) == []
    assert len(shop.never_ordered(session)) == session.scalar(select(func.count(Customer.id)))


@pytest.mark.plurel(rows={"customer": 2, "event": 1, "orders": 5, "ticket": 12}, seed=1)
def test_a_small_shop(session, plurel_db):
    assert plurel_db.rows == {"customer": 2, "event": 1, "orders": 5, "ticket": 12}
    assert sum((amount for _, amount in shop.best_customers(session, 99)), Decimal(0)) >= 0
