//! What people read: the tables, at 80 characters and without colour.

use super::{sample, snapshot};
use crate::support::run;

#[test]
fn each_subscription_and_the_total_of_the_cycle_are_forecast() {
    let sample = sample();
    let run = run(sample.path(), &["predict", "s"]);
    assert_eq!(run.code, 0, "{}", run.stderr);
    snapshot(&run.stdout, |text| {
        insta::assert_snapshot!(text, @r#"
Forecast of October 2026 · billed cost · USD

                          Actual  Expected                 vs last
                          so far     total     80 % range    cycle  Daily
───────────────────────────────────────────────────────────────────────────
Production (sample)     1,151.88  2,055.65  1,926 – 2,325  +10.2 %  ▄▅▅▅▇▄▅
Data Platform (sample)    775.27  1,460.12  1,404 – 1,576   +0.5 %  ▆▇▇▆▇▆▆
───────────────────────────────────────────────────────────────────────────
Total                   1,927.15  3,515.77  3,340 – 3,881   +6.0 %  ▅▆▆▆▇▅▅

The total: charges of the cycle as billed, before credit and tax
Not final: days after 2026-10-16 are part of the expectation
Under an Enterprise Agreement the invoice asks for what exceeds the
  prepayment; these are the charges before it
In the total of October 2026: late and corrected charges 0.15 USD, marketplace
  97.24 USD, recurring purchases 176.90 USD
"#)
    });
}

#[test]
fn the_costliest_groups_are_shown_and_the_rest_is_one_row() {
    let sample = sample();
    let run = run(sample.path(), &["predict", "s", "-g", "service", "--top", "3"]);
    assert_eq!(run.code, 0, "{}", run.stderr);
    snapshot(&run.stdout, |text| {
        insta::assert_snapshot!(text, @r#"
Forecast of October 2026 · billed cost · USD

                    Actual  Expected                   vs last
                    so far     total       80 % range    cycle  Daily
──────────────────────────────────────────────────────────────────────────────
Virtual Machines    956.64  1,660.56   1,603 –  1,790   +9.2 %  ▃▃▄▄▃▄▄▃▇▄▃▃▄▃
Networking          269.15    500.00  482.41 – 539.59  +10.6 %  ▅▅▇▇▃▇▇▃▇▇▅▅▇▆
Storage             268.92    494.59  483.27 – 520.09   +5.4 %  ▇▇▇▇▇▇▇▇▇▇▇▇▇▇
Others              432.44    894.89     810 –  1,086   +2.2 %  ▃▃▃▃▃▇▅▃▃▃▃▃▃▃
──────────────────────────────────────────────────────────────────────────────
Total             1,927.15  3,550.04   3,399 –  3,891   +7.0 %  ▄▄▅▅▄▆▆▄▇▅▄▄▅▄

The total: charges of the cycle as billed, before credit and tax
Not final: days after 2026-10-16 are part of the expectation
Under an Enterprise Agreement the invoice asks for what exceeds the
  prepayment; these are the charges before it
In the total of October 2026: late and corrected charges 0.15 USD, marketplace
  97.24 USD, recurring purchases 176.90 USD
"#)
    });
}

#[test]
fn the_next_cycles_have_tables_of_their_own() {
    let sample = sample();
    let run = run(sample.path(), &["predict", "s", "--cycles", "3"]);
    assert_eq!(run.code, 0, "{}", run.stderr);
    snapshot(&run.stdout, |text| {
        insta::assert_snapshot!(text, @r#"
Forecast of October 2026 · billed cost · USD

                          Actual  Expected                 vs last
                          so far     total     80 % range    cycle  Daily
───────────────────────────────────────────────────────────────────────────
Production (sample)     1,151.88  2,055.65  1,926 – 2,325  +10.2 %  ▄▅▅▅▇▄▅
Data Platform (sample)    775.27  1,460.12  1,404 – 1,576   +0.5 %  ▆▇▇▆▇▆▆
───────────────────────────────────────────────────────────────────────────
Total                   1,927.15  3,515.77  3,340 – 3,881   +6.0 %  ▅▆▆▆▇▅▅

Forecast of November 2026 · billed cost · USD

                        Actual  Expected
                        so far     total     80 % range  Daily
─────────────────────────────────────────────────────────────────────────────
Production (sample)       0.00  1,944.30  1,680 – 2,359  ▃▃▄▄▃▅▅▃▇▄▄▄▄▃  wide
Data Platform (sample)    0.00  1,419.49  1,299 – 1,608  ▅▅▅▅▄▇▆▄▅▅▅▅▅▅  wide
─────────────────────────────────────────────────────────────────────────────
Total                     0.00  3,363.79  2,995 – 3,943  ▄▄▅▅▄▆▆▄▇▅▄▄▅▄  wide

Forecast of December 2026 · billed cost · USD

                        Actual  Expected
                        so far     total     80 % range  Daily
─────────────────────────────────────────────────────────────────────────────
Production (sample)       0.00  2,031.47  1,708 – 2,539  ▃▃▄▄▃▅▅▃▇▄▄▄▄▃  wide
Data Platform (sample)    0.00  1,484.51  1,337 – 1,715  ▅▅▅▅▄▇▆▄▅▅▅▅▅▅  wide
─────────────────────────────────────────────────────────────────────────────
Total                     0.00  3,515.98  3,065 – 4,224  ▄▄▅▅▄▆▆▄▇▅▄▄▅▄  wide

The total: charges of the cycle as billed, before credit and tax
Not final: days after 2026-10-16 are part of the expectation
Status `wide` (4 rows): a forecast from little, broken or unsettled history;
  its range says so
Under an Enterprise Agreement the invoice asks for what exceeds the
  prepayment; these are the charges before it
In the total of October 2026: late and corrected charges 0.15 USD, marketplace
  97.24 USD, recurring purchases 176.90 USD
"#)
    });
}

#[test]
fn errors_of_past_totals_stand_beside_those_of_plain_forecasts() {
    let sample = sample();
    let run = run(sample.path(), &["backtest", "s"]);
    assert_eq!(run.code, 0, "{}", run.stderr);
    snapshot(&run.stdout, |text| {
        insta::assert_snapshot!(text, @r#"
Errors of past totals in USD
Days           Error  of run  of seasonal                     Inside   Inside
seen  Totals  (WAPE)    rate        naive     Bias  Pinball     80 %     95 %
─────────────────────────────────────────────────────────────────────────────
   3       3  20.5 %  24.0 %       15.2 %  -20.5 %   11.4 %   33.3 %   33.3 %
   7       3  21.1 %  22.5 %       22.6 %  -21.1 %   13.3 %   33.3 %   33.3 %
  10       3  20.4 %  21.5 %       21.2 %  -20.4 %   14.3 %   33.3 %   33.3 %
  15       3   3.9 %   4.6 %        4.0 %   -3.9 %    2.2 %   66.7 %   66.7 %
  20       3   3.5 %   4.3 %        3.3 %   -3.5 %    1.5 %  100.0 %  100.0 %
  25       3   2.9 %   3.4 %        3.2 %   -2.9 %    1.3 %   66.7 %  100.0 %
─────────────────────────────────────────────────────────────────────────────
 all      18  12.0 %  13.4 %       11.6 %  -12.0 %    7.3 %   55.6 %   61.1 %

Errors are of the cycle's total: sum of errors over sum of totals; the model
beats the two forecasts beside it where its error is smaller
"#)
    });
}

#[test]
fn a_markdown_table_can_be_read_as_text() {
    let sample = sample();
    let run =
        run(sample.path(), &["predict", "s", "-g", "charge-kind", "-o", "markdown", "--model", "run_rate"]);
    assert_eq!(run.code, 0, "{}", run.stderr);
    snapshot(&run.stdout, |text| {
        insta::assert_snapshot!(text, @r#"
| BillingPeriodStart   | BillingPeriodEnd     | x_ChargeKind       | BillingCurrency | x_Metric   | x_TotalKind | x_GroupLevel | x_RunId          | x_AsOf     | x_Cutoff   | x_Status | x_Model  | x_ActualToDate | x_ForecastRemaining | x_ForecastTotal | x_Lower80 | x_Upper80 | x_Lower95 | x_Upper95 | x_PreviousTotal | x_HistoryDays | x_MissingDays |
|----------------------|----------------------|--------------------|-----------------|------------|-------------|-------------:|------------------|------------|------------|----------|----------|---------------:|--------------------:|----------------:|----------:|----------:|----------:|----------:|----------------:|--------------:|--------------:|
| 2026-10-01T00:00:00Z | 2026-11-01T00:00:00Z | adjustment         | USD             | BilledCost | billed      |            1 | [run] | 2026-10-18 | 2026-10-16 | ok       | run_rate |           0.00 |                0.00 |            0.00 |      0.00 |      0.00 |      0.00 |      0.00 |            0.00 |            78 |             0 |
| 2026-10-01T00:00:00Z | 2026-11-01T00:00:00Z | purchase_once      | USD             | BilledCost | billed      |            1 | [run] | 2026-10-18 | 2026-10-16 | ok       | run_rate |           0.00 |                0.00 |            0.00 |      0.00 |      0.00 |      0.00 |      0.00 |            0.00 |            66 |             0 |
| 2026-10-01T00:00:00Z | 2026-11-01T00:00:00Z | purchase_recurring | USD             | BilledCost | billed      |            1 | [run] | 2026-10-18 | 2026-10-16 | ok       | run_rate |         176.90 |                0.00 |          176.90 |    176.90 |    176.90 |    176.90 |    176.90 |          176.90 |           108 |             0 |
| 2026-10-01T00:00:00Z | 2026-11-01T00:00:00Z | usage              | USD             | BilledCost | billed      |            1 | [run] | 2026-10-18 | 2026-10-16 | wide     | run_rate |        1750.25 |             1521.61 |         3271.86 |   3048.19 |   3696.68 |   2815.44 |   3934.44 |         3140.96 |           108 |             0 |
"#)
    });
}

#[test]
fn control_totals_are_said_on_request() {
    let sample = sample();
    let run = run(sample.path(), &["predict", "s", "-v"]);
    assert_eq!(run.code, 0, "{}", run.stderr);
    snapshot(&run.stderr, |text| {
        insta::assert_snapshot!(text, @r#"
files: 4 read, 2 no data
run taken: 20260701-20260731/202608050612/5a3b1e00-0000-4000-9000-202607260805
run taken: 20260801-20260831/202609050612/5a3b1e00-0000-4000-9000-202608260905
run taken: 20260901-20260930/202610050612/5a3b1e00-0000-4000-9000-202609261005
run taken: 20261001-20261031/202610180612/5a3b1e00-0000-4000-9000-202610261018
rows: 3084 read, 0 malformed, 0 blank lines
sum: USD billed 2026-07-01 to 2026-07-31: 3324.19
sum: USD billed 2026-08-01 to 2026-08-31: 5171.07
sum: USD billed 2026-09-01 to 2026-09-30: 3317.85
sum: USD billed 2026-10-01 to 2026-10-31: 1927.145105366966
"#)
    });
}
