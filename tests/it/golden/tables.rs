//! What people read: the tables, at 80 characters and without colour.

use super::{sample, snapshot};

#[test]
fn each_subscription_and_the_total_of_the_cycle_are_forecast() {
    let sample = sample();
    let run = sample.good(&["predict", "s"]);
    snapshot(&run.stdout, |text| {
        insta::assert_snapshot!(text, @"
        Forecast of October 2026 · billed cost · USD

                                  Actual  Expected                 vs last
                                  so far     total     80 % range    cycle  Daily
        ───────────────────────────────────────────────────────────────────────────
        Production (sample)     1,151.88  2,031.19  1,932 – 2,166   +8.9 %  ▄▅▅▅▇▄▅
        Data Platform (sample)    775.27  1,473.89  1,438 – 1,520   +1.5 %  ▆▇▇▆▇▆▆
        ───────────────────────────────────────────────────────────────────────────
        Total                   1,927.15  3,505.08  3,394 – 3,656   +5.6 %  ▅▆▆▆▇▅▅

        In the total                          Actual  Expected
                                              so far     total
        ──────────────────────────────────────────────────────
        Usage                               1,701.85  3,238.48
        Marketplace usage                      48.25     89.55
        Purchases (recurring)                 127.90    127.90
        Marketplace purchases                  49.00     49.00
        Refunds, adjustments, late charges      0.15      0.15

        The total: charges of the cycle as billed, before credit and tax
        Not final: days after 2026-10-16 are part of the expectation
        Under an Enterprise Agreement the invoice asks for what exceeds the
          prepayment; these are the charges before it
        ")
    });
}

#[test]
fn the_costliest_groups_are_shown_and_the_rest_is_one_row() {
    let sample = sample();
    let run = sample.good(&["predict", "s", "-g", "service", "--top", "3"]);
    snapshot(&run.stdout, |text| {
        insta::assert_snapshot!(text, @"
        Forecast of October 2026 · billed cost · USD

                            Actual  Expected                   vs last
                            so far     total       80 % range    cycle  Daily
        ──────────────────────────────────────────────────────────────────────────────
        Virtual Machines    956.64  1,654.98   1,597 –  1,731   +8.8 %  ▃▃▄▄▃▄▄▃▇▄▃▃▄▃
        Storage             268.92    496.20  488.97 – 505.91   +5.7 %  ▇▇▇▇▇▇▇▇▇▇▇▇▇▇
        Networking          269.14    494.84  474.54 – 519.90   +9.5 %  ▅▅▇▇▃▇▇▃▇▇▅▅▇▆
        Others              432.44    859.06     791 –  1,160   -1.9 %  ▃▃▃▃▃▇▅▃▃▃▃▃▃▃
        ──────────────────────────────────────────────────────────────────────────────
        Total             1,927.15  3,505.08   3,394 –  3,656   +5.6 %  ▄▄▅▅▄▆▆▄▇▅▄▄▅▄

        In the total                          Actual  Expected
                                              so far     total
        ──────────────────────────────────────────────────────
        Usage                               1,701.85  3,238.48
        Marketplace usage                      48.25     89.55
        Purchases (recurring)                 127.90    127.90
        Marketplace purchases                  49.00     49.00
        Refunds, adjustments, late charges      0.15      0.15

        The total: charges of the cycle as billed, before credit and tax
        Not final: days after 2026-10-16 are part of the expectation
        Under an Enterprise Agreement the invoice asks for what exceeds the
          prepayment; these are the charges before it
        ")
    });
}

#[test]
fn a_quarter_of_cycles_has_its_sum_below_them() {
    let sample = sample();
    let run = sample.good(&["predict", "s", "--cycles", "3", "--sum-cycles=quarter"]);
    let sum = run.stdout.split("Forecast of ").last().unwrap_or_default();
    snapshot(sum, |text| {
        insta::assert_snapshot!(text, @"
        October to December 2026 · billed cost · USD

                                  Actual   Expected
                                  so far      total      80 % range  Daily
        ───────────────────────────────────────────────────────────────────────────
        Production (sample)     1,151.88   5,968.28  5,271 –  6,982  ▃▃▄▄▃▅▅▃▇▄▄▄▄▃
        Data Platform (sample)    775.27   4,420.58  4,058 –  4,947  ▅▅▅▅▄▇▆▄▅▅▅▅▅▅
        ───────────────────────────────────────────────────────────────────────────
        Total                   1,927.15  10,388.86  9,533 – 11,635  ▄▄▅▅▄▆▆▄▇▅▄▄▅▄

        In the total                          Actual  Expected
                                              so far     total
        ──────────────────────────────────────────────────────
        Usage                               1,701.85  9,597.21
        Marketplace usage                      48.25    260.81
        Purchases (recurring)                 127.90    424.81
        Marketplace purchases                  49.00    105.88
        Refunds, adjustments, late charges      0.15      0.15

        The total: charges of the cycle as billed, before credit and tax
        Not final: days after 2026-10-16 are part of the expectation
        Under an Enterprise Agreement the invoice asks for what exceeds the
          prepayment; these are the charges before it
        ");
    });
    let refused = sample.run(&["predict", "s", "--sum-cycles"]);
    assert_eq!(refused.code, 2);
    assert!(refused.stderr.contains("name how many with `--cycles N`"), "{}", refused.stderr);
}

#[test]
fn the_next_cycles_have_tables_of_their_own() {
    let sample = sample();
    let run = sample.good(&["predict", "s", "--cycles", "3"]);
    snapshot(&run.stdout, |text| {
        insta::assert_snapshot!(text, @"
        Forecast of October 2026 · billed cost · USD

                                  Actual  Expected                 vs last
                                  so far     total     80 % range    cycle  Daily
        ───────────────────────────────────────────────────────────────────────────
        Production (sample)     1,151.88  2,031.19  1,932 – 2,166   +8.9 %  ▄▅▅▅▇▄▅
        Data Platform (sample)    775.27  1,473.89  1,438 – 1,520   +1.5 %  ▆▇▇▆▇▆▆
        ───────────────────────────────────────────────────────────────────────────
        Total                   1,927.15  3,505.08  3,394 – 3,656   +5.6 %  ▅▆▆▆▇▅▅

        In the total                          Actual  Expected
                                              so far     total
        ──────────────────────────────────────────────────────
        Usage                               1,701.85  3,238.48
        Marketplace usage                      48.25     89.55
        Purchases (recurring)                 127.90    127.90
        Marketplace purchases                  49.00     49.00
        Refunds, adjustments, late charges      0.15      0.15

        Forecast of November 2026 · billed cost · USD

                                Actual  Expected
                                so far     total     80 % range  Daily
        ───────────────────────────────────────────────────────────────────────
        Production (sample)       0.00  1,925.42  1,622 – 2,372  ▃▃▄▄▃▅▅▃▇▄▄▄▄▃
        Data Platform (sample)    0.00  1,439.62  1,275 – 1,682  ▅▅▅▅▄▇▆▄▅▅▅▅▅▅
        ───────────────────────────────────────────────────────────────────────
        Total                     0.00  3,365.04  2,987 – 3,920  ▄▄▅▅▄▆▆▄▇▅▄▄▅▄

        In the total           Actual  Expected
                               so far     total
        ───────────────────────────────────────
        Usage                    0.00  3,104.52
        Marketplace usage        0.00     83.62
        Purchases (recurring)    0.00    148.46
        Marketplace purchases    0.00     28.44

        Forecast of December 2026 · billed cost · USD

                                Actual  Expected
                                so far     total     80 % range  Daily
        ───────────────────────────────────────────────────────────────────────
        Production (sample)       0.00  2,011.67  1,640 – 2,557  ▃▃▄▄▃▅▅▃▇▄▄▄▄▃
        Data Platform (sample)    0.00  1,507.07  1,305 – 1,803  ▅▅▅▅▄▇▆▄▅▅▅▅▅▅
        ───────────────────────────────────────────────────────────────────────
        Total                     0.00  3,518.74  3,057 – 4,198  ▄▄▅▅▄▆▆▄▇▅▄▄▅▄

        In the total           Actual  Expected
                               so far     total
        ───────────────────────────────────────
        Usage                    0.00  3,254.21
        Marketplace usage        0.00     87.64
        Purchases (recurring)    0.00    148.45
        Marketplace purchases    0.00     28.44

        The total: charges of the cycle as billed, before credit and tax
        Not final: days after 2026-10-16 are part of the expectation
        Under an Enterprise Agreement the invoice asks for what exceeds the
          prepayment; these are the charges before it
        ")
    });
}

#[test]
fn errors_of_past_totals_stand_beside_those_of_plain_forecasts() {
    let sample = sample();
    let run = sample.good(&["backtest", "s"]);
    snapshot(&run.stdout, |text| {
        insta::assert_snapshot!(text, @"
        Errors of past totals in USD
        Days           Error  of run  of seasonal                    Inside   Inside
        seen  Totals  (WAPE)    rate        naive     Bias  Pinball    80 %     95 %
        ────────────────────────────────────────────────────────────────────────────
           3       3  20.1 %  24.0 %       15.2 %  -20.1 %   13.9 %  66.7 %   66.7 %
           7       3  20.8 %  22.5 %       22.6 %  -20.8 %   15.9 %  33.3 %   66.7 %
          10       3  20.5 %  21.5 %       21.2 %  -20.5 %   16.8 %  33.3 %   66.7 %
          15       3   3.6 %   4.6 %        4.0 %   -3.6 %    1.5 %  66.7 %  100.0 %
          20       3   3.4 %   4.3 %        3.3 %   -3.4 %    1.4 %   0.0 %  100.0 %
          25       3   3.1 %   3.4 %        3.2 %   -3.1 %    1.5 %   0.0 %   66.7 %
        ────────────────────────────────────────────────────────────────────────────
         all      18  11.9 %  13.4 %       11.6 %  -11.9 %    8.5 %  33.3 %   77.8 %

        Errors are of the cycle's total: sum of errors over sum of totals; the model
        beats the two forecasts beside it where its error is smaller
        ")
    });
}

#[test]
fn a_markdown_table_can_be_read_as_text() {
    let sample = sample();
    let run = sample.good(&["predict", "s", "-g", "charge-kind", "-o", "markdown", "--model", "run_rate"]);
    snapshot(&run.stdout, |text| {
        insta::assert_snapshot!(text, @"
        | BillingPeriodStart   | BillingPeriodEnd     | x_ChargeKind       | BillingCurrency | x_Metric   | x_TotalKind | x_GroupLevel | x_RunId          | x_AsOf     | x_Cutoff   | x_Status | x_Model  | x_ActualToDate | x_ForecastRemaining | x_ForecastTotal | x_Lower80 | x_Upper80 | x_Lower95 | x_Upper95 | x_PreviousTotal | x_HistoryDays | x_MissingDays |
        |----------------------|----------------------|--------------------|-----------------|------------|-------------|-------------:|------------------|------------|------------|----------|----------|---------------:|--------------------:|----------------:|----------:|----------:|----------:|----------:|----------------:|--------------:|--------------:|
        | 2026-10-01T00:00:00Z | 2026-11-01T00:00:00Z | adjustment         | USD             | BilledCost | billed      |            1 | [run] | 2026-10-18 | 2026-10-16 | ok       | run_rate |           0.00 |                0.00 |            0.00 |      0.00 |      0.00 |      0.00 |      0.00 |            0.00 |            78 |             0 |
        | 2026-10-01T00:00:00Z | 2026-11-01T00:00:00Z | purchase_once      | USD             | BilledCost | billed      |            1 | [run] | 2026-10-18 | 2026-10-16 | ok       | run_rate |           0.00 |                0.00 |            0.00 |      0.00 |      0.00 |      0.00 |      0.00 |            0.00 |            66 |             0 |
        | 2026-10-01T00:00:00Z | 2026-11-01T00:00:00Z | purchase_recurring | USD             | BilledCost | billed      |            1 | [run] | 2026-10-18 | 2026-10-16 | ok       | run_rate |         176.90 |                0.00 |          176.90 |    176.90 |    176.90 |    176.90 |    176.90 |          176.90 |           108 |             0 |
        | 2026-10-01T00:00:00Z | 2026-11-01T00:00:00Z | usage              | USD             | BilledCost | billed      |            1 | [run] | 2026-10-18 | 2026-10-16 | ok       | run_rate |        1750.25 |             1521.61 |         3271.86 |   3075.28 |   3554.28 |   2876.87 |   4265.09 |         3140.96 |           108 |             0 |
        ")
    });
}

#[test]
fn control_totals_are_said_on_request() {
    let sample = sample();
    let run = sample.good(&["predict", "s", "-v"]);
    snapshot(&run.stderr, |text| {
        insta::assert_snapshot!(text, @"
        files: 4 read, 2 not data
        run taken: 20260701-20260731/202608050612/5a3b1e00-0000-4000-9000-202607260805
        run taken: 20260801-20260831/202609050612/5a3b1e00-0000-4000-9000-202608260905
        run taken: 20260901-20260930/202610050612/5a3b1e00-0000-4000-9000-202609261005
        run taken: 20261001-20261031/202610180612/5a3b1e00-0000-4000-9000-202610261018
        rows: 3084 read, 0 malformed, 0 blank lines
        sum: USD billed 2026-07-01 to 2026-07-31: 3324.19
        sum: USD billed 2026-08-01 to 2026-08-31: 5171.07
        sum: USD billed 2026-09-01 to 2026-09-30: 3317.85
        sum: USD billed 2026-10-01 to 2026-10-31: 1927.145105366966
        the forecast of `Production (sample)` is made of own 26 %, services 37 %, meters 37 %
        the forecast of `Data Platform (sample)` is made of own 47 %, services 32 %, meters 20 %
        ")
    });
}
