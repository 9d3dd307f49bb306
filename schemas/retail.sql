-- retail: an online shop; eight tables with enums, CHECKs, decimals, a category tree and a chain of dates (PostgreSQL)
--
-- Shows: a self reference (category.parent_id), a composite primary key made of a foreign key and a line number
-- (order_item), a one-to-one child (payment), two optional keys, row-level rules between columns, enumerated types.

CREATE TYPE customer_segment AS ENUM ('consumer', 'small_business', 'corporate');
CREATE TYPE order_status AS ENUM ('pending', 'paid', 'shipped', 'delivered', 'cancelled', 'returned');
CREATE TYPE payment_method AS ENUM ('card', 'bank_transfer', 'wallet', 'invoice');

CREATE TABLE customer (
    customer_id   bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    email         varchar(120) NOT NULL UNIQUE,
    first_name    varchar(50)  NOT NULL,
    last_name     varchar(50)  NOT NULL,
    phone         varchar(24),
    birth_date    date,
    segment       customer_segment NOT NULL DEFAULT 'consumer',
    newsletter    boolean NOT NULL DEFAULT false,
    created_at    timestamptz NOT NULL,
    last_login_at timestamptz,
    CHECK (last_login_at IS NULL OR last_login_at >= created_at)
);
COMMENT ON TABLE customer IS 'People and companies with an account';

CREATE TABLE address (
    address_id   bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    customer_id  bigint NOT NULL REFERENCES customer (customer_id),
    street       varchar(120) NOT NULL,
    city         varchar(80)  NOT NULL,
    postal_code  varchar(12)  NOT NULL,
    country_code char(2)      NOT NULL,
    is_default   boolean NOT NULL DEFAULT false
);

CREATE TABLE category (
    category_id integer PRIMARY KEY,
    parent_id   integer REFERENCES category (category_id),
    name        varchar(60) NOT NULL,
    slug        varchar(80) NOT NULL UNIQUE
);

CREATE TABLE product (
    product_id   bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    category_id  integer NOT NULL REFERENCES category (category_id),
    sku          varchar(20) NOT NULL UNIQUE,
    name         varchar(120) NOT NULL,
    description  text,
    price        numeric(10, 2) NOT NULL CHECK (price > 0),
    cost         numeric(10, 2) NOT NULL CHECK (cost >= 0),
    weight_grams integer CHECK (weight_grams BETWEEN 1 AND 60000),
    stock        integer NOT NULL DEFAULT 0 CHECK (stock >= 0),
    active       boolean NOT NULL DEFAULT true,
    added_on     date NOT NULL,
    CONSTRAINT product_margin CHECK (cost <= price)
);

CREATE TABLE orders (
    order_id     bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    customer_id  bigint NOT NULL REFERENCES customer (customer_id),
    address_id   bigint REFERENCES address (address_id),
    status       order_status NOT NULL DEFAULT 'pending',
    currency     char(3) NOT NULL DEFAULT 'EUR' CHECK (currency IN ('EUR', 'USD', 'GBP', 'CHF')),
    ordered_at   timestamptz NOT NULL,
    shipped_at   timestamptz,
    delivered_at timestamptz,
    coupon_code  varchar(16),
    CONSTRAINT order_dates CHECK (shipped_at >= ordered_at AND delivered_at >= shipped_at)
);

CREATE TABLE order_item (
    order_id   bigint  NOT NULL REFERENCES orders (order_id) ON DELETE CASCADE,
    line_no    integer NOT NULL CHECK (line_no >= 1),
    product_id bigint  NOT NULL REFERENCES product (product_id),
    quantity   integer NOT NULL CHECK (quantity BETWEEN 1 AND 100),
    unit_price numeric(10, 2) NOT NULL CHECK (unit_price > 0),
    discount   numeric(4, 3) NOT NULL DEFAULT 0 CHECK (discount >= 0 AND discount < 1),
    PRIMARY KEY (order_id, line_no)
);

CREATE TABLE payment (
    payment_id  uuid PRIMARY KEY,
    order_id    bigint NOT NULL UNIQUE REFERENCES orders (order_id),
    method      payment_method NOT NULL,
    amount      numeric(12, 2) NOT NULL CHECK (amount > 0),
    paid_at     timestamptz NOT NULL,
    refunded_at timestamptz CHECK (refunded_at >= paid_at)
);

CREATE TABLE review (
    review_id   bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    product_id  bigint NOT NULL REFERENCES product (product_id),
    customer_id bigint REFERENCES customer (customer_id),
    rating      smallint NOT NULL CHECK (rating BETWEEN 1 AND 5),
    title       varchar(100),
    body        text,
    helpful     integer NOT NULL DEFAULT 0 CHECK (helpful >= 0),
    created_at  timestamptz NOT NULL
);
