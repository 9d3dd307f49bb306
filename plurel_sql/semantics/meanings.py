"""The patterns that give a column its meaning, as data: one line per meaning (or per meaning and kind of table).

A pattern matches where the last words of the column's name are one of ``names``, its type is one of ``kinds`` and,
with ``of``, the thing it belongs to is one of those: the word before it (``supplier_name``), else the table's noun.
The longest match wins, then one with ``of``, then the earlier line.
"""

from __future__ import annotations

from typing import NamedTuple


class Pattern(NamedTuple):
    """See the module's text. ``kinds``: T text or enum, N number, B boolean, D date or time, J JSON, X binary, I inet."""

    meaning: str
    kinds: str
    names: tuple[tuple[str, ...], ...]
    of: frozenset[str] = frozenset()


PEOPLE = """actor admin agent applicant artist author borrower buyer candidate caregiver clerk client composer contact courier
    creator customer director doctor donor driver editor employee guest holder host instructor lead lecturer manager member
    nurse officer operator owner parent participant passenger patient payee payer people person physician pilot player
    practitioner professor profile recipient referee reporter rep representative researcher reviewer sender
    signatory signer singer speaker staff student subscriber teacher technician tenant trainer user visitor worker writer
    provider caller assignee approver recorder requester voter beneficiary attendee graduate musician"""
FIRMS = """airline account bank brand business company carrier client corporation employer enterprise firm institution
    insurer manufacturer maker merchant organization partner producer publisher reseller seller shipper supplier
    vendor retailer distributor sponsor store shop studio agency operator label payer lender broker tenant"""
PRODUCTS = "product item part article merchandise good sku stock model asset inventory device equipment accessory bike"
PLACES = (
    "address branch location office site store warehouse customer supplier vendor employee person contact hotel airport"
)

