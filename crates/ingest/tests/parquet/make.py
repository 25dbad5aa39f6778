"""Writes the Parquet files of this folder with pyarrow 26: types that the Rust writer of the tests cannot write.

python make.py
"""
import datetime as dt
import decimal

import pyarrow as pa
import pyarrow.parquet as pq

D = decimal.Decimal
UTC = dt.timezone.utc
DAY = dt.date(2026, 6, 1)
MOMENT = dt.datetime(2026, 6, 1, 23, 59, 58)


def moments(unit, zone=None):
    return pa.array([MOMENT, None, MOMENT], pa.timestamp("us")).cast(pa.timestamp(unit)).cast(
        pa.timestamp(unit, zone)
    )


def decimals(make, *texts):
    return pa.array([D(texts[0]), None, D(texts[1])], make)


def category(index, ordered=False):
    return pa.array(["VM", None, "VM"]).cast(pa.dictionary(index, pa.string(), ordered))


def kinds():
    """Three rows of every kind of column, the second without a value."""
    columns = {
        # Days and moments, all of them 2026-06-01.
        "day_date32": pa.array([DAY, None, DAY], pa.date32()),
        "day_date64": pa.array([DAY, None, DAY], pa.date64()),
        "moment_s": moments("s"),
        "moment_ms": moments("ms"),
        "moment_us": moments("us"),
        "moment_ns": moments("ns"),
        "moment_utc": moments("us", "UTC"),
        "moment_Z": moments("us", "Z"),
        "moment_tzutc": moments("us", "tzutc()"),
        "moment_offset": moments("us", "+02:00"),
        "moment_named": moments("ns", "Europe/Berlin"),
        # Amounts, all of them 7.
        "amount_int8": pa.array([7, None, 7], pa.int8()),
        "amount_int16": pa.array([7, None, 7], pa.int16()),
        "amount_int32": pa.array([7, None, 7], pa.int32()),
        "amount_int64": pa.array([7, None, 7], pa.int64()),
        "amount_uint8": pa.array([7, None, 7], pa.uint8()),
        "amount_uint16": pa.array([7, None, 7], pa.uint16()),
        "amount_uint32": pa.array([7, None, 7], pa.uint32()),
        "amount_uint64": pa.array([7, None, 7], pa.uint64()),
        "amount_half": pa.array([7, None, 7], pa.float16()),
        "amount_float": pa.array([7, None, 7], pa.float32()),
        "amount_double": pa.array([7, None, 7], pa.float64()),
        "amount_decimal32": decimals(pa.decimal32(9, 4), "7", "7"),
        "amount_decimal64": decimals(pa.decimal64(18, 4), "7", "7"),
        "amount_decimal128": decimals(pa.decimal128(38, 20), "7", "7"),
        "amount_decimal256": decimals(pa.decimal256(76, 40), "7", "7"),
        "amount_text": pa.array(["7", None, "7.0"]),
        "amount_dictionary": pa.array([7.0, None, 7.0]).dictionary_encode(),
        # Texts, all of them VM.
        "text_string": pa.array(["VM", None, "VM"], pa.string()),
        "text_large": pa.array(["VM", None, "VM"], pa.large_string()),
        "text_view": pa.array(["VM", None, "VM"], pa.string_view()),
        "text_binary": pa.array([b"VM", None, b"VM"], pa.binary()),
        "text_large_binary": pa.array([b"VM", None, b"VM"], pa.large_binary()),
        "text_fixed": pa.array([b"VM", None, b"VM"], pa.binary(2)),
        "text_category8": category(pa.int8()),
        "text_category16": category(pa.int16()),
        "text_category32": category(pa.int32(), True),
        "text_category64": category(pa.int64()),
        # Tags, all of them with the team red.
        "tags_map": pa.array([[("team", "red"), ("lone", None)], None, [("team", "red")]], pa.map_(pa.string(), pa.string())),
        "tags_list": pa.array(
            [[{"key": "team", "value": "red"}], None, [{"key": "team", "value": "red"}]],
            pa.list_(pa.struct([("key", pa.string()), ("value", pa.string())])),
        ),
        "tags_struct": pa.array(
            [{"team": "red", "lone": None}, None, {"team": "red", "lone": None}],
            pa.struct([("team", pa.string()), ("lone", pa.string())]),
        ),
        "tags_json": pa.array(['{"team":"red"}', None, '{"team":"red"}'], pa.json_()),
        # Others.
        "other_uuid": pa.array([bytes(range(16)), None, bytes(range(16))], pa.uuid()),
        "other_bool": pa.array([True, None, False]),
        "other_null": pa.nulls(3),
        "other_time": pa.array([dt.time(1, 2, 3), None, dt.time(1, 2, 3)], pa.time64("us")),
        "other_duration": pa.array([1, None, 1], pa.duration("s")),
        "other_list": pa.array([[1, 2], None, [3]], pa.list_(pa.int64())),
        "other_fixed_list": pa.array([[1, 2], None, [3, 4]], pa.list_(pa.int64(), 2)),
        "other_bytes": pa.array([b"\xff\xfe", None, b"\x00"], pa.binary()),
        "other_nested": pa.array([{"a": {"b": [True]}}, None, {"a": {"b": []}}]),
    }
    pq.write_table(pa.table(columns), "kinds.parquet")


