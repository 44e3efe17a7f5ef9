import Testing
import VitqAutodiff
import VitqKit
import VitqSynthesis

/// Which images a record calls diverged.
struct LossRecordTests {
  /// The record of one image whose terms follow curves over `count` points.
  private func record(
    _ count: Int, _ terms: [(name: LossName, weight: Double, value: (Double) -> Double)]
  ) -> LossRecord {
    let record = LossRecord()
    for step in 0..<count {
      var losses = SynthesisLosses()
      for term in terms {
        losses.add(term.name, term.value(Double(step) / Double(count)), weight: term.weight)
      }
      record.record(SynthesisProgress(image: 4, step: step, losses: losses))
    }
    return record
  }

  @Test func anImageThatEndsAboveItsStartDiverged() throws {
    let rising = record(100, [(.labels, 2, { 5 + 10 * $0 }), (.totalVariation, 1, { _ in 1 })])
    let rise = try #require(rising.rises.first)
    #expect(rise.image == 4 && rise.loss.first == 11 && rise.loss.last > 29)
    let warning = try #require(rising.warning(method: .psaq))
    #expect(
      warning
        == "images of psaq: the loss of image 4 ended at 29.9, well above the 11 it began with: "
        + "a learning rate may be too large")
  }

  /// Losses jump from step to step; what they were on the way does not count.
  @Test func anImageThatFellIsFine() {
    let falling = record(100, [(.priors, 1, { 1000 * (1 - $0) * ($0 < 0.8 ? 5 : 1) })])
    #expect(falling.rises.isEmpty && falling.warning(method: .sardfq) == nil)
  }

  @Test func fewStepsAreNotJudged() {
    let short = record(49, [(.priors, 1, { 1 + 100 * $0 })])
    #expect(short.rises.isEmpty)
  }

  /// Images gain by the disagreement of the student, which goes astray by making it large.
  @Test func aStudentThatDivergesIsFound() throws {
    func game(_ growth: Double) -> LossRecord {
      record(60, [(.similarity, 1, { 5 - 5 * $0 }), (.disagreement, -1, { 1 + growth * $0 })])
    }
    #expect(game(2).rises.isEmpty)
    let rise = try #require(game(200).rises.first)
    #expect(rise.loss.first == 6 && rise.loss.last > 180)
  }
}
