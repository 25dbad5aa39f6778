//! What the columns of a Parquet file hold, by the types of Parquet itself.
//!
//! Writers store a second schema beside, that of Arrow, which says that a column is a dictionary, a
//! category, an extension type or has a time zone by a name of theirs. None of that changes a value, and
//! decoders stop at what they do not know of it, so it is not read at all.
//! Types: <https://github.com/apache/parquet-format/blob/master/LogicalTypes.md>.

use polars_arrow::datatypes::{ArrowDataType, Field, TimeUnit};
use polars_parquet::{
    parquet::schema::types::{IntegerType, PrimitiveType},
    read::{
        ParquetTimeUnit, ParquetType, PhysicalType, PrimitiveConvertedType, PrimitiveLogicalType,
        schema::parquet_to_arrow_schema,
    },
};

/// What the values of a column that is not nested mean.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Meaning {
    /// Text, or bytes that must be text.
    Text,
    /// Sixteen bytes of a GUID.
    Guid,
    /// A whole number.
    Whole,
    /// A floating-point number of four or eight bytes.
    Float,
    /// A floating-point number of two bytes.
    Half,
    /// A decimal number with so many digits after the point.
    Decimal(usize),
    /// Days since 1970-01-01.
    Day,
    /// A moment since 1970-01-01 (UTC), in so many parts of a second.
    Moment(i64),
    /// A time of day, in so many parts of a second.
    Clock(i64),
    /// True or false.
    Flag,
}

/// What a column holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Shape {
    /// One value.
    Leaf(Meaning),
    /// Any number of them.
    List(Box<Shape>),
    /// Keys with a value each: a map, or a list of structures of a key and a value.
    Map(Box<Shape>, Box<Shape>),
    /// Named values.
    Struct(Vec<(String, Shape)>),
}

/// How a column is decoded, and what it holds; `None` where its type is not known here.
pub(crate) fn column_type(field: &ParquetType) -> Option<(Field, Shape)> {
    let mut leaves = Vec::new();
    collect_leaves(field, &mut leaves);
    let schema = parquet_to_arrow_schema(std::slice::from_ref(field));
    let mut leaves = leaves.into_iter();
    let (_, decoded) = schema.iter().next()?;
    let column = adapted(decoded, &mut leaves)?;
    leaves.next().is_none().then_some(column)
}

/// How many columns of values lie below a field.
pub(crate) fn leaf_count(field: &ParquetType) -> usize {
    match field {
        ParquetType::PrimitiveType(_) => 1,
        ParquetType::GroupType { fields, .. } => fields.iter().map(leaf_count).sum(),
    }
}

fn collect_leaves<'a>(field: &'a ParquetType, leaves: &mut Vec<&'a PrimitiveType>) {
    match field {
        ParquetType::PrimitiveType(leaf) => leaves.push(leaf),
        ParquetType::GroupType { fields, .. } => {
            fields.iter().for_each(|field| collect_leaves(field, leaves));
        }
    }
}

/// The field with leaves as they are decoded here.
fn adapted<'a>(
    field: &Field,
    leaves: &mut impl Iterator<Item = &'a PrimitiveType>,
) -> Option<(Field, Shape)> {
    let (dtype, shape) = match field.dtype() {
        ArrowDataType::List(inner) | ArrowDataType::LargeList(inner) | ArrowDataType::Map(inner, _) => {
            let (inner, shape) = adapted(inner, leaves)?;
            (ArrowDataType::LargeList(Box::new(inner)), pairs(shape))
        }
        ArrowDataType::Struct(fields) => {
            let mut decoded = Vec::with_capacity(fields.len());
            let mut shapes = Vec::with_capacity(fields.len());
            for field in fields {
                let (own, shape) = adapted(field, leaves)?;
                shapes.push((own.name.to_string(), shape));
                decoded.push(own);
            }
            (ArrowDataType::Struct(decoded), Shape::Struct(shapes))
        }
        _ => {
            let (dtype, meaning) = leaf_type(leaves.next()?)?;
            (dtype, Shape::Leaf(meaning))
        }
    };
    Some((Field::new(field.name.clone(), dtype, field.is_nullable), shape))
}

/// A list of these: a map where they are pairs of a key and a value.
fn pairs(item: Shape) -> Shape {
    match item {
        Shape::Struct(mut fields)
            if fields.len() == 2
                && fields[0].0.eq_ignore_ascii_case("key")
                && fields[1].0.eq_ignore_ascii_case("value") =>
        {
            let (_, value) = fields.remove(1);
            let (_, key) = fields.remove(0);
            Shape::Map(Box::new(key), Box::new(value))
        }
        other => Shape::List(Box::new(other)),
    }
}

