"""Names as words: how ``L_EXTENDEDPRICE``, ``unitPrice`` and ``cust_addr2`` become words that patterns can match."""

from __future__ import annotations

import hashlib
import re
from functools import lru_cache

_ABBREVIATED = """
    addr=address adr=address qty=quantity amt=amount desc=description descr=description dsc=description cd=code
    dt=date nbr=number num=number numb=number pct=percent perc=percent ind=flag flg=flag cnt=count ct=count
    acct=account acc=account bal=balance mktg=marketing mkt=market mfgr=manufacturer mfg=manufacturer cust=customer
    emp=employee dept=department prod=product cat=category org=organization tel=phone telephone=phone mobile=phone
    cellphone=phone fname=first_name lname=last_name mname=middle_name dob=birth_date msg=message pwd=password
    passwd=password pass=password lat=latitude lng=longitude lon=longitude curr=currency ccy=currency lang=language
    tz=timezone img=image pic=picture seq=sequence ord=order stat=status sts=status typ=type avg=average max=maximum
    min=minimum tot=total yr=year mon=month mth=month hr=hour mins=minutes secs=seconds ms=milliseconds
    msec=milliseconds ver=version rev=revision ref=reference inv=inventory txn=transaction trx=transaction
    trans=transaction pmt=payment usr=user grp=group mgr=manager loc=location lvl=level prio=priority pri=priority
    zip=postal_code zipcode=postal_code postcode=postal_code postalcode=postal_code ctry=country cntry=country
    st=state uom=unit color=colour temp=temperature wt=weight ht=height len=length dur=duration freq=frequency
    tx=transaction sex=gender surname=last_name forename=first_name givenname=first_name familyname=last_name
    fullname=full_name firstname=first_name lastname=last_name middlename=middle_name timestamp=timestamp
    organisation=organization licence=license uri=url href=url useragent=user_agent filename=file_name
    mimetype=mime_type nickname=nickname prov=province mtime=updated_time ctime=created_time atime=access_time
"""
ABBREVIATIONS: dict[str, tuple[str, ...]] = {
    short: tuple(long.split("_")) for short, _, long in (pair.partition("=") for pair in _ABBREVIATED.split())
}


def word_set(text: str) -> frozenset[str]:
    """The words of ``text``, as a set: how word lists are written in this package."""
    return frozenset(text.split())


# Words that run together in names such as ORDERDATE or acctbal; a token is split only where all of it is such words.
GLUED = word_set(
    """account acct actor address addr admit amount amt available average avail bal balance base bill billing birth
    book brand build card cat category charge chart city class clerk client clock close code comment commit
    company contact container cost country count create created currency cust customer data date dept department
    desc description device disc discharge discount display dose drug due duration email employee end error
    event expire extended fee field file first flag flight full group hire home host image index insert instruct
    invoice item job key label language last latitude length level line link list load location lock login
    longitude mail mail market member middle mkt mode modified model month name node note number object open
    order organization owner page paid parent part passenger password path pay payment percent period person
    phone photo plan post postal price priority prod product profile project purchase qty quantity rank rate
    reason receipt received record ref region rental report request result retail return review role room row
    sale sales score seat segment send sent sequence serial service ship shipping short size source staff start
    state status step stock store street subject supp supplier supply table target tax team test text ticket
    time timestamp title token total track transaction transfer type unit update updated url user value vendor
    version view visit warehouse weight work year zip credit standard measure method reviewer history province scrap
    territory subcategory exp quota pay hours vacation sick leave login national extension shelf cart shopping safety
    lead received rejected ordered scrapped pct ytd hrs marital hash salt tracking approval web death care uom
    header detail
    organization original resource actual planned scheduled commission model shape insurance religion language category
    severity mortality drug dose route reading build"""
)
SHORT_GLUED = frozenset({"id", "no", "ip", "dt", "by", "at", "on"})
KEPT = frozenset({"address", "username", "hostname", "timestamp", "timezone", "database", "metadata", "nickname"})

_LONGEST = max(map(len, GLUED | SHORT_GLUED))

_BOUNDARY = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])|(?<=[A-Za-z])(?=[0-9])")


def singular(word: str) -> str:
    """``word`` in the singular, by the common English endings."""
    if word.endswith("ies") and len(word) > 4:
        return word[:-3] + "y"
    if word.endswith(("sses", "xes", "ches", "shes", "uses")):
        return word[:-2]
    if word in {"people", "persons"}:
        return "person"
    if word.endswith("s") and not word.endswith(("ss", "us", "is", "as", "news")):
        return word[:-1]
    return word


def _unglue(token: str) -> list[str]:
    """The fewest known words that make up ``token``; the token itself where there are none."""
    best: list[list[str] | None] = [[]] + [None] * len(token)
    for end in range(1, len(token) + 1):
        for start in range(max(0, end - _LONGEST), end):
            head, piece = best[start], token[start:end]
            known = piece in GLUED or (piece in SHORT_GLUED and start > 0 and end == len(token))
            if head is None or not known:
                continue
            found = best[end]
            if found is None or len(head) + 1 < len(found):
                best[end] = [*head, piece]
    return best[len(token)] or [token]


@lru_cache(maxsize=65_536)
def words(name: str) -> tuple[str, ...]:
    """The words of ``name`` in lower case, abbreviations written out, glued words split.

    There is at least one: a name without letters and digits is its own.

    Example: ``words("L_EXTENDEDPRICE") == ("l", "extended", "price")``.
    """
    out: list[str] = []
    for token in re.split(r"[\W_]+", _BOUNDARY.sub("_", name)):
        token = token.lower()
        if not token:
            continue
        pieces = [token] if token in KEPT or token in ABBREVIATIONS or token in GLUED else _unglue(token)
        for piece in pieces:
            out.extend(ABBREVIATIONS.get(piece, (piece,)))
    return tuple(out) or (name.lower(),)


@lru_cache(maxsize=65_536)
def column_words(table: str, column: str) -> tuple[str, ...]:
    """``words(column)`` without a prefix that only abbreviates the table (``o_`` in orders, ``ps_`` in partsupp,
    ``tbl``-like type marks such as ``str`` or ``vch`` too)."""
    found = words(column)
    if len(found) < 2:
        return found
    head, bare = (
        re.split(r"[\W_]+", _BOUNDARY.sub("_", column), maxsplit=1)[0].lower(),
        table.rpartition(".")[2].lower(),
    )
    if head in {"str", "vch", "txt", "int", "dbl", "bln", "dtm"} and not column.isupper():
        return found[1:]
    first = found[: len(words(head))]
    if len(head) <= 3 and head not in {"is", "has", "ip", "zip", "tax", "age", "day", "sex", "to", "no"}:
        rest = iter(re.sub(r"[\W_]", "", bare))
        if head and bare.startswith(head[0]) and all(letter in rest for letter in head):
            return found[len(first) :] or found
    return found


def table_head(table: str) -> str:
    """The noun a table is named for, in the singular: "loan" for ``RealEstateLoans``."""
    found = [word for word in words(table.rpartition(".")[2]) if not word.isdigit()]
    while len(found) > 1 and found[-1] in {"table", "tbl", "dim", "fact", "view", "tab", "master", "data", "info"}:
        found.pop()
    return singular(found[-1]) if found else ""


def uniform(*names: str) -> float:
    """A number in [0, 1) that depends on the names alone: the same in every process, version and platform."""
    digest = hashlib.blake2b("\x1f".join(names).encode(), digest_size=8).digest()
    return int.from_bytes(digest, "big") / 2**64
