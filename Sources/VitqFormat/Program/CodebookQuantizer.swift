/// A quantizer of one tensor whose values are some of the 256 of a uniform grid.
///
///     u = clamp(roundToNearestEven(fma(x, 1 / step, zeroPoint)), 0 … 255)
///     code(x) = the level nearest to u, the lower one of two as near
///     value(code) = step · (code − zeroPoint)
///
/// A code is the level itself, a byte, so the integer kernels that read codes do not know how many
/// levels there are, nor where. 2^b levels take b bits of information.
package struct CodebookQuantizer: Hashable, Sendable, Codable {
  /// The distance of neighbouring values of the grid; positive and finite.
  package var step: Float
  /// The grid's code that stands for 0, within 0 … 255.
  package var zeroPoint: Int
  /// The codes in use, ascending and distinct; at least one.
  package var levels: [UInt8]

  package init(step: Float, zeroPoint: Int, levels: [UInt8]) {
    self.step = step
    self.zeroPoint = zeroPoint
    self.levels = levels
  }

  /// The grid, all of whose 256 codes are in use.
  package var grid: UniformQuantizer {
    UniformQuantizer(step: step, zeroPoint: zeroPoint, minimumCode: 0, maximumCode: 255)
  }

  /// The level of each code of the grid.
  package var map: [UInt8] {
    var map: [UInt8] = []
    var index = 0
    for code in 0..<256 {
      while index + 1 < levels.count, 2 * code > Int(levels[index]) + Int(levels[index + 1]) {
        index += 1
      }
      map.append(levels[index])
    }
    return map
  }

  /// Whether the step has a reciprocal, and zero point and levels are as their descriptions say.
  package var isValid: Bool {
    step > 0 && step.isFinite && grid.inverseStep.isFinite && (0...255).contains(zeroPoint)
      && !levels.isEmpty && zip(levels, levels.dropFirst()).allSatisfy { $0 < $1 }
  }
}
