-- Eight tables that the published PluRel accepts: no text, no dates, single keys, no self references.
CREATE TABLE region (id INTEGER PRIMARY KEY, area FLOAT, wealth FLOAT);
CREATE TABLE supplier (id INTEGER PRIMARY KEY, rating FLOAT, capital FLOAT, region_id INTEGER, FOREIGN KEY (region_id) REFERENCES region(id));
CREATE TABLE category (id INTEGER PRIMARY KEY, margin FLOAT, season FLOAT);
CREATE TABLE product (id INTEGER PRIMARY KEY, price FLOAT, weight FLOAT, stock FLOAT, category_id INTEGER, supplier_id INTEGER, FOREIGN KEY (category_id) REFERENCES category(id), FOREIGN KEY (supplier_id) REFERENCES supplier(id));
CREATE TABLE customer (id INTEGER PRIMARY KEY, age FLOAT, income FLOAT, score FLOAT, region_id INTEGER, FOREIGN KEY (region_id) REFERENCES region(id));
CREATE TABLE orders (id INTEGER PRIMARY KEY, total FLOAT, discount FLOAT, customer_id INTEGER, FOREIGN KEY (customer_id) REFERENCES customer(id));
CREATE TABLE item (id INTEGER PRIMARY KEY, quantity FLOAT, price FLOAT, order_id INTEGER, product_id INTEGER, FOREIGN KEY (order_id) REFERENCES orders(id), FOREIGN KEY (product_id) REFERENCES product(id));
CREATE TABLE review (id INTEGER PRIMARY KEY, stars FLOAT, length FLOAT, customer_id INTEGER, product_id INTEGER, FOREIGN KEY (customer_id) REFERENCES customer(id), FOREIGN KEY (product_id) REFERENCES product(id));
