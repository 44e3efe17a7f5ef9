extension SynthesisOptions {
  /// Checks that every setting that the method uses is in its range.
  ///
  /// - Throws: ``SynthesisError/invalidOption(_:found:requirement:)``.
  package func check() throws(SynthesisError) {
    try Self.require("images", imageCount, 1...1_000_000)
    guard method != .noise else { return }
    try Self.require("steps", stepCount, 1...1_000_000)
    try Self.require("checkpoint interval", checkpointInterval, 1...1_000_000)
    try Self.require("learning rate", learningRate ?? 1, "a positive number") { $0 > 0 }
    if method == .sardfq { try checkSARDFQ() }
    if method == .psaqV2 {
      try Self.require("student weight bits", student.weightBits, 2...8)
      try Self.require("student activation bits", student.activationBits, 2...8)
      try Self.require("student image steps", student.imageSteps, 1...1_000_000)
      try Self.require("student steps", student.studentSteps, 0...1_000_000)
      try Self.require("student learning rate", student.learningRate, "a positive number") {
        $0 > 0
      }
    }
  }

  private func checkSARDFQ() throws(SynthesisError) {
    if attentionPriors.isOn {
      try Self.require("attention prior components", attentionPriors.maximumComponents, 1...1000)
      try Self.require(
        "attention prior first block", attentionPriors.firstBlockShare, "a share of 0 to 1"
      ) { (0...1).contains($0) }
      try Self.require("alpha", Double(attentionPriors.weight ?? 0), "a number of at least 0") {
        $0 >= 0
      }
    }
    if semanticReinforcement.isOn {
      try Self.require("parts", semanticReinforcement.maximumParts, 1...64)
    }
    if softLabels.isOn {
      let (lowest, highest) = (softLabels.lowestScore, softLabels.highestScore)
      // exp(score) and the sum over the classes have to be finite.
      try Self.require("lowest soft label score", lowest, "a number of 0 to 80") {
        (0...80).contains($0)
      }
      try Self.require("highest soft label score", highest, "a number of \(lowest) to 80") {
        $0 >= lowest && $0 <= 80
      }
    }
  }

  private static func require(
    _ name: String, _ value: Int, _ range: ClosedRange<Int>
  ) throws(SynthesisError) {
    guard !range.contains(value) else { return }
    throw .invalidOption(name, found: "\(value)", requirement: "\(range)")
  }

  private static func require(
    _ name: String, _ value: Double, _ requirement: String, _ condition: (Double) -> Bool
  ) throws(SynthesisError) {
    guard !(condition(value) && value.isFinite) else { return }
    throw .invalidOption(name, found: "\(value)", requirement: requirement)
  }
}
