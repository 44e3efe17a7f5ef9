import Foundation
import VitqFormat
import VitqOps
import VitqTensor

extension OperationSample {
  static let quantizers: [OperationSample] = [
    quantizing(
      "one quantizer", tensor([3, 17], seed: 40),
      [UniformQuantizer(step: 0.17, zeroPoint: 7, minimumCode: 0, maximumCode: 15)]),
    quantizing(
      "a quantizer for each row", tensor([3, 17], seed: 41),
      [
        UniformQuantizer(step: 0.21, zeroPoint: 0, minimumCode: -8, maximumCode: 7),
        UniformQuantizer(step: 0.11, zeroPoint: 3, minimumCode: 0, maximumCode: 15),
        UniformQuantizer(step: 0.013, zeroPoint: 128, minimumCode: 0, maximumCode: 255),
      ]),
    quantizingRows("rows of 4 bits", bits: 4), quantizingRows("rows of 1 bit", bits: 1),
    quantizingRows("rows of 8 bits", bits: 8),
    logQuantizing(
      "log2 quantizer", LogQuantizer(largest: 1, stepsPerOctave: 1, bits: 4)),
    logQuantizing(
      "log root-2 quantizer of 3 bits", LogQuantizer(largest: 0.25, stepsPerOctave: 2, bits: 3)),
    codebook(
      "codebook of 16 levels",
      CodebookQuantizer(
        step: 0.021, zeroPoint: 100,
        levels: [3, 40, 70, 90, 95, 98, 100, 101, 102, 105, 109, 116, 130, 151, 190, 244])),
    codebook(
      "codebook of 2 levels", CodebookQuantizer(step: 0.04, zeroPoint: 128, levels: [90, 160])),
    attentionTable(
      "attention table",
      AttentionTableQuantizer(
        stepsPerOctave: 16, offset: 0, levels: [32768, 20000, 9000, 4000, 700, 0],
        thresholds: [4, 14, 40, 77, 140])),
    attentionTable(
      "attention table without 0",
      AttentionTableQuantizer(
        stepsPerOctave: 24.5, offset: -3.25, levels: [30000, 500, 7], thresholds: [20, 180])),
  ]

  /// Straight through: the derivative of x clamped to what the codes cover.
  private static func quantizing(
    _ name: String, _ x: Tensor, _ quantizers: [UniformQuantizer]
  ) -> OperationSample {
    @Sendable func rows(
      _ v: [Values], _ map: @escaping (UniformQuantizer, Double) -> Double
    ) -> [Double] {
      v[0].rows.enumerated().flatMap { row, x in
        x.map { map(quantizers[quantizers.count == 1 ? 0 : row], $0) }
      }
    }
    return OperationSample(
      name, FakeQuantize(quantizers), [x],
      differentiating: { v in
        rows(v) { quantizer, x in
          let step = Double(quantizer.step)
          let low = (Double(quantizer.minimumCode - quantizer.zeroPoint) - 0.5) * step
          let high = (Double(quantizer.maximumCode - quantizer.zeroPoint) + 0.5) * step
          return min(max(x, low), high)
        }
      },
      { v in rows(v) { Double($0.value(of: $0.code(of: Float($1)))) } })
  }

  /// Straight through everywhere; rows of one sign, and of zeros, among them.
  private static func quantizingRows(_ name: String, bits: Int) -> OperationSample {
    let random = tensor([6, 17], seed: 45)
    let x = Tensor(
      random.shape,
      random.elements.enumerated().map { index, x in
        switch index / 17 {
        case 0: abs(x)
        case 1: -abs(x)
        case 2: 0
        case 3: x * 1e-35
        default: x
        }
      })
    let largest = Float(1 << bits - 1)
    return OperationSample(
      name, FakeQuantizeRows(bits: bits), [x], differentiating: { v in v[0].elements },
      { v in
        v[0].rows.flatMap { row in
          let x = row.map { Float($0) }
          let (low, high) = (min(x.min() ?? 0, 0), max(x.max() ?? 0, 0))
          var step = (high - low) / largest
          if step < 1e-30 { step = 1 }
          let quantizer = UniformQuantizer(
            step: step, zeroPoint: Int((-low / step).rounded(.toNearestOrEven)), minimumCode: 0,
            maximumCode: Int(largest))
          return x.map { Double(quantizer.value(of: quantizer.code(of: $0))) }
        }
      })
  }

  /// Straight through on p: near e₀ the result ŷ moves as ŷ 2^(e − e₀).
  private static func logQuantizing(
    _ name: String, _ quantizer: LogQuantizer
  ) -> OperationSample {
    let x = tensor([4, 17], seed: 42, range: 12)
    @Sendable func position(_ e: Double) -> Double {
      (Double(quantizer.offset) - Double(quantizer.stepsPerOctave) * e)
        .rounded(.toNearestOrEven)
    }
    @Sendable func value(_ e: Double) -> Double {
      let code = Int(min(max(position(e), 0), 16))
      return code < 16 ? Double(quantizer.levels[code]) / 32768 : 0
    }
    return OperationSample(
      name, FakeQuantizeLog(quantizer), [x],
      differentiating: { v in
        zip(v[0].elements, x.elements).map { e, center in
          let fixed = Double(center)
          return position(fixed) < 0 ? value(fixed) : value(fixed) * exp2(e - fixed)
        }
      },
      { v in v[0].elements.map(value) })
  }

  /// Straight through: the derivative of x clamped to what the levels span.
  private static func codebook(_ name: String, _ quantizer: CodebookQuantizer) -> OperationSample {
    let codes = quantizer.levels.map { Double($0) - Double(quantizer.zeroPoint) }
    let step = Double(quantizer.step)
    let low = ((codes.first ?? 0) - 0.5) * step
    let high = ((codes.last ?? 0) + 0.5) * step
    return OperationSample(
      name, FakeQuantizeCodebook(quantizer), [tensor([3, 17], seed: 43)],
      differentiating: { v in v[0].elements.map { min(max($0, low), high) } },
      { v in
        v[0].elements.map { x in
          let code = Double(quantizer.grid.code(of: Float(x)) - quantizer.zeroPoint)
          return step * (codes.min { abs($0 - code) < abs($1 - code) } ?? 0)
        }
      })
  }

  /// Straight through on p, as for the logarithmic quantizer.
  private static func attentionTable(
    _ name: String, _ quantizer: AttentionTableQuantizer
  ) -> OperationSample {
    let x = tensor([4, 17], seed: 44, range: 12)
    @Sendable func position(_ e: Double) -> Double {
      (Double(quantizer.offset) - Double(quantizer.stepsPerOctave) * e)
        .rounded(.toNearestOrEven)
    }
    @Sendable func value(_ e: Double) -> Double {
      let code = min(max(position(e), 0), 255)
      let index = quantizer.thresholds.count { Double($0) <= code }
      return Double(quantizer.levels[index]) / 32768
    }
    return OperationSample(
      name, FakeQuantizeAttentionTable(quantizer), [x],
      differentiating: { v in
        zip(v[0].elements, x.elements).map { e, center in
          let fixed = Double(center)
          return (0...255).contains(position(fixed)) ? value(fixed) * exp2(e - fixed) : value(fixed)
        }
      },
      { v in v[0].elements.map(value) })
  }
}
