"""The shop's tables, as SQLAlchemy models."""

from __future__ import annotations

import datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import CheckConstraint, DateTime, Engine, Enum, ForeignKey, Numeric, String, UniqueConstraint, event
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship


class Base(DeclarativeBase):
    pass


class Customer(Base):
    __tablename__ = "customer"

    id: Mapped[int] = mapped_column(primary_key=True)
    email: Mapped[str] = mapped_column(String(120), unique=True)
    name: Mapped[str] = mapped_column(String(80))
    joined_at: Mapped[datetime.datetime] = mapped_column(DateTime)
    orders: Mapped[list[Order]] = relationship(back_populates="customer")


class Event(Base):
    __tablename__ = "event"
    __table_args__ = (
        CheckConstraint("capacity BETWEEN 50 AND 2000", name="event_capacity"),
        CheckConstraint("price BETWEEN 5 AND 250", name="event_price"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    title: Mapped[str] = mapped_column(String(120))
    starts_at: Mapped[datetime.datetime] = mapped_column(DateTime)
    capacity: Mapped[int]
    price: Mapped[Decimal] = mapped_column(Numeric(8, 2))
    tickets: Mapped[list[Ticket]] = relationship(back_populates="event")


class Order(Base):
    __tablename__ = "orders"

    id: Mapped[int] = mapped_column(primary_key=True)
    customer_id: Mapped[int] = mapped_column(ForeignKey("customer.id"), index=True)
    placed_at: Mapped[datetime.datetime] = mapped_column(DateTime)
    status: Mapped[str] = mapped_column(Enum("open", "paid", "refunded", name="order_status"))
    customer: Mapped[Customer] = relationship(back_populates="orders")
    tickets: Mapped[list[Ticket]] = relationship(back_populates="order", cascade="all, delete-orphan")


class Ticket(Base):
    __tablename__ = "ticket"
    __table_args__ = (
        UniqueConstraint("event_id", "seat", name="ticket_seat"),
        CheckConstraint("seat >= 1", name="ticket_seat_counts_from_1"),
        CheckConstraint("price >= 0", name="ticket_price"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    order_id: Mapped[int] = mapped_column(ForeignKey("orders.id"), index=True)
    event_id: Mapped[int] = mapped_column(ForeignKey("event.id"))
    seat: Mapped[int]
    price: Mapped[Decimal] = mapped_column(Numeric(8, 2))
    order: Mapped[Order] = relationship(back_populates="tickets")
    event: Mapped[Event] = relationship(back_populates="tickets")


@event.listens_for(Engine, "connect")
def _enforce_foreign_keys(connection: Any, _: Any) -> None:
    """SQLite keeps foreign keys only where it is asked to, connection by connection."""
    if type(connection).__module__.startswith("sqlite3"):
        connection.execute("PRAGMA foreign_keys = ON")