def charges():
    """FOCUS charges of 10.5 a day on three days, as data frames and other clouds write them."""
    days = [dt.datetime(2026, 6, day) for day in (1, 2, 3)]
    table = pa.table(
        {
            "BilledCost": pa.array([10.5] * 3),
            "BillingCurrency": pa.array(["EUR"] * 3).dictionary_encode(),
            "ChargePeriodStart": pa.array(days, pa.timestamp("us", "Z")),
            "ChargeCategory": pa.array(["Usage"] * 3).dictionary_encode(),
            "SubAccountId": pa.array(["/subscriptions/0b1c2d3e-4f50-6172-8394-a5b6c7d8e9f0"] * 3),
            "ServiceName": pa.array(["VM", "VM", "Disk"]).cast(pa.dictionary(pa.int16(), pa.string(), True)),
            "Tags": pa.array(
                [[("Team", "red")], [("team", None)], []], pa.map_(pa.string(), pa.string())
            ),
            # Columns that nobody asks for.
            "x_Id": pa.array([bytes(range(16))] * 3, pa.uuid()),
            "x_Json": pa.array(["{}"] * 3, pa.json_()),
            "x_Pair": pa.array([[1, 2]] * 3, pa.list_(pa.int64(), 2)),
            "x_Price": pa.array([D("1." + "3" * 40)] * 3, pa.decimal256(76, 60)),
            "x_Bytes": pa.array([b"\xff"] * 3),
        }
    )
    pq.write_table(table, "charges.parquet")


def encodings():
    """The same text and number under every codec, in pages of the second version, by other encodings."""
    codecs = ["none", "snappy", "gzip", "brotli", "lz4", "zstd"]
    table = pa.table(
        {f"text_{codec}": pa.array(["VM", None, "Disk"]) for codec in codecs}
        | {f"number_{codec}": pa.array([1, None, 300]) for codec in codecs}
    )
    named = {f"{kind}_{codec}": codec for kind in ("text", "number") for codec in codecs}
    encoded = {f"text_{codec}": "DELTA_BYTE_ARRAY" for codec in codecs}
    encoded |= {f"number_{codec}": "DELTA_BINARY_PACKED" for codec in codecs}
    for name, more in [("codecs", {}), ("delta", {"use_dictionary": False, "column_encoding": encoded})]:
        pq.write_table(table, f"{name}.parquet", compression=named, data_page_version="2.0", **more)


def others():
    moment = pa.array([MOMENT, None, dt.datetime(9999, 12, 31)], pa.timestamp("us"))
    pq.write_table(pa.table({"moment": moment}), "int96.parquet", use_deprecated_int96_timestamps=True)
    table = pa.table({"text": ["a", "b"]})
    with pq.ParquetWriter("groups.parquet", table.schema) as writer:
        for part in (table.slice(0, 0), table.slice(0, 1), table.slice(0, 0), table.slice(1)):
            writer.write_table(part)
    ids = pa.array(["oven", "shop"] * 2).cast(pa.dictionary(pa.int8(), pa.string()))
    days = pa.array([DAY, DAY, DAY + dt.timedelta(1), DAY + dt.timedelta(1)])
    values = pa.array([D("5"), D("7"), None, D("7.5")], pa.decimal128(9, 2))
    stamps = days.cast(pa.timestamp("ns"))
    pq.write_table(pa.table({"unique_id": ids, "ds": days, "y": values, "stamp": stamps}), "series.parquet")


kinds()
charges()
encodings()
others()
