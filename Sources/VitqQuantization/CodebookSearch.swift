package import VitqAutodiff
package import VitqFormat
import VitqOps
package import VitqTensor

/// The search for the levels of a codebook on a grid of up to 8 bits.
///
/// The grid is the quantizer that ``ActivationSearch`` finds; then 2^b of its codes are chosen by the
/// squared error: any (``LevelPartition``), or powers of a base above the lowest code.
package struct CodebookSearch: Sendable {
  package let bits: Int
  /// Bits of the codes of the grid.
  ///
  /// The fewer, the longer the chains in which the AVX2 kernels of the next layer add.
  package let gridBits: Int
  package let percentiles: [Double]
  /// Where the levels lie; not `uniform`.
  package let codes: QuantizationRecipe.ActivationCodes

  package init(
    bits: Int, gridBits: Int = 8, percentiles: [Double], codes: QuantizationRecipe.ActivationCodes
  ) {
    precondition(codes != .uniform)
    self.bits = bits
    self.gridBits = gridBits
    self.percentiles = percentiles
    self.codes = codes
  }

  /// The bases of powers, in 74ths of an octave; nil if levels are any.
  private var spacings: [Int]? {
    let octave = 74
    return switch codes {
    case .log2: [octave]
    case .logSqrt2: [octave / 2]
    // Bases 2^(q/37) (AdaLog, arXiv:2407.12951, section 3.2).
    case .adalog: (4...64).map { 2 * $0 }
    case .codebook, .uniform: nil
    }
  }

  /// The quantizer of a value and its squared error, given the value on each image.
  package func choose(
    _ values: [Tensor], workers: Workers
  ) -> (quantizer: CodebookQuantizer, squaredError: Double) {
    let grid = ActivationSearch(bits: gridBits, percentiles: percentiles)
      .choose(values, workers: workers).quantizer
    let histogram = Self.histogram(values, grid, workers: workers)
    let levels = spacings.map { powers(histogram, $0) } ?? optimal(histogram)
    let quantizer = CodebookQuantizer(step: grid.step, zeroPoint: grid.zeroPoint, levels: levels)
    let errors = workers.map(values.count) {
    } body: { [values] _, i in
      var rounded = Tensor(zeros: values[i].shape)
      return values[i].withView { x in
        rounded.withMutableView {
          VectorKernels.current.tableQuantize(x, quantizer.coding, into: $0)
          VectorKernels.current.scale(x, by: -1, into: $0, accumulates: true)
        }
        return rounded.withView { VectorKernels.current.dot($0, $0) }
      }
    }
    return (quantizer, errors.reduce(0, +))
  }

  /// The 2^b codes of least squared error.
  private func optimal(_ histogram: [Int]) -> [UInt8] {
    let partition = LevelPartition(LevelBins(histogram: histogram)) {
      $0.rounded(.toNearestOrEven)
    }
    let runs = partition.runs(1 << bits)
    return runs.isEmpty ? [0] : Set(runs.map { UInt8($0.level) }).sorted()
  }

  /// Codes that fall from the highest in equal ratios, and the lowest.
  private func powers(_ histogram: [Int], _ spacings: [Int]) -> [UInt8] {
    let highest = histogram.lastIndex { $0 > 0 } ?? 0
    let lowest = histogram.firstIndex { $0 > 0 } ?? 0
    let bins = LevelBins(histogram: histogram)
    var best: (levels: [UInt8], error: Double) = ([UInt8(highest)], .infinity)
    for spacing in spacings {
      // By single steps, so that no library of functions matters.
      let ratio = Self.root.power(-spacing)
      var levels: Set<UInt8> = [UInt8(lowest)]
      var height = Double(highest - lowest)
      for _ in 1..<1 << bits {
        levels.insert(UInt8(Double(lowest) + height.rounded(.toNearestOrEven)))
        height *= ratio
      }
      let sorted = levels.sorted()
      let map = CodebookQuantizer(step: 1, zeroPoint: 0, levels: sorted).map
      let error = map.enumerated().reduce(0) {
        $0 + bins.squaredError($1.offset..<$1.offset + 1, level: Double($1.element))
      }
      if error < best.error { best = (sorted, error) }
    }
    return best.levels
  }

  /// 2^(1/74).
  private static let root = 1.009_410_860_059_099_4

  private static func histogram(
    _ values: [Tensor], _ grid: UniformQuantizer, workers: Workers
  ) -> [Int] {
    let parts = workers.map(values.count) {
    } body: { [values] _, i in
      var codes = Tensor(zeros: values[i].shape)
      values[i].withView { x in
        codes.withMutableView {
          VectorKernels.current.quantize(x, UniformCoding(grid), into: $0)
        }
      }
      var counts = Array(repeating: 0, count: 256)
      codes.elements.withUnsafeBufferPointer { codes in
        counts.withUnsafeMutableBufferPointer { counts in
          for code in codes { counts[Int(code)] += 1 }
        }
      }
      return counts
    }
    return parts.reduce(Array(repeating: 0, count: 256)) { sum, part in
      zip(sum, part).map { $0 + $1 }
    }
  }
}

extension Double {
  /// The product of this number, or of its inverse, with itself.
  fileprivate func power(_ exponent: Int) -> Double {
    let base = exponent < 0 ? 1 / self : self
    return (0..<abs(exponent)).reduce(1) { product, _ in product * base }
  }
}

extension CodebookQuantizer {
  /// In real values.
  fileprivate var coding: TableCoding {
    TableCoding(
      slope: grid.inverseStep, offset: Float(zeroPoint),
      values: map.map { grid.value(of: Int($0)) })
  }
}
