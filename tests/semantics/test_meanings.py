"""Names of real schemas and what a person of the trade would take them for."""

from __future__ import annotations

import pytest

from plurel_sql.schema.model import TypeKind
from plurel_sql.semantics.classifier import meaning
from plurel_sql.semantics.names import column_words, table_head, uniform, words

# table, kind, "column=meaning ..."
CASES: tuple[tuple[str, TypeKind, str], ...] = (
    ("NATION", "text", "N_NAME=country N_COMMENT=note"),
    ("REGION", "text", "R_NAME=region"),
    ("PART", "text", "P_NAME=product P_MFGR=company P_BRAND=brand P_TYPE=type P_CONTAINER=container"),
    ("PART", "decimal", "P_RETAILPRICE=price"),
    ("SUPPLIER", "text", "S_NAME=company S_ADDRESS=street S_PHONE=phone"),
    ("SUPPLIER", "decimal", "S_ACCTBAL=balance"),
    ("PARTSUPP", "decimal", "PS_SUPPLYCOST=cost"),
    ("PARTSUPP", "integer", "PS_AVAILQTY=stock_level"),
    ("CUSTOMER", "text", "C_NAME=full_name C_MKTSEGMENT=category C_PHONE=phone"),
    ("ORDERS", "text", "O_ORDERSTATUS=status O_ORDERPRIORITY=priority O_CLERK=full_name"),
    ("ORDERS", "decimal", "O_TOTALPRICE=total"),
    ("ORDERS", "integer", "O_SHIPPRIORITY=priority"),
    ("LINEITEM", "decimal", "L_QUANTITY=quantity L_EXTENDEDPRICE=price L_DISCOUNT=discount L_TAX=tax"),
    ("LINEITEM", "integer", "L_LINENUMBER=rank"),
    ("LINEITEM", "text", "L_RETURNFLAG=flag L_LINESTATUS=status L_SHIPINSTRUCT=ship_mode L_SHIPMODE=ship_mode"),
    ("album", "text", "title=song"),
    ("artist", "text", "name=full_name"),
    ("customer", "text", "first_name=first_name last_name=last_name company=company"),
    ("customer", "text", "address=street city=city country=country"),
    ("customer", "text", "postal_code=postal_code phone=phone fax=phone email=email state=state"),
    ("employee", "text", "title=job_title"),
    ("genre", "text", "name=genre"),
    ("media_type", "text", "name=type"),
    ("track", "text", "name=song composer=full_name"),
    ("track", "integer", "milliseconds=milliseconds bytes=bytes"),
    ("invoice", "text", "billing_address=street billing_city=city billing_state=state billing_postal_code=postal_code"),
    ("invoice_line", "decimal", "unit_price=price"),
    ("invoice_line", "integer", "quantity=quantity"),
    ("Employees", "text", "LastName=last_name TitleOfCourtesy=honorific"),
    ("Employees", "text", "Region=state HomePhone=phone Extension=phone_extension"),
    ("Employees", "text", "PhotoPath=image_path Notes=note"),
    ("Customers", "text", "CompanyName=company ContactName=full_name ContactTitle=job_title CustomerID=reference"),
    ("Categories", "text", "CategoryName=category Description=description"),
    ("Orders", "text", "ShipName=company ShipAddress=street"),
    ("Orders", "text", "ShipCity=city ShipCountry=country ShipPostalCode=postal_code"),
    ("Orders", "decimal", "Freight=fee"),
    ("Products", "text", "ProductName=product QuantityPerUnit=container"),
    ("Products", "integer", "UnitsInStock=stock_level UnitsOnOrder=stock_level ReorderLevel=stock_level"),
    ("Products", "boolean", "Discontinued=flag"),
    ("film", "text", "title=film description=description"),
    ("film", "enum", "rating=film_rating"),
    ("film", "integer", "release_year=year rental_duration=days length=minutes"),
    ("film", "decimal", "rental_rate=price replacement_cost=cost"),
    ("address", "text", "address2=street2 district=state phone=phone"),
    ("staff", "text", "username=username password=password email=email"),
    ("language", "text", "name=language"),
    ("payment", "decimal", "amount=amount"),
    ("city", "text", "city=city"),
    ("Person", "text", "Title=honorific FirstName=first_name MiddleName=middle_name Suffix=name_suffix"),
    ("Address", "text", "AddressLine1=street AddressLine2=street2 PostalCode=postal_code"),
    ("Password", "text", "PasswordHash=password"),
    ("Employee", "text", "NationalIDNumber=national_id LoginID=username"),
    ("Employee", "text", "JobTitle=job_title MaritalStatus=marital_status"),
    ("Employee", "text", "Gender=gender"),
    ("Employee", "integer", "VacationHours=hours OrganizationLevel=level"),
    ("Product", "text", "ProductNumber=sku Color=colour ProductLine=category"),
    ("Product", "decimal", "StandardCost=cost ListPrice=price Weight=weight"),
    ("Product", "integer", "SafetyStockLevel=stock_level ReorderPoint=stock_level DaysToManufacture=days"),
    ("CreditCard", "text", "CardType=card_type CardNumber=card_number"),
    ("CreditCard", "integer", "ExpMonth=month ExpYear=year"),
    ("CurrencyRate", "text", "FromCurrencyCode=currency ToCurrencyCode=currency"),
    ("CurrencyRate", "decimal", "AverageRate=exchange_rate EndOfDayRate=exchange_rate"),
    ("SalesOrderHeader", "decimal", "SubTotal=amount TaxAmt=tax TotalDue=total"),
    ("SalesOrderHeader", "text", "SalesOrderNumber=reference CreditCardApprovalCode=code Comment=note"),
    ("SalesPerson", "decimal", "SalesQuota=large_money CommissionPct=rate SalesYTD=large_money"),
    ("SalesTerritory", "decimal", "CostLastYear=large_money"),
    ("ProductReview", "text", "EmailAddress=email Comments=note"),
    ("ProductReview", "integer", "Rating=rating"),
    ("SpecialOffer", "decimal", "DiscountPct=rate"),
    ("Vendor", "text", "PurchasingWebServiceURL=url AccountNumber=reference"),
    ("person", "text", "gender=gender"),
    ("patient", "text", "blood_type=blood_type"),
    ("location", "text", "city_village=city state_province=state county_district=county country=country"),
    ("concept", "text", "short_name=code version=version"),
    ("concept_name", "text", "locale=locale"),
    ("drug", "text", "name=drug strength=dosage"),
    ("obs", "float", "value_numeric=measurement"),
    ("obs", "text", "void_reason=reason comments=note"),
    ("obs", "integer", "voided=flag"),
    ("orders", "text", "urgency=priority instructions=note"),
    ("liquibasechangelog", "text", "FILENAME=file_name MD5SUM=hash"),
    ("diagnoses_icd", "text", "icd_code=diagnosis_code"),
    ("prescriptions", "text", "drug=drug route=route"),
    ("admissions", "text", "insurance=insurance_plan language=language marital_status=marital_status"),
    ("admissions", "text", "ethnicity=ethnicity"),
    ("patients", "integer", "anchor_age=age anchor_year=year"),
    ("users", "text", "user_agent=user_agent ip_address=ip timezone=timezone"),
    ("users", "text", "avatar_url=image_url bio=summary slug=slug"),
    ("users", "text", "encrypted_password=password reset_token=token display_name=display_name"),
    ("users", "inet", "current_sign_in_ip=ip"),
    ("users", "integer", "sign_in_count=count"),
    ("devices", "text", "mac_address=mac hostname=domain firmware_version=version serial_number=reference"),
    ("files", "text", "mime_type=mime file_name=file_name path=file_path sha1=hash"),
    ("files", "integer", "file_size=bytes width=dimension height=height"),
    ("stores", "float", "latitude=latitude longitude=longitude"),
    ("listings", "text", "currency=currency"),
    ("listings", "integer", "price_cents=price"),
    ("vehicles", "text", "license_plate=licence_plate vin=vin colour=colour"),
    ("books", "text", "isbn=isbn title=book publisher=company"),
    ("accounts", "text", "iban=iban swift_code=bic"),
    ("tickets", "text", "priority=priority subject=title status=status"),
    ("loans", "decimal", "interest_rate=rate principal=large_money"),
    ("requests", "integer", "status_code=http_status latency=milliseconds"),
    ("events", "integer", "created_ts=epoch"),
    ("flags", "boolean", "is_active=flag has_children=flag"),
    ("account", "text", "is_deleted=flag"),
)  # fmt: skip

