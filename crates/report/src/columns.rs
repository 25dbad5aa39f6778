//! The column names that the outside relies on: FOCUS names, and `x_` for what FOCUS does not name.
//!
//! Adding one is free; renaming one needs a new schema version and a line in the CHANGELOG. A file of
//! one schema always has all of its columns, in the order in which its section lists them.

/// Name and version of the table of cycle totals, as `predict` writes it.
pub const CYCLE_TOTALS: (&str, u32) = ("cycle_totals", 1);
/// Name and version of the same with what is to pay, as `predict --pricing` writes it.
pub const PRICED_TOTALS: (&str, u32) = ("priced_totals", 1);
/// Name and version of the daily path, as `predict --daily` writes it.
pub const DAILY_PATH: (&str, u32) = ("daily_path", 1);
/// Name and version of the daily series, as `series` writes them.
pub const DAILY_SERIES: (&str, u32) = ("daily_series", 1);
/// Name and version of the hourly series, as `series --granularity hourly` writes them.
pub const HOURLY_SERIES: (&str, u32) = ("hourly_series", 1);

/// Name and version of the lines of a priced plan, as `price estimate` writes them.
pub const ESTIMATE: (&str, u32) = ("price_estimate", 1);
/// Name and version of a plan and its alternatives, as `price compare` writes them.
pub const COMPARISON: (&str, u32) = ("price_comparison", 1);
/// Name and version of matched use, as `price match` writes it.
pub const MATCH: (&str, u32) = ("price_match", 1);
/// Name and version of the prices of a card, as `price card` writes them.
pub const PRICE_CARD: (&str, u32) = ("price_card", 1);

/// First instant of the billing cycle.
pub const BILLING_PERIOD_START: &str = "BillingPeriodStart";
/// First instant after the billing cycle.
pub const BILLING_PERIOD_END: &str = "BillingPeriodEnd";
/// First instant of the day that a row of a daily table is about.
pub const CHARGE_PERIOD_START: &str = "ChargePeriodStart";
/// First instant after that day.
pub const CHARGE_PERIOD_END: &str = "ChargePeriodEnd";
/// Currency of every amount of the row.
pub const BILLING_CURRENCY: &str = "BillingCurrency";

/// Which cost is summed, under its FOCUS name.
pub const METRIC: &str = "x_Metric";
/// What the total is, in one word.
pub const TOTAL_KIND: &str = "x_TotalKind";
/// How many cycles the row is the total of; with `--sum-cycles` only.
pub const CYCLE_COUNT: &str = "x_CycleCount";
/// How many grouping columns identify the row; 0 is the total.
pub const GROUP_LEVEL: &str = "x_GroupLevel";
/// Hash of inputs, options, model and version.
pub const RUN_ID: &str = "x_RunId";
/// The day as of which the data is seen.
pub const AS_OF: &str = "x_AsOf";
/// Last day whose cost is used as final.
pub const CUTOFF: &str = "x_Cutoff";
/// `ok`, `wide`, `closed`, `insufficient`, `stale` or `failed`.
pub const STATUS: &str = "x_Status";
/// The forecaster that made the row.
pub const MODEL: &str = "x_Model";
/// Every charge of the cycle in the data, unsettled days included.
pub const ACTUAL_TO_DATE: &str = "x_ActualToDate";
/// What is still expected.
pub const FORECAST_REMAINING: &str = "x_ForecastRemaining";
/// The two together.
pub const FORECAST_TOTAL: &str = "x_ForecastTotal";
/// Lower end of the range that should hold 80 % of totals.
pub const LOWER_80: &str = "x_Lower80";
/// Its upper end.
pub const UPPER_80: &str = "x_Upper80";
/// Lower end of the range that should hold 95 % of totals.
pub const LOWER_95: &str = "x_Lower95";
/// Its upper end.
pub const UPPER_95: &str = "x_Upper95";
/// Total of the cycle before; null unless that one is covered whole.
pub const PREVIOUS_TOTAL: &str = "x_PreviousTotal";
/// Days of history that the forecast could learn from.
pub const HISTORY_DAYS: &str = "x_HistoryDays";
/// A line of a total, in the JSON envelope.
pub const LINE: &str = "x_Line";
/// Days inside that history without data.
pub const MISSING_DAYS: &str = "x_MissingDays";

/// What the credit of the offer pays of the total.
pub const CREDIT_USED: &str = "x_CreditUsed";
/// What the discount of a commitment takes off.
pub const DISCOUNT: &str = "x_Discount";
/// The charge of every cycle of the offer.
pub const RECURRING_CHARGE: &str = "x_RecurringCharge";
/// What is to pay: the total less credit and discount, with the charge of the cycle.
pub const FORECAST_NET: &str = "x_ForecastNet";
/// Lower end of the 80 % range of what is to pay.
pub const NET_LOWER_80: &str = "x_NetLower80";
/// Its upper end.
pub const NET_UPPER_80: &str = "x_NetUpper80";
/// Lower end of the 95 % range of what is to pay.
pub const NET_LOWER_95: &str = "x_NetLower95";
/// Its upper end.
pub const NET_UPPER_95: &str = "x_NetUpper95";
/// The first day of the 80 % range of the next; null where the credit lasts.
pub const CREDIT_EARLIEST: &str = "x_CreditUsedUpEarliest";
/// The day on which the credit is expected to be used up.
pub const CREDIT_USED_UP_ON: &str = "x_CreditUsedUpOn";
/// The last day of that range.
pub const CREDIT_LATEST: &str = "x_CreditUsedUpLatest";
/// The total as costs alone are forecast, in `predict --pricing`.
pub const COST_FORECAST: &str = "x_CostForecast";
/// What tiers and free amounts add to that.
pub const TIER_DIFFERENCE: &str = "x_TierDifference";
/// What a change of prices adds to it.
pub const PRICE_CHANGE_DIFFERENCE: &str = "x_PriceChangeDifference";
/// What prices that are not those charged so far add to it.
pub const OTHER_PRICES_DIFFERENCE: &str = "x_OtherPricesDifference";
/// What a plan adds to it.
pub const PLAN_DIFFERENCE: &str = "x_PlanDifference";

/// `Actual`, `Settling` or `Forecast`, in the daily path.
pub const RECORD_TYPE: &str = "x_RecordType";
/// The kind of charge, in daily series grouped by it.
pub const CHARGE_KIND: &str = "x_ChargeKind";

/// Columns that the data sets above have besides those of the grouping and of the metric.
pub const OF_RESULTS: [&str; 25] = [
    BILLING_PERIOD_START,
    BILLING_PERIOD_END,
    CHARGE_PERIOD_START,
    CHARGE_PERIOD_END,
    BILLING_CURRENCY,
    METRIC,
    TOTAL_KIND,
    GROUP_LEVEL,
    RUN_ID,
    AS_OF,
    CUTOFF,
    STATUS,
    MODEL,
    ACTUAL_TO_DATE,
    FORECAST_REMAINING,
    FORECAST_TOTAL,
    LOWER_80,
    UPPER_80,
    LOWER_95,
    UPPER_95,
    PREVIOUS_TOTAL,
    HISTORY_DAYS,
    MISSING_DAYS,
    RECORD_TYPE,
    SCHEMA,
];

/// Schema name in the JSON envelope and in the Parquet metadata.
pub const SCHEMA: &str = "x_schema";
/// Schema version in the JSON envelope and in the Parquet metadata.
pub const SCHEMA_VERSION: &str = "x_schema_version";
