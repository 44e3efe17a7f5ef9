import Testing
import VitqReporting

struct ReportingTests {
  @Test func tablesAlignColumns() {
    var table = Table(["model", ">ms"])
    table.append(["fp32", "31.20"])
    table.append(["w4a4", "6.1"])
    #expect(table.plainText == "model     ms\nfp32   31.20\nw4a4     6.1")
    #expect(
      table.markdown == """
        | model |    ms |
        | ----- | ----: |
        | fp32  | 31.20 |
        | w4a4  |   6.1 |
        """)
  }

  @Test func quantilesInterpolate() {
    let samples = Samples([4, 1, 3, 2])
    #expect(samples.minimum == 1)
    #expect(samples.median == 2.5)
    #expect(abs(samples.percentile90 - 3.7) < 1e-12)
  }

  /// Wilson's interval of 396 of 500, as statsmodels' `proportion_confint` gives it.
  @Test func wilsonIntervalIsTheKnownOne() {
    let interval = Proportion(396, of: 500).interval
    #expect(abs(interval.lowerBound - 0.7543) < 5e-4)
    #expect(abs(interval.upperBound - 0.8253) < 5e-4)
  }

  @Test(arguments: [
    (0.0, 2, "0.00"), (3.14159, 2, "3.14"), (-1.005, 1, "-1.0"), (1e-9, 3, "0.000"),
    (99.999, 2, "100.00"), (7, 0, "7"),
  ])
  func figuresHaveFixedDecimals(_ value: Double, _ decimals: Int, _ expected: String) {
    #expect(Figures.fixed(value, decimals) == expected)
  }

  @Test(arguments: [(0.0, "0s"), (59.6, "1m00s"), (185, "3m05s"), (7800, "2h10m")])
  func durationsAreShort(_ seconds: Double, _ expected: String) {
    #expect(Figures.duration(seconds) == expected)
  }

  @Test func jsonEscapesAndKeepsOrder() {
    let value = JSONText.object([
      ("b", .string("a\"\\\n\u{1}")), ("a", .array([.integer(1), .number(.nan), .bool(true)])),
    ])
    #expect(value.text == #"{"b":"a\"\\\n\u0001","a":[1,null,true]}"#)
  }

  @Test func recordsQuoteWhatCommasWouldSplit() {
    let records = Records([
      [("model", .string("a, \"b\"")), ("ms", .number(0.5)), ("all", .array([.integer(1)]))],
      [("model", .string("two\r\nlines")), ("ms", .null), ("all", .array([]))],
    ])
    #expect(records.csv == "model,ms\n\"a, \"\"b\"\"\",0.5\n\"two\r\nlines\",")
    #expect(
      records.jsonLines == #"""
        {"model":"a, \"b\"","ms":0.5,"all":[1]}
        {"model":"two\r\nlines","ms":null,"all":[]}
        """#)
    #expect(Records([]).csv == "")
  }

  @Test func estimatesCountFromTheResumedPoint() {
    let progress = ProgressEstimate(completed: 60, total: 100, resumed: 40, elapsedSeconds: 10)
    #expect(progress.remainingSeconds == 20)
    #expect(progress.bar(width: 10) == "██████░░░░")
    let start = ProgressEstimate(completed: 0, total: 100, elapsedSeconds: 10)
    #expect(start.remainingSeconds == nil)
  }
}
