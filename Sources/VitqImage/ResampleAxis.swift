/// One axis of Pillow's resize: which input positions weigh how much in each output position.
///
/// For output position x of a resize from n to m, with s = n / m, f = max(s, 1) and
/// centre c = (x + ½) s, the input positions within support · f of c are weighted by the filter at
/// (i − c + ½) / f; the weights are divided by their sum in double precision and rounded, halves
/// away from zero, to 22 binary places (`Resample.c` of Pillow 13, 8 bits per channel).
package struct ResampleAxis: Sendable {
  /// The number of binary places of a weight.
  package static let fractionBits: Int32 = 22

  /// The number of positions before the resize.
  package let inputCount: Int
  /// The number of positions after it, kept or not.
  package let outputCount: Int
  /// The first input position of each kept output position; never decreasing.
  package let starts: [Int]
  /// The number of input positions of each kept output position; at least 1.
  package let counts: [Int]
  /// `stride` weights for each kept output position, the first `counts` of them in use.
  package let weights: [Int32]
  /// The distance of the weights of neighbouring output positions.
  package let stride: Int

  /// The input positions that some kept output position needs.
  package var inputs: Range<Int> {
    let end = zip(starts, counts).reduce(0) { max($0, $1.0 + $1.1) }
    return (starts.first ?? 0)..<end
  }

  /// The weights of the output positions `kept` of a resize from `inputCount` to `outputCount`.
  ///
  /// Equal counts give weights of exactly 1, which is Pillow's rule of skipping the pass.
  package init(
    inputCount: Int, outputCount: Int, kept: Range<Int>, filter: Preprocessing.Interpolation
  ) {
    precondition(inputCount > 0 && outputCount > 0, "\(inputCount) to \(outputCount) positions")
    precondition(
      !kept.isEmpty && kept.lowerBound >= 0 && kept.upperBound <= outputCount,
      "\(kept) of \(outputCount) positions")
    self.inputCount = inputCount
    self.outputCount = outputCount
    guard inputCount != outputCount else {
      starts = Array(kept)
      counts = Array(repeating: 1, count: kept.count)
      weights = Array(repeating: 1 << Self.fractionBits, count: kept.count)
      stride = 1
      return
    }
    let scale = Double(inputCount) / Double(outputCount)
    let filterScale = max(scale, 1)
    let support = filter.support * filterScale
    let inverse = 1 / filterScale
    var starts: [Int] = []
    var windows: [[Int32]] = []
    for position in kept {
      let center = (Double(position) + 0.5) * scale
      let start = max(Int(center - support + 0.5), 0)
      let end = min(Int(center + support + 0.5), inputCount)
      let window = (start..<end).map { filter.weight((Double($0) - center + 0.5) * inverse) }
      starts.append(start)
      windows.append(Self.fixedPoint(window))
    }
    let stride = windows.reduce(1) { max($0, $1.count) }
    self.starts = starts
    self.counts = windows.map(\.count)
    self.stride = stride
    self.weights = windows.flatMap { $0 + Array(repeating: 0, count: stride - $0.count) }
  }

  private static func fixedPoint(_ window: [Double]) -> [Int32] {
    let sum = window.reduce(0, +)
    return window.map { weight in
      let scaled = (sum == 0 ? weight : weight / sum) * Double(1 << fractionBits)
      return Int32(weight < 0 ? scaled - 0.5 : scaled + 0.5)
    }
  }
}

extension Preprocessing.Interpolation {
  /// Half the width of the filter, in positions of the finer grid.
  fileprivate var support: Double {
    switch self {
    case .bilinear: 1
    case .bicubic: 2
    }
  }

  /// The filter at distance `x`, in Pillow's order of operations.
  fileprivate func weight(_ x: Double) -> Double {
    let x = abs(x)
    switch self {
    case .bilinear:
      return x < 1 ? 1 - x : 0
    case .bicubic:
      let a = -0.5
      if x < 1 { return ((a + 2) * x - (a + 3)) * x * x + 1 }
      return x < 2 ? (((x - 5) * x + 8) * x - 4) * a : 0
    }
  }
}
