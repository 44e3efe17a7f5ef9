import ArgumentParser
import Testing
import VitqCommandLine

struct TimeBudgetTests {
  @Test(arguments: [
    ("90s", 90.0), ("30m", 1800), ("2h", 7200), ("1h30m", 5400), ("1h1s", 3601), ("0.5m", 30),
    ("1h02m03.5s", 3723.5), (".25s", 0.25),
  ])
  func timesAreRead(_ text: String, _ seconds: Double) {
    #expect(TimeBudget(text)?.seconds == seconds)
    #expect(TimeBudget(text)?.text == text)
  }

  @Test(arguments: [
    "30", "m", "30 m", "30min", "30m1h", "1m1m", "0s", "0h0m", "-1s", "+1s", "1e3s", "infs",
    "1.2.3s", ".s", "1s5", "300000h", "१s", "1M",
  ])
  func othersAreRefused(_ text: String) throws {
    #expect(TimeBudget(text) == nil)
    #expect {
      try PlanOptions.parse(["--time-budget=\(text)"])
    } throws: { error in
      PlanOptions.message(for: error)
        == "--time-budget: expected a time above 0 such as 90s, 30m or 1h30m, found '\(text)'"
    }
  }
}
