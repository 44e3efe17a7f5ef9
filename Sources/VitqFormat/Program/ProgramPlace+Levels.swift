extension ProgramPlace {
  /// The levels of a codebook: 1 to 256 bytes, ascending.
  func requireLevels(_ levels: [UInt8]) throws(ProgramError) {
    try require((1...256).contains(levels.count), "1 to 256 levels", "\(levels.count)")
    let place = levels.indices.dropFirst().first { levels[$0 - 1] >= levels[$0] }
    if let place {
      throw .invalid(
        self, expected: "ascending levels", found: "\(levels[place - 1]), \(levels[place])")
    }
  }

  /// The parts of an attention table, each named by a suffix of this field.
  func require(_ table: AttentionTableQuantizer) throws(ProgramError) {
    func part(_ name: String) -> ProgramPlace {
      ProgramPlace("\(field).\(name)", instruction: instruction)
    }
    try part("stepsPerOctave").require(
      (0.25...64).contains(table.stepsPerOctave), "a number from 0.25 to 64",
      "\(table.stepsPerOctave)")
    try part("offset").require(
      abs(table.offset) <= 1024, "a number from -1024 to 1024", "\(table.offset)")
    let (levels, thresholds) = (table.levels, table.thresholds)
    let most = AttentionTableQuantizer.maximumLevelCount
    try part("levels").require(
      (1...most).contains(levels.count), "1 to \(most) levels", "\(levels.count)")
    try part("thresholds").require(
      thresholds.count == levels.count - 1, "\(levels.count - 1), one less than levels",
      "\(thresholds.count)")
    if let level = levels.first(where: { $0 > 1 << 15 }) {
      throw .invalid(part("levels"), expected: "levels of at most 2^15", found: "\(level)")
    }
    for (a, b) in zip(levels, levels.dropFirst()) where a <= b {
      throw .invalid(part("levels"), expected: "descending levels", found: "\(a), \(b)")
    }
    if thresholds.first == 0 {
      throw .invalid(part("thresholds"), expected: "thresholds of at least 1", found: "0")
    }
    for (a, b) in zip(thresholds, thresholds.dropFirst()) where a >= b {
      throw .invalid(part("thresholds"), expected: "ascending thresholds", found: "\(a), \(b)")
    }
  }
}