/// How a leaf is decoded, and what it means; `None` where that is not known here.
fn leaf_type(leaf: &PrimitiveType) -> Option<(ArrowDataType, Meaning)> {
    use PrimitiveConvertedType as Converted;
    use PrimitiveLogicalType as Logical;
    let decimal = match (leaf.logical_type, leaf.converted_type) {
        (Some(Logical::Decimal(_, scale)), _) | (_, Some(Converted::Decimal(_, scale))) => Some(scale),
        _ => None,
    };
    let number = decimal.map_or(Meaning::Whole, Meaning::Decimal);
    Some(match (leaf.physical_type, leaf.logical_type, leaf.converted_type) {
        (PhysicalType::Boolean, ..) => (ArrowDataType::Boolean, Meaning::Flag),
        (PhysicalType::Int32, Some(Logical::Date), _) | (PhysicalType::Int32, _, Some(Converted::Date)) => {
            (ArrowDataType::Int32, Meaning::Day)
        }
        (PhysicalType::Int32, Some(Logical::Time { .. }), _)
        | (PhysicalType::Int32, _, Some(Converted::TimeMillis)) => {
            (ArrowDataType::Int32, Meaning::Clock(1_000))
        }
        (PhysicalType::Int32, Some(Logical::Integer(IntegerType::UInt32)), _)
        | (PhysicalType::Int32, _, Some(Converted::Uint32)) => (ArrowDataType::UInt32, Meaning::Whole),
        (PhysicalType::Int32, ..) => (ArrowDataType::Int32, number),
        (PhysicalType::Int64, Some(Logical::Timestamp { unit, .. }), _) => {
            (ArrowDataType::Int64, Meaning::Moment(parts_of_a_second(unit)))
        }
        (PhysicalType::Int64, Some(Logical::Time { unit, .. }), _) => {
            (ArrowDataType::Int64, Meaning::Clock(parts_of_a_second(unit)))
        }
        (PhysicalType::Int64, _, Some(Converted::TimestampMillis)) => {
            (ArrowDataType::Int64, Meaning::Moment(1_000))
        }
        (PhysicalType::Int64, _, Some(Converted::TimestampMicros)) => {
            (ArrowDataType::Int64, Meaning::Moment(1_000_000))
        }
        (PhysicalType::Int64, _, Some(Converted::TimeMicros)) => {
            (ArrowDataType::Int64, Meaning::Clock(1_000_000))
        }
        (PhysicalType::Int64, Some(Logical::Integer(IntegerType::UInt64)), _)
        | (PhysicalType::Int64, _, Some(Converted::Uint64)) => (ArrowDataType::UInt64, Meaning::Whole),
        (PhysicalType::Int64, ..) => (ArrowDataType::Int64, number),
        // Milliseconds hold every day that this type can write.
        (PhysicalType::Int96, ..) => {
            (ArrowDataType::Timestamp(TimeUnit::Millisecond, None), Meaning::Moment(1_000))
        }
        (PhysicalType::Float, ..) => (ArrowDataType::Float32, Meaning::Float),
        (PhysicalType::Double, ..) => (ArrowDataType::Float64, Meaning::Float),
        (PhysicalType::ByteArray, ..) if decimal.is_some() => (ArrowDataType::BinaryView, number),
        (PhysicalType::ByteArray, Some(Logical::String), _)
        | (PhysicalType::ByteArray, _, Some(Converted::Utf8)) => (ArrowDataType::Utf8View, Meaning::Text),
        (PhysicalType::ByteArray, Some(Logical::Bson), _)
        | (PhysicalType::ByteArray, _, Some(Converted::Bson)) => return None,
        (PhysicalType::ByteArray, ..) => (ArrowDataType::BinaryView, Meaning::Text),
        (PhysicalType::FixedLenByteArray(0), ..)
        | (PhysicalType::FixedLenByteArray(_), _, Some(Converted::Interval)) => return None,
        (PhysicalType::FixedLenByteArray(bytes), logical, _) => {
            let meaning = match logical {
                _ if decimal.is_some() => number,
                Some(Logical::Uuid) if bytes == 16 => Meaning::Guid,
                Some(Logical::Float16) if bytes == 2 => Meaning::Half,
                _ => Meaning::Text,
            };
            (ArrowDataType::FixedSizeBinary(bytes), meaning)
        }
    })
}

fn parts_of_a_second(unit: ParquetTimeUnit) -> i64 {
    match unit {
        ParquetTimeUnit::Milliseconds => 1_000,
        ParquetTimeUnit::Microseconds => 1_000_000,
        ParquetTimeUnit::Nanoseconds => 1_000_000_000,
    }
}
