"""What the shop does; each function works in the caller's session, who commits."""

from __future__ import annotations

import datetime
from decimal import Decimal

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from ticketshop.models import Customer, Event, Order, Ticket


class SoldOut(Exception):
    """The event has fewer free seats than were asked for."""


def free_seats(session: Session, event: Event) -> list[int]:
    """Seats of the event that nobody holds, ascending."""
    taken = set(session.scalars(select(Ticket.seat).where(Ticket.event_id == event.id)))
    return [seat for seat in range(1, event.capacity + 1) if seat not in taken]


def sell(session: Session, customer: Customer, event: Event, count: int, now: datetime.datetime) -> Order:
    """A paid order for the ``count`` first free seats.

    Raises:
        SoldOut: nothing was sold.
    """
    seats = free_seats(session, event)[:count]
    if len(seats) < count:
        raise SoldOut(f"{event.title}: {count} seats were asked for, {len(seats)} are free")
    order = Order(customer=customer, placed_at=now, status="paid")
    order.tickets = [Ticket(event=event, seat=seat, price=event.price) for seat in seats]
    session.add(order)
    session.flush()
    return order


def refund(session: Session, order: Order) -> Decimal:
    """Takes the order back: its seats are free again. What is paid back: nothing for an order that wasn't paid."""
    amount = sum((ticket.price for ticket in order.tickets), Decimal(0)) if order.status == "paid" else Decimal(0)
    order.tickets.clear()
    order.status = "refunded"
    session.flush()
    return amount


def best_customers(session: Session, count: int) -> list[tuple[Customer, Decimal]]:
    """The customers who have paid most, with what they have paid; those who paid nothing are left out."""
    paid = func.sum(Ticket.price)
    rows = session.execute(
        select(Customer, paid)
        .join(Order, Order.customer_id == Customer.id)
        .join(Ticket, Ticket.order_id == Order.id)
        .where(Order.status == "paid")
        .group_by(Customer.id)
        .having(paid > 0)
        .order_by(paid.desc(), Customer.id)
        .limit(count)
    )
    return [(customer, Decimal(amount)) for customer, amount in rows]


def never_ordered(session: Session) -> list[Customer]:
    """Customers without an order, by id."""
    return list(session.scalars(select(Customer).where(~Customer.orders.any()).order_by(Customer.id)))
