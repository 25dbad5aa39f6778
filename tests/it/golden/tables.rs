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
        Production (sample)     1,151.88  2,033.86  1,916 – 2,193   +9.0 %  ▄▅▅▅▇▄▅
        Data Platform (sample)    775.27  1,477.10  1,428 – 1,541   +1.7 %  ▆▇▇▆▇▆▆
        ───────────────────────────────────────────────────────────────────────────
        Total                   1,927.15  3,510.96  3,378 – 3,690   +5.8 %  ▅▆▆▆▇▅▅

        In the total                          Actual  Expected
                                              so far     total
        ──────────────────────────────────────────────────────
        Usage                               1,701.85  3,244.21
        Marketplace usage                      48.25     89.71
        Purchases (recurring)                 127.90    127.89
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
        Virtual Machines    956.64  1,654.02   1,599 –  1,726   +8.7 %  ▃▃▄▄▃▄▄▃▇▄▃▃▄▃
        Storage             268.92    495.75  489.03 – 504.92   +5.6 %  ▇▇▇▇▇▇▇▇▇▇▇▇▇▇
        Networking          269.14    494.57  475.67 – 518.81   +9.4 %  ▅▅▇▇▃▇▇▃▇▇▅▅▇▆
        Others              432.44    866.62     795 –  1,165   -1.0 %  ▃▃▃▃▃▇▅▃▃▃▃▃▃▃
        ──────────────────────────────────────────────────────────────────────────────
        Total             1,927.15  3,510.96   3,378 –  3,690   +5.8 %  ▄▄▅▅▄▆▆▄▇▅▄▄▅▄

        In the total                          Actual  Expected
                                              so far     total
        ──────────────────────────────────────────────────────
        Usage                               1,701.85  3,244.21
        Marketplace usage                      48.25     89.71
        Purchases (recurring)                 127.90    127.89
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
        Production (sample)     1,151.88   5,974.26  5,208 –  7,101  ▃▃▄▄▃▅▅▃▇▄▄▄▄▃
        Data Platform (sample)    775.27   4,421.24  4,027 –  5,001  ▅▅▅▅▄▇▆▄▅▅▅▅▅▅
        ───────────────────────────────────────────────────────────────────────────
        Total                   1,927.15  10,395.50  9,470 – 11,758  ▄▄▅▅▄▆▆▄▇▅▄▄▅▄

        In the total                          Actual  Expected
                                              so far     total
        ──────────────────────────────────────────────────────
        Usage                               1,701.85  9,603.69
        Marketplace usage                      48.25    260.98
        Purchases (recurring)                 127.90    424.80
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
        Production (sample)     1,151.88  2,033.86  1,916 – 2,193   +9.0 %  ▄▅▅▅▇▄▅
        Data Platform (sample)    775.27  1,477.10  1,428 – 1,541   +1.7 %  ▆▇▇▆▇▆▆
        ───────────────────────────────────────────────────────────────────────────
        Total                   1,927.15  3,510.96  3,378 – 3,690   +5.8 %  ▅▆▆▆▇▅▅

        In the total                          Actual  Expected
                                              so far     total
        ──────────────────────────────────────────────────────
        Usage                               1,701.85  3,244.21
        Marketplace usage                      48.25     89.71
        Purchases (recurring)                 127.90    127.89
        Marketplace purchases                  49.00     49.00
        Refunds, adjustments, late charges      0.15      0.15

        Forecast of November 2026 · billed cost · USD

                                Actual  Expected
                                so far     total     80 % range  Daily
        ───────────────────────────────────────────────────────────────────────
        Production (sample)       0.00  1,926.67  1,597 – 2,418  ▃▃▄▄▃▅▅▃▇▄▄▄▄▃
        Data Platform (sample)    0.00  1,438.20  1,263 – 1,699  ▅▅▅▅▄▇▆▄▅▅▅▅▅▅
        ───────────────────────────────────────────────────────────────────────
        Total                     0.00  3,364.87  2,962 – 3,965  ▄▄▅▅▄▆▆▄▇▅▄▄▅▄

        In the total           Actual  Expected
                               so far     total
        ───────────────────────────────────────
        Usage                    0.00  3,104.37
        Marketplace usage        0.00     83.61
        Purchases (recurring)    0.00    148.45
        Marketplace purchases    0.00     28.44

        Forecast of December 2026 · billed cost · USD

                                Actual  Expected
                                so far     total     80 % range  Daily
        ───────────────────────────────────────────────────────────────────────
        Production (sample)       0.00  2,013.73  1,611 – 2,615  ▃▃▄▄▃▅▅▃▇▄▄▄▄▃
        Data Platform (sample)    0.00  1,505.94  1,292 – 1,825  ▅▅▅▅▄▇▆▄▅▅▅▅▅▅
        ───────────────────────────────────────────────────────────────────────
        Total                     0.00  3,519.67  3,027 – 4,254  ▄▄▅▅▄▆▆▄▇▅▄▄▅▄

        In the total           Actual  Expected
                               so far     total
        ───────────────────────────────────────
        Usage                    0.00  3,255.11
        Marketplace usage        0.00     87.66
        Purchases (recurring)    0.00    148.46
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
           3       3  20.1 %  24.0 %       15.2 %  -20.1 %   12.7 %  66.7 %   66.7 %
           7       3  20.9 %  22.5 %       22.6 %  -20.9 %   14.6 %  33.3 %   66.7 %
          10       3  20.2 %  21.5 %       21.2 %  -20.2 %   15.5 %  33.3 %   66.7 %
          15       3   3.6 %   4.6 %        4.0 %   -3.6 %    1.6 %  66.7 %  100.0 %
          20       3   3.4 %   4.3 %        3.3 %   -3.4 %    1.4 %  33.3 %  100.0 %
          25       3   3.1 %   3.4 %        3.2 %   -3.1 %    1.3 %   0.0 %  100.0 %
        ────────────────────────────────────────────────────────────────────────────
         all      18  11.9 %  13.4 %       11.6 %  -11.9 %    7.9 %  38.9 %   83.3 %

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
        | 2026-10-01T00:00:00Z | 2026-11-01T00:00:00Z | usage              | USD             | BilledCost | billed      |            1 | [run] | 2026-10-18 | 2026-10-16 | ok       | run_rate |        1750.25 |             1521.61 |         3271.86 |   3078.30 |   3551.42 |   2887.75 |   4212.27 |         3140.96 |           108 |             0 |
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
        the forecast of `Production (sample)` is made of own 27 %, services 37 %, meters 36 %
        the forecast of `Data Platform (sample)` is made of own 56 %, services 21 %, meters 23 %
        ")
    });
}
