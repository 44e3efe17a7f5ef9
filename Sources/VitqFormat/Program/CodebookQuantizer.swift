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

  /// The codebook whose values are nearest to the given ones.
  ///
  /// The grid covers 0 and all values in `gridCodeCount` codes; values that fall on one code share
  /// a level. `nil` if there is no value other than 0, or one is not finite. A grid of fewer codes,
  /// 2 to 256, allows the AVX2 kernels of the next layer longer chains.
  package init?(values: [Float], gridCodeCount: Int = 256) {
    precondition((2...256).contains(gridCodeCount), "a grid of \(gridCodeCount) codes")
    let low = min(values.min() ?? 0, 0), high = max(values.max() ?? 0, 0)
    let step = (high - low) / Float(gridCodeCount - 1)
    guard values.allSatisfy(\.isFinite), step > 0, step.isFinite, (1 / step).isFinite
    else { return nil }
    let zeroPoint = Int((-low / step).rounded(.toNearestOrEven))
    let grid = UniformQuantizer(
      step: step, zeroPoint: zeroPoint, minimumCode: 0, maximumCode: gridCodeCount - 1)
    let codes = Set(values.map { UInt8(grid.code(of: $0)) })
    self.init(step: step, zeroPoint: zeroPoint, levels: codes.sorted())
  }

  /// The grid, all of whose 256 codes are in use.
  package var grid: UniformQuantizer {
    UniformQuantizer(step: step, zeroPoint: zeroPoint, minimumCode: 0, maximumCode: 255)
  }

  /// The least code of the grid that becomes each level but the first.
  package var thresholds: [UInt8] {
    zip(levels, levels.dropFirst()).map { UInt8((Int($0) + Int($1)) / 2 + 1) }
  }

  /// The level of each code of the grid.
  package var map: [UInt8] {
    let thresholds = thresholds
    var index = 0
    return (0..<256).map { code in
      while index < thresholds.count, Int(thresholds[index]) <= code { index += 1 }
      return levels[index]
    }
  }

  /// Whether the step has a reciprocal, and zero point and levels are as their descriptions say.
  package var isValid: Bool {
    step > 0 && step.isFinite && grid.inverseStep.isFinite && (0...255).contains(zeroPoint)
      && !levels.isEmpty && zip(levels, levels.dropFirst()).allSatisfy { $0 < $1 }
  }
}
