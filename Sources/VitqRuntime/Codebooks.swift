package import CVitqKernels
package import VitqFormat

extension vitq_codebook {
  /// A codebook of ascending levels, at least one.
  package init(levels: [UInt8]) {
    self.init()
    level_count = UInt32(levels.count)
    let codebook = CodebookQuantizer(step: 1, zeroPoint: 0, levels: levels)
    unsafe withUnsafeMutableBytes(of: &map) { unsafe $0.store(codebook.map[...]) }
    guard levels.count <= 16 else { return }
    unsafe withUnsafeMutableBytes(of: &self.levels) { unsafe $0.store(levels[...]) }
    unsafe withUnsafeMutableBytes(of: &thresholds) { unsafe $0.store(codebook.thresholds[...]) }
  }

  /// Any table of 256 entries.
  package init(table: [UInt8]) {
    self.init()
    level_count = 256
    unsafe withUnsafeMutableBytes(of: &map) { unsafe $0.store(table[...]) }
  }
}

extension vitq_attention {
  /// Quantizes probabilities by a table of valid parts.
  package mutating func setTable(_ table: AttentionTableQuantizer) {
    unsafe probabilities = VITQ_PROBABILITIES_TABLE
    unsafe steps_per_octave = table.stepsPerOctave
    unsafe level_offset = table.offset
    unsafe level_count = UInt32(table.levels.count)
    unsafe withUnsafeMutableBytes(of: &levels) { unsafe $0.store(table.levels[...]) }
    unsafe withUnsafeMutableBytes(of: &thresholds) { unsafe $0.store(table.thresholds[...]) }
  }
}

extension UnsafeMutableRawBufferPointer {
  /// Writes the elements from the start on; there is room for them.
  func store<Element: BitwiseCopyable>(_ elements: ArraySlice<Element>) {
    unsafe elements.withUnsafeBytes { unsafe copyMemory(from: $0) }
  }
}