FLAT = [(table, kind, *pair.split("=")) for table, kind, pairs in CASES for pair in pairs.split()]


def test_there_are_enough_names() -> None:
    assert len(FLAT) >= 150


@pytest.mark.parametrize(("table", "kind", "column", "expected"), FLAT)
def test_meaning(table: str, kind: TypeKind, column: str, expected: str) -> None:
    siblings = {"Employees": ["City", "Country"], "invoice": ["billing_city"], "customer": ["city"]}
    found = meaning(table, column, kind, siblings=siblings.get(table, ["city"] if column == "city" else []))
    assert found.name == expected, found
    assert found.why


@pytest.mark.parametrize(
    ("table", "column", "kind", "wrong"),
    [
        ("RealEstateLoans", "RealEstateLoans", "text", "state"),
        ("files", "sdv-pii-btwry", "text", "first_name"),
        ("products", "name", "text", "full_name"),
        ("jobs", "state", "text", "state"),
        ("customers", "city_id", "integer", "city"),
        ("users", "email_verified", "boolean", "email"),
        ("categories", "name", "text", "full_name"),
        ("customer_demographics", "customer_desc", "text", "full_name"),
        ("fields", "default_value", "text", "flag"),
        ("users", "phone_type", "text", "phone"),
        ("prices", "price_list_id", "integer", "price"),
    ],
)
def test_false_friends(table: str, column: str, kind: TypeKind, wrong: str) -> None:
    assert meaning(table, column, kind).name != wrong


def test_state_is_a_place_beside_an_address() -> None:
    assert meaning("jobs", "state", "text").name == "status"
    assert meaning("offices", "state", "text", siblings=["city", "zip"]).name == "state"


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("unitPrice", ("unit", "price")),
        ("EXTENDEDPRICE", ("extended", "price")),
        ("cust_addr2", ("customer", "address", "2")),
        ("IPAddress", ("ip", "address")),
        ("acctbal", ("account", "balance")),
        ("zipcode", ("postal", "code")),
        ("statement", ("statement",)),
        ("island", ("island",)),
        ("manage", ("manage",)),
    ],
)
def test_words(name: str, expected: tuple[str, ...]) -> None:
    assert words(name) == expected


def test_prefixes_of_the_table_are_dropped() -> None:
    assert column_words("partsupp", "ps_availqty") == ("avail", "quantity")
    assert column_words("orders", "o_orderdate") == ("order", "date")
    assert column_words("ssid", "is_active") == ("is", "active")
    assert table_head("RealEstateLoans") == "loan"
    assert table_head("public.companies") == "company"


def test_hash_of_names_is_frozen() -> None:
    """Plans must not move between versions: these numbers are part of the contract."""
    assert uniform("a", "b") == 0.9699142814205318
    assert uniform("a", "b") != uniform("ab")
