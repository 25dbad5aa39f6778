//! What people read: the tables, at 80 characters and without colour.

use super::{sample, snapshot};
use crate::support::run;

#[test]
fn each_subscription_and_the_total_of_the_cycle_are_forecast() {
    let sample = sample();
    let run = run(sample.path(), &["predict", "s"]);
    assert_eq!(run.code, 0, "{}", run.stderr);
    snapshot(&run.stdout, |text| {
        insta::assert_snapshot!(text, @"
        Forecast of October 2026 · billed cost · USD

                                  Actual  Expected                 vs last
                                  so far     total     80 % range    cycle  Daily
        ───────────────────────────────────────────────────────────────────────────
        Production (sample)     1,151.88  2,042.91  1,903 – 2,225   +9.5 %  ▄▅▅▅▇▄▅
        Data Platform (sample)    775.27  1,475.32  1,418 – 1,549   +1.6 %  ▆▇▇▆▇▆▆
        ───────────────────────────────────────────────────────────────────────────
        Total                   1,927.15  3,518.23  3,329 – 3,748   +6.0 %  ▅▆▆▆▇▅▅

        The total: charges of the cycle as billed, before credit and tax
        Not final: days after 2026-10-16 are part of the expectation
        Under an Enterprise Agreement the invoice asks for what exceeds the
          prepayment; these are the charges before it
        In the total of October 2026: late and corrected charges 0.15 USD, marketplace
          97.24 USD, recurring purchases 176.90 USD
        ")
    });
}

#[test]
fn the_costliest_groups_are_shown_and_the_rest_is_one_row() {
    let sample = sample();
    let run = run(sample.path(), &["predict", "s", "-g", "service", "--top", "3"]);
    assert_eq!(run.code, 0, "{}", run.stderr);
    snapshot(&run.stdout, |text| {
        insta::assert_snapshot!(text, @"
        Forecast of October 2026 · billed cost · USD

                            Actual  Expected                   vs last
                            so far     total       80 % range    cycle  Daily
        ──────────────────────────────────────────────────────────────────────────────
        Virtual Machines    956.64  1,663.66   1,597 –  1,749   +9.4 %  ▃▃▄▄▃▄▄▃▇▄▃▃▄▃
        Networking          269.15    499.42  479.39 – 526.33  +10.5 %  ▅▅▇▇▃▇▇▃▇▇▅▅▇▆
        Storage             268.92    495.93  488.04 – 506.42   +5.7 %  ▇▇▇▇▇▇▇▇▇▇▇▇▇▇
        Others              432.44    894.60     798 –  1,039   +2.2 %  ▃▃▃▃▃▇▅▃▃▃▃▃▃▃
        ──────────────────────────────────────────────────────────────────────────────
        Total             1,927.15  3,553.61   3,364 –  3,784   +7.1 %  ▄▄▅▅▄▆▆▄▇▅▄▄▅▄

        The total: charges of the cycle as billed, before credit and tax
        Not final: days after 2026-10-16 are part of the expectation
        Under an Enterprise Agreement the invoice asks for what exceeds the
          prepayment; these are the charges before it
        In the total of October 2026: late and corrected charges 0.15 USD, marketplace
          97.24 USD, recurring purchases 176.90 USD
        ")
    });
}

#[test]
fn the_next_cycles_have_tables_of_their_own() {
    let sample = sample();
    let run = run(sample.path(), &["predict", "s", "--cycles", "3"]);
    assert_eq!(run.code, 0, "{}", run.stderr);
    snapshot(&run.stdout, |text| {
        insta::assert_snapshot!(text, @"
        Forecast of October 2026 · billed cost · USD

                                  Actual  Expected                 vs last
                                  so far     total     80 % range    cycle  Daily
        ───────────────────────────────────────────────────────────────────────────
        Production (sample)     1,151.88  2,042.91  1,903 – 2,225   +9.5 %  ▄▅▅▅▇▄▅
        Data Platform (sample)    775.27  1,475.32  1,418 – 1,549   +1.6 %  ▆▇▇▆▇▆▆
        ───────────────────────────────────────────────────────────────────────────
        Total                   1,927.15  3,518.23  3,329 – 3,748   +6.0 %  ▅▆▆▆▇▅▅

        Forecast of November 2026 · billed cost · USD

                                Actual  Expected
                                so far     total     80 % range  Daily
        ───────────────────────────────────────────────────────────────────────
        Production (sample)       0.00  1,950.09  1,659 – 2,387  ▃▃▄▄▃▅▅▃▇▄▄▄▄▃
        Data Platform (sample)    0.00  1,425.84  1,287 – 1,635  ▅▅▅▅▄▇▆▄▅▅▅▅▅▅
        ───────────────────────────────────────────────────────────────────────
        Total                     0.00  3,375.93  2,972 – 3,984  ▄▄▅▅▄▆▆▄▇▅▄▄▅▄

        Forecast of December 2026 · billed cost · USD

                                Actual  Expected
                                so far     total     80 % range  Daily
        ───────────────────────────────────────────────────────────────────────
        Production (sample)       0.00  2,035.92  1,681 – 2,571  ▃▃▄▄▃▅▅▃▇▄▄▄▄▃
        Data Platform (sample)    0.00  1,492.26  1,322 – 1,748  ▅▅▅▅▄▇▆▄▅▅▅▅▅▅
        ───────────────────────────────────────────────────────────────────────
        Total                     0.00  3,528.18  3,034 – 4,271  ▄▄▅▅▄▆▆▄▇▅▄▄▅▄

        The total: charges of the cycle as billed, before credit and tax
        Not final: days after 2026-10-16 are part of the expectation
        Under an Enterprise Agreement the invoice asks for what exceeds the
          prepayment; these are the charges before it
        In the total of October 2026: late and corrected charges 0.15 USD, marketplace
          97.24 USD, recurring purchases 176.90 USD
        ")
    });
}

#[test]
fn errors_of_past_totals_stand_beside_those_of_plain_forecasts() {
    let sample = sample();
    let run = run(sample.path(), &["backtest", "s"]);
    assert_eq!(run.code, 0, "{}", run.stderr);
    snapshot(&run.stdout, |text| {
        insta::assert_snapshot!(text, @"
        Errors of past totals in USD
        Days           Error  of run  of seasonal                    Inside   Inside
        seen  Totals  (WAPE)    rate        naive     Bias  Pinball    80 %     95 %
        ────────────────────────────────────────────────────────────────────────────
           3       3  20.6 %  24.0 %       15.2 %  -20.6 %   12.1 %  66.7 %  100.0 %
           7       3  21.0 %  22.5 %       22.6 %  -21.0 %   12.6 %  33.3 %   66.7 %
          10       3  20.3 %  21.5 %       21.2 %  -20.3 %   13.5 %  33.3 %   66.7 %
          15       3   3.8 %   4.6 %        4.0 %   -3.8 %    1.7 %  66.7 %  100.0 %
          20       3   3.3 %   4.3 %        3.3 %   -3.3 %    1.3 %  66.7 %  100.0 %
          25       3   2.9 %   3.4 %        3.2 %   -2.9 %    1.2 %  33.3 %  100.0 %
        ────────────────────────────────────────────────────────────────────────────
         all      18  12.0 %  13.4 %       11.6 %  -12.0 %    7.1 %  50.0 %   88.9 %

        Errors are of the cycle's total: sum of errors over sum of totals; the model
        beats the two forecasts beside it where its error is smaller
        ")
    });
}

#[test]
fn a_markdown_table_can_be_read_as_text() {
    let sample = sample();
    let run =
        run(sample.path(), &["predict", "s", "-g", "charge-kind", "-o", "markdown", "--model", "run_rate"]);
    assert_eq!(run.code, 0, "{}", run.stderr);
    snapshot(&run.stdout, |text| {
        insta::assert_snapshot!(text, @"
        | BillingPeriodStart   | BillingPeriodEnd     | x_ChargeKind       | BillingCurrency | x_Metric   | x_TotalKind | x_GroupLevel | x_RunId          | x_AsOf     | x_Cutoff   | x_Status | x_Model  | x_ActualToDate | x_ForecastRemaining | x_ForecastTotal | x_Lower80 | x_Upper80 | x_Lower95 | x_Upper95 | x_PreviousTotal | x_HistoryDays | x_MissingDays |
        |----------------------|----------------------|--------------------|-----------------|------------|-------------|-------------:|------------------|------------|------------|----------|----------|---------------:|--------------------:|----------------:|----------:|----------:|----------:|----------:|----------------:|--------------:|--------------:|
        | 2026-10-01T00:00:00Z | 2026-11-01T00:00:00Z | adjustment         | USD             | BilledCost | billed      |            1 | [run] | 2026-10-18 | 2026-10-16 | ok       | run_rate |           0.00 |                0.00 |            0.00 |      0.00 |      0.00 |      0.00 |      0.00 |            0.00 |            78 |             0 |
        | 2026-10-01T00:00:00Z | 2026-11-01T00:00:00Z | purchase_once      | USD             | BilledCost | billed      |            1 | [run] | 2026-10-18 | 2026-10-16 | ok       | run_rate |           0.00 |                0.00 |            0.00 |      0.00 |      0.00 |      0.00 |      0.00 |            0.00 |            66 |             0 |
        | 2026-10-01T00:00:00Z | 2026-11-01T00:00:00Z | purchase_recurring | USD             | BilledCost | billed      |            1 | [run] | 2026-10-18 | 2026-10-16 | ok       | run_rate |         176.90 |                0.00 |          176.90 |    176.90 |    176.90 |    176.90 |    176.90 |          176.90 |           108 |             0 |
        | 2026-10-01T00:00:00Z | 2026-11-01T00:00:00Z | usage              | USD             | BilledCost | billed      |            1 | [run] | 2026-10-18 | 2026-10-16 | ok       | run_rate |        1750.25 |             1521.61 |         3271.86 |   3056.92 |   3586.55 |   2825.76 |   4301.80 |         3140.96 |           108 |             0 |
        ")
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