_TABLE: tuple[tuple[str, str, str, str], ...] = (
    # people
    ("first_name", "T", "first name|given name|name first|fore name|christian name", ""),
    ("last_name", "T", "last name|family name|name last|sur name|maiden name", ""),
    ("middle_name", "T", "middle name|middle initial|name middle|initials", ""),
    (
        "full_name",
        "T",
        "full name|real name|legal name|person name|name on card|card holder|composer|author|contact|clerk|attention|signed by|head of state|preferred name|responsible person|holder name",
        "",
    ),
    ("full_name", "T", "name", PEOPLE),
    (
        "username",
        "T",
        "username|user name|user login|screen name|login|login name|login id|nickname|handle|nick|alias name|created user|modified user|created by|updated by|changed by|entered by|last updated by|modified by|author name",
        "",
    ),
    ("display_name", "T", "display name", PEOPLE),
    ("gender", "TNB", "gender", ""),
    ("honorific", "T", "salutation|honorific|title of courtesy|name prefix|courtesy title|name title", ""),
    ("honorific", "T", "prefix", PEOPLE),
    ("name_suffix", "T", "name suffix", ""),
    ("name_suffix", "T", "suffix", PEOPLE),
    ("email", "T", "email|e mail|mail|email address|mail address|e mail address|reply to|work email", ""),
    ("phone", "TN", "phone|phone number|phone no|fax|fax number|cell|home phone|work phone|contact number|msisdn", ""),
    ("phone_extension", "TN", "extension|phone extension", PEOPLE),
    ("job_title", "T", "job title|job|occupation|profession|contact title|position title|job name|designation", ""),
    ("job_title", "T", "title|position", "employee staff contact person worker officer"),
    ("department", "T", "department|department name|division|team name|unit name|cost center", ""),
    ("department", "T", "name", "department division"),
    ("marital_status", "T", "marital status|civil status", ""),
    ("education", "T", "education|education status|education level|degree|qualification", ""),
    ("ethnicity", "T", "ethnicity|race|ethnic group", ""),
    ("religion", "T", "religion", ""),
    ("nationality", "T", "nationality|citizenship", ""),
    (
        "national_id",
        "T",
        "ssn|social security number|national id|tax id|passport number|passport|national id number|vat number|personal id",
        "",
    ),
    # places
    (
        "street",
        "T",
        "street|address|street address|address 1|address line 1|street 1|line 1|street name|address line|address 01|mailing address",
        "",
    ),
    (
        "street2",
        "T",
        "address 2|address line 2|street 2|line 2|address 3|address line 3|suite|suite number|apartment|unit number|apt",
        "",
    ),
    ("house_number", "TN", "house number|street number|building number", ""),
    (
        "city",
        "T",
        "city|town|city name|municipality|birth place|place of birth|hometown|city village|destination|origin city",
        "",
    ),
    ("city", "T", "name", "city town municipality"),
    (
        "state",
        "T",
        "state|province|state province|state name|province name|state code|province code|state province code|state region",
        "",
    ),
    ("state", "T", "name|code", "state province"),
    ("state", "T", "region|district", PLACES),
    ("county", "T", "county|county district|county name|district", ""),
    ("postal_code", "TN", "postal code|zip|zip 4|post code|zip code", ""),
    ("country", "T", "country|country name|country region|country of origin|nation|country region name", ""),
    ("country", "T", "name", "country nation"),
    (
        "country_code",
        "T",
        "country code|country iso|iso country|country region code|iso 2|iso 3|iso code 2|iso alpha 2|alpha 2|alpha 3|iso code 3|country iso code",
        "",
    ),
    ("country_code", "T", "code|iso code", "country nation"),
    ("calling_code", "TN", "calling code|phone code|dial code|country prefix|dialing code", ""),
    (
        "region",
        "T",
        "region|region name|continent|territory|territory name|area name|subregion|zone name|region description|territory description|sales region",
        "",
    ),
    ("region", "T", "name|description", "region territory continent zone area"),
    ("latitude", "N", "latitude", ""),
    ("longitude", "N", "longitude", ""),
    (
        "coordinates",
        "T",
        "coordinates|geo|lat long|geolocation|geo location|gps|gps coordinates|latitude longitude",
        "",
    ),
    ("timezone", "T", "timezone|time zone|timezone name|time zone name", ""),
    ("gmt_offset", "N", "gmt offset|utc offset|timezone offset", ""),
    ("airport_code", "T", "airport code|iata|iata code|icao|icao code|airport", ""),
    # organisations and products
    (
        "company",
        "T",
        "company|company name|organization|organization name|business name|employer|account name|merchant name|institution|manufacturer|vendor|supplier|publisher|insurance|insurer|sponsor|studio|record label|firm|ship name|bank name|bank",
        "",
    ),
    ("company", "T", "name|legal name", FIRMS),
    ("brand", "T", "brand|make|manufacturer name|brand name", ""),
    ("product", "T", "product|product name|item name|part name|model name|article name", ""),
    ("product", "T", "name|title|label", PRODUCTS),
    ("model", "T", "model|model number|device model|product model|vehicle model", ""),
    ("colour", "T", "colour|colour name|background colour|text colour|fill colour", ""),
    ("size_label", "T", "size|size code|clothing size", PRODUCTS),
    (
        "unit",
        "T",
        "unit|units|unit of measure|value unit|value uom|dose unit|measurement unit|unit measure|unit measure code|unit name",
        "",
    ),
    ("unit", "T", "name|code|abbreviation", "unit measure"),
    ("container", "T", "container|packaging|package type|package|quantity per unit", ""),
    ("material", "T", "material|fabric", ""),
    ("film", "T", "title|name", "film movie video show episode scene"),
    ("song", "T", "title|name", "track song album recording playlist single"),
    ("book", "T", "title|name", "book publication edition"),
    ("genre", "T", "genre|genre name|music genre", ""),
    ("genre", "T", "name", "genre"),
    ("dish", "T", "dish|meal|menu item|recipe name", ""),
    ("dish", "T", "name|title", "dish meal recipe food menu ingredient"),
    ("university", "T", "university|school|college|school name|alma mater", ""),
    ("university", "T", "name", "university school college faculty campus"),
    ("sport_team", "T", "team", ""),
    ("sport_team", "T", "name", "team club franchise constructor"),
    ("vehicle", "T", "vehicle|car|vehicle name", ""),
    ("vehicle", "T", "name|model", "vehicle car truck"),
    ("aircraft", "T", "aircraft|aircraft type|aircraft model|equipment type", ""),
    ("aircraft", "T", "name|model", "aircraft airplane plane"),
    # codes and references
    (
        "code",
        "T",
        "code|short code|abbreviation|abbrev|symbol|mnemonic|short name|acronym|codes|tracking id|external id|shop code|store code",
        "",
    ),
    (
        "sku",
        "T",
        "sku|product code|product number|item code|part number|stock code|item number|article number|upc|ean|barcode|gtin|catalog number",
        "",
    ),
    (
        "reference",
        "T",
        "number|no|reference|reference number|order number|invoice number|account number|confirmation number|serial number|serial|tracking number|receipt number|customer number|document number|po number|purchase order number|ticket number|case number|member number|policy number|contract number|transaction number|batch number|lot number|check number|registration number|accession|id|identifier|accession number|external reference|license number|code number|transaction id|payment id",
        "",
    ),
    ("slug", "T", "slug|permalink|handle name|url slug|url key|seo name|url name|page name", ""),
    ("isbn", "T", "isbn|isbn 10|isbn 13|issn", ""),
    ("iban", "T", "iban|bank account|bank account number|iban number", ""),
    ("bic", "T", "bic|swift|swift code|bic code|swift bic", ""),
    ("card_number", "TN", "card number|credit card|credit card number|cc number|card no|pan", ""),
    ("card_type", "T", "card type|card brand|credit card type|card network", ""),
    ("card_last4", "TN", "last 4|last four|card last 4|last 4 digits", ""),
    ("licence_plate", "T", "license plate|plate|plate number|number plate|registration plate|vehicle registration", ""),
    ("vin", "T", "vin|vehicle identification number|chassis number", ""),
    ("diagnosis_code", "T", "icd|icd code|icd 9 code|icd 10 code|icd 9|icd 10|diagnosis code|icd 9 cm|icd 10 cm", ""),
    (
        "diagnosis",
        "T",
        "diagnosis|diagnosis name|disease|condition|condition name|indication|admission diagnosis|medical condition|cause of death|complaint|chief complaint",
        "",
    ),
    ("diagnosis", "T", "name", "diagnosis disease disorder condition symptom"),
    (
        "drug",
        "T",
        "drug|drug name|medication|medication name|medicine|generic name|drug name generic|drug name poe",
        "",
    ),
    ("drug", "T", "name", "drug medication medicine vaccine"),
    ("dosage", "T", "dosage|dose|strength|prod strength|dose value|dose val rx", ""),
    (
        "route",
        "T",
        "route|route of administration",
        "prescription drug medication order inputevent emar administration",
    ),
    ("blood_type", "T", "blood type|blood group", ""),
    ("stock_ticker", "T", "ticker|stock symbol|ticker symbol|trading symbol", ""),
    # the net and machines
    (
        "url",
        "T",
        "url|link|website|web site|homepage|home page|site url|web|web page|blog|callback url|endpoint|redirect url|referrer|referer|web address",
        "",
    ),
    (
        "image_url",
        "T",
        "image url|photo url|avatar url|logo url|avatar|thumbnail|thumbnail url|picture url|image link|icon url|banner|gravatar url",
        "",
    ),
    (
        "domain",
        "T",
        "domain|domain name|hostname|host|host name|server name|server|fqdn|email domain|dns name|machine name|computer name",
        "",
    ),
    (
        "ip",
        "TI",
        "ip|ip address|remote address|client ip|remote ip|user ip|ipaddr|ipaddress|sign in ip|gateway|netmask|ip 4|ip v4",
        "",
    ),
    ("mac", "T", "mac|mac address|macaddr|hw address|macaddress|hardware address", ""),
    ("user_agent", "T", "user agent|http user agent|browser agent", ""),
    ("browser", "T", "browser|browser name", ""),
    ("os", "T", "os|operating system|os name|platform", ""),
    ("http_method", "T", "http method|request method|http verb", ""),
    ("http_status", "NT", "http status|status code|response code|http code|http status code|response status", ""),
    ("port", "N", "port|port number|server port|smtp port", ""),
    ("file_name", "T", "file name|document name|attachment name|filename|attachment|file|original name|image name", ""),
    (
        "file_path",
        "T",
        "path|file path|folder|directory|photo path|location path|full path|storage path|filepath|key path",
        "",
    ),
    ("image_path", "T", "image|photo|picture|logo|icon|cover", ""),
    ("mime", "T", "mime|mime type|content type|media type|file type", ""),
    ("file_extension", "T", "file extension|extension", "file document attachment media image"),
    ("hash", "T", "hash|digest|checksum|md5|sha|sha1|sha 1|sha 256|sha256|fingerprint|etag|signature|sha512|sum", ""),
    (
        "password",
        "T",
        "password|password hash|encrypted password|password digest|hashed password|crypted password|password salt|salt",
        "",
    ),
    (
        "token",
        "T",
        "token|access token|refresh token|api key|secret|session key|session id|auth token|reset token|confirmation token|secret key|nonce|api token|private key|public key|client secret|cookie|session token",
        "",
    ),
    ("version", "T", "version|app version|software version|release version|firmware version|release", ""),
    ("uuid", "T", "uuid|guid|rowguid|row guid", ""),
    ("language", "T", "language|language name", ""),
    ("language", "T", "name", "language"),
    ("language_code", "T", "language code|iso 639|iso 639 1|locale language", ""),
    ("locale", "T", "locale|culture|locale code", ""),
    (
        "currency",
        "T",
        "currency|currency code|iso currency|currency iso|from currency code|to currency code|currency symbol code",
        "",
    ),
    ("currency", "T", "code", "currency"),
    ("currency_name", "T", "currency name", ""),
    ("currency_name", "T", "name", "currency"),
    (
        "json",
        "T",
        "json|settings json|payload|metadata|properties|config json|data json|attributes json|extra data",
        "",
    ),
    ("regex", "T", "regex|regexp|regular expression", ""),
    (
        "table_name",
        "T",
        "table name|tablename|entity type|object type|model type|owner type|source type|resource type|class name",
        "",
    ),
    ("column_name", "T", "column name|field name|attribute name|property name|parameter name|variable name", ""),
    # states and kinds
    (
        "status",
        "TN",
        "status|stage|phase|order status|line status|current status|workflow state|condition status|disposition|result|outcome|state",
        "",
    ),
    ("status", "T", "name", "status stage"),
    ("type", "TN", "type|kind|class|type code|type name|format|mode|strategy|direction|scope|nature|variant", ""),
    ("type", "T", "name", "type kind class mode"),
    (
        "category",
        "TN",
        "category|category name|group name|subcategory|segment|market segment|family|sector|industry|theme|category code|product line|department group|product category|cluster",
        "",
    ),
    ("category", "T", "name|title", "category subcategory group segment family sector industry class"),
    ("tag", "T", "tag|tag name|keyword|tags|keywords|labels|interests", ""),
    ("tag", "T", "name|label", "tag keyword topic label feature amenity skill"),
    (
        "priority",
        "TN",
        "priority|severity|urgency|order priority|importance|criticality|ship priority|risk level|risk",
        "",
    ),
    ("priority", "T", "name", "priority severity urgency"),
    (
        "level",
        "TN",
        "level|grade|tier|rank level|log level|experience level|membership level|membership|plan name|subscription plan|plan",
        "",
    ),
    ("role", "T", "role|role name|user role|access level|permission|user type|account type", ""),
    ("role", "T", "name", "role permission privilege"),
    (
        "payment_method",
        "T",
        "payment method|payment type|pay method|method of payment|payment mode|payment method name|tender type",
        "",
    ),
    ("payment_method", "T", "name|method", "payment"),
    (
        "ship_mode",
        "T",
        "ship mode|shipping method|ship method|delivery method|shipment method|carrier name|ship via|shipping mode|ship instruct|delivery instructions",
        "",
    ),
    (
        "source",
        "T",
        "source|channel|utm source|referral source|lead source|origin|medium|utm medium|campaign source|acquisition channel|sales channel",
        "",
    ),
    (
        "reason",
        "T",
        "reason|cancellation reason|void reason|retire reason|return reason|reason code|reason description|closed reason|change reason",
        "",
    ),
    ("action", "T", "action|event type|event name|operation|activity|activity type|action type|verb|event", ""),
    ("frequency", "T", "frequency|interval name|recurrence|periodicity|billing cycle|schedule|billing period", ""),
    ("weekday", "T", "weekday|day of week|day name|week day|day name of week", ""),
    ("month_name", "T", "month|month name", ""),
    ("quarter_name", "T", "quarter|quarter name", ""),
    ("season", "T", "season", ""),
    ("film_rating", "T", "rating|mpaa rating", "film movie show title"),
    ("priority", "T", "rating|rank", ""),
    (
        "flag",
        "TN",
        "flag|yn|y n|indicator|active|enabled|deleted|disabled|voided|retired|archived|locked|visible|hidden|published|verified|approved|required|default|readonly|read only|public|private|preferred|discontinued|is|suspended|banned|featured|completed|processed|confirmed|cancelled|finished|open|closed|available|valid|primary|obsolete|enabled flag",
        "",
    ),
    # prose
    (
        "title",
        "T",
        "title|subject|headline|heading|caption|short description|short title|long name|subject line|topic",
        "",
    ),
    (
        "description",
        "T",
        "description|details|about|abstract|long description|definition|purpose|synopsis|overview|specification|full description|storyline|blurb",
        "",
    ),
    (
        "note",
        "T",
        "comment|note|notes|comments|remark|remarks|observation|memo|instructions|message|special instructions|annotation|feedback|review text|reply|response|answer|error message|log message|status message",
        "",
    ),
    (
        "body",
        "T",
        "body|content|text|contents|article|message body|html|full text|body text|content text|source code|biography|transcript|long text|document text|letter",
        "",
    ),
    ("summary", "T", "summary|bio|excerpt|tagline|slogan|motto|brief|intro|review|recommendation|quote", ""),
    ("question", "T", "question|query text", ""),
    ("name", "T", "name|label|display name|display|names|alias|common name|short label", ""),
    # money
    (
        "price",
        "N",
        "price|unit price|list price|retail price|sale price|price each|msrp|buy price|sell price|standard price|extended price|offer|bid|rental rate|hourly rate|daily rate|room rate|price per unit|fare|rent",
        "",
    ),
    (
        "cost",
        "N",
        "cost|unit cost|standard cost|supply cost|replacement cost|average cost|purchase price|wholesale cost|landed cost",
        "",
    ),
    (
        "amount",
        "N",
        "amount|subtotal|sub total|payment|paid|amount paid|amount due|charge|charges|revenue|gross|net|value amount|sales|net amount|deposit|refund|debit|credit|payment amount|sales amount|credit amount|debit amount",
        "",
    ),
    (
        "total",
        "N",
        "total|grand total|total price|total amount|order total|total due|line total|invoice total|total charge|net total|gross total|total cost",
        "",
    ),
    ("balance", "N", "balance|account balance|current balance|opening balance|closing balance|outstanding", ""),
    (
        "large_money",
        "N",
        "budget|limit|credit limit|loan amount|assets|capital|funding|valuation|market cap|principal|sales ytd|sales last year|cost last year|last year|quota|cost ytd|income|net worth|purchase estimate|turnover|sales quota|year to date|ytd payment",
        "",
    ),
    ("salary", "N", "salary|wage|annual salary|base salary|compensation|annual income|yearly income|pay rate", ""),
    ("tax", "N", "tax|tax amount|vat|sales tax|tax total|vat amount|duty|gst", ""),
    (
        "fee",
        "N",
        "fee|freight|shipping|shipping cost|shipping fee|surcharge|tip|commission amount|late fee|service fee|postage|commission|bonus|penalty|fine|ship cost|delivery fee",
        "",
    ),
    ("discount", "N", "discount|discount amount|rebate|coupon amount|discount value|savings", ""),
    (
        "rate",
        "N",
        "rate|ratio|percentage rate|tax rate|discount rate|interest rate|fraction|proportion|share|probability|confidence|utilization|efficiency|margin|growth|conversion rate|commission percent|discount percent|tax percent|percent|percentage|completion|progress",
        "",
    ),
    ("exchange_rate", "N", "exchange rate|conversion factor|end of day rate|average rate|fx rate|currency rate", ""),
    # counts and measures
    (
        "quantity",
        "N",
        "quantity|order quantity|quantity ordered|units|pieces|units sold|quantity sold|items|ordered|received quantity|guests|seats|adults|passengers|rooms|received|rejected|picked",
        "",
    ),
    (
        "stock_level",
        "N",
        "stock|on hand|quantity on hand|units in stock|in stock|available quantity|stock quantity|inventory|units on order|reorder level|reorder point|safety stock level|stock level|safety stock|available|avail quantity|quantity in stock|quantity on order|reserved",
        "",
    ),
    (
        "count",
        "N",
        "count|counts|number of|hits|views|likes|clicks|downloads|visits|attempts|retries|votes|followers|impressions|shares|replies|plays|errors|failures|usage|logins|occurrences|frequency|view count|points|upvotes|downvotes|comments|reads|writes|sign in count|total count|failed attempts",
        "",
    ),
    (
        "capacity",
        "N",
        "capacity|max capacity|seats total|beds|max|maximum|minimum|min|max quantity|max users|threshold|max value|min value|max count|size limit|seat count|max attempts",
        "",
    ),
    ("population", "N", "population", ""),
    (
        "rating",
        "N",
        "rating|stars|star rating|average rating|overall rating|satisfaction|review rating|rating value",
        "",
    ),
    (
        "score",
        "N",
        "score|grade|mark|total score|final score|test score|result value|gpa|points score|rank score|credit score",
        "",
    ),
    (
        "rank",
        "N",
        "rank|position|sort order|sequence|ordinal|display order|order|sort|sequence number|line number|row number|index|sort key|order index|weight order|step number|place|line no|rank order|item number|line item|priority order",
        "",
    ),
    ("age", "N", "age|age years|patient age|customer age|age at admission|age in years|anchor age|current age", ""),
    (
        "year",
        "N",
        "year|release year|fiscal year|birth year|model year|anchor year|year of birth|publication year|year built|start year|end year|year founded|publish year|season year|calendar year|copyright year|begin year|card exp year|exp year",
        "",
    ),
    ("quarter", "N", "quarter|fiscal quarter|quarter of year|calendar quarter", ""),
    (
        "month",
        "N",
        "month|month of year|birth month|month number|fiscal month|exp month|expiry month|start month|end month|begin month|month of birth|month no|calendar month|month number of year|month seq",
        "",
    ),
    ("week", "N", "week|week number|week of year|iso week|fiscal week|calendar week|week no|week number of year", ""),
    (
        "day",
        "N",
        "day|day of month|birth day|day number|day of birth|start day|end day|dom|begin day|due day|day number of month",
        "",
    ),
    ("weekday_number", "N", "day of week|weekday|dow|day number of week|week day|iso weekday", ""),
    ("day_of_year", "N", "day of year|doy|day number of year|julian day", ""),
    ("hour", "N", "hour|hours of day|start hour|hour of day|end hour", ""),
    ("minute", "N", "minute|minute of hour", ""),
    (
        "days",
        "N",
        "days|duration days|lead time|rental duration|days to manufacture|length of stay|los|age days|term days|retention days|stay|delay days|nights|days supply|lifetime days|grace period",
        "",
    ),
    (
        "hours",
        "N",
        "hours|duration hours|labor hours|hours worked|work hours|resource hours|flight hours|estimated hours|vacation hours|sick leave hours|actual resource hours|resource hr|actual resource hour",
        "",
    ),
    (
        "minutes",
        "N",
        "minutes|duration minutes|runtime|run time|runtime minutes|length minutes|duration min|delay minutes|air time|delay|travel time",
        "",
    ),
    ("minutes", "N", "length|duration", "film movie video lesson episode show session appointment"),
    (
        "seconds",
        "N",
        "seconds|duration|elapsed|timeout|interval|ttl|duration seconds|wait time|elapsed time|duration sec|sec|elapsed seconds|total time|period|response seconds|uptime",
        "",
    ),
    (
        "milliseconds",
        "N",
        "milliseconds|latency|response time|duration milliseconds|execution time|processing time|elapsed milliseconds|latency milliseconds",
        "",
    ),
    (
        "epoch",
        "N",
        "timestamp|epoch|unix time|unix timestamp|created|created at|updated at|modified at|created time|updated time|created timestamp|updated timestamp|time|clock|last login|last access|time created|time modified|tstamp|create time|update time|created date|ts|date|updated|expires|expires at|deleted at|time stamp|event time|creation time",
        "",
    ),
    (
        "weight",
        "N",
        "weight|body weight|weight kg|gross weight|net weight|shipping weight|patient weight|mass|freight weight|admission weight",
        "",
    ),
    ("height", "N", "height|body height|height cm|patient height|admission height|stature", ""),
    (
        "dimension",
        "N",
        "width|depth|length|dimension|diameter|thickness|radius|perimeter|x|y|z|height pixels|width pixels|img width|img height|x coord|y coord|resolution",
        "",
    ),
    (
        "dimension",
        "N",
        "height",
        "image photo picture product package window frame monitor media box layout widget dashboard",
    ),
    ("area", "N", "area|square feet|square meters|surface|acreage|sqft|floor area|land area|surface area", ""),
    ("volume", "N", "volume|cubic volume", ""),
    ("distance", "N", "distance|mileage|kilometers|miles|range|odometer|distance km|elevation|altitude|kms", ""),
    (
        "bytes",
        "N",
        "bytes|file size|size bytes|content length|memory|disk space|bytes sent|image size|total size|total bytes|storage|byte count|filesize|octets|upload size|page size|used space",
        "",
    ),
    ("bytes", "N", "size|length", "file image document attachment media blob object upload download artifact archive"),
    (
        "size",
        "N",
        "size|shoe size|number of employees|employees|part size|team size|group size|party size|sample size|company size|batch size",
        "",
    ),
    ("temperature", "N", "temperature|temp celsius|temp", ""),
    ("heart_rate", "N", "heart rate|pulse|bpm|pulse rate", ""),
    ("blood_pressure", "N", "systolic|diastolic|blood pressure|bp systolic|bp diastolic", ""),
    ("bmi", "N", "bmi|body mass index", ""),
    ("speed", "N", "speed|velocity|wind speed|max speed|bandwidth|throughput", ""),
    (
        "version_number",
        "N",
        "version|version number|lock version|row version|schema version|revision number|opt lock|optimistic lock|object version|record version",
        "",
    ),
    (
        "identifier",
        "N",
        "id|identifier|number|no|key|code|sk|account number|invoice number|order number|guid number|reference number|oid|pid|uid|gid|reference",
        "",
    ),
    (
        "measurement",
        "N",
        "value|measure|measurement|reading|value number|metric|value numeric|result numeric|observation value|data value|val|factor|coefficient|weighting|lower|upper|intensity|level value",
        "",
    ),
)


def _patterns() -> tuple[Pattern, ...]:
    return tuple(
        Pattern(meaning, kinds, tuple(tuple(name.split()) for name in names.split("|")), frozenset(of.split()))
        for meaning, kinds, names, of in _TABLE
    )


PATTERNS: tuple[Pattern, ...] = _patterns()
