import CVitqKernels
import Testing
import VitqFormat
import VitqRuntime
import VitqTestSupport

/// Rows that get quantizers of their own, and sums that are rescaled by them.
struct RowScaleKernelTests {
  static let rowCount = 7

  @Test(arguments: InstructionSet.available, RowKernelTests.widths)
  func codesAreThoseOfTheQuantizerThatSpansTheRow(_ set: InstructionSet, _ width: Int) {
    for bits in [1, 3, 4, 8] {
      let source = Self.rows(width)
      let codes = KernelMatrix<UInt8>(rows: Self.rowCount, columns: width) { _ in 0 }
      let scales = KernelMatrix<Float>(rows: Self.rowCount, columns: 2) { _ in 0 }
      let largest = 1 << bits - 1
      kernels(set).f32_u8_quantize_rows?(
        Float(largest), Self.rowCount, width, source.pointer, source.stride, codes.pointer,
        codes.stride, scales.pointer, scales.stride)
      #expect(codes.isCanaryAlive && scales.isCanaryAlive)
      for row in 0..<Self.rowCount {
        let x = (0..<width).map { source[row, $0] }
        let quantizer = Self.quantizer(of: x, largest: largest)
        #expect(scales[row, 0] == quantizer.step)
        #expect(scales[row, 1] == Float(quantizer.zeroPoint))
        #expect((0..<width).map { Int(codes[row, $0]) } == x.map { quantizer.code(of: $0) })
      }
    }
  }

  /// Rows that are no numbers, which only a damaged file can make, give codes all the same.
  @Test(arguments: InstructionSet.available)
  func anyRowGivesCodesOfItsBits(_ set: InstructionSet) {
    let oddities: [Float] = [
      .nan, .infinity, -.infinity, .greatestFiniteMagnitude, -.greatestFiniteMagnitude,
      .leastNonzeroMagnitude, -0.0,
    ]
    let source = KernelMatrix<Float>(rows: 7, columns: 40) { index in
      index % 9 == 0 ? oddities[index / 40] : Float(index % 13) - 6
    }
    let codes = KernelMatrix<UInt8>(rows: 7, columns: 40) { _ in 0 }
    let scales = KernelMatrix<Float>(rows: 7, columns: 2) { _ in 0 }
    kernels(set).f32_u8_quantize_rows?(
      15, 7, 40, source.pointer, source.stride, codes.pointer, codes.stride, scales.pointer,
      scales.stride)
    #expect(codes.elements.allSatisfy { $0 <= 15 })
    for row in 0..<7 {
      #expect(scales[row, 0] > 0 && scales[row, 0].isFinite)
      #expect((0...15).contains(scales[row, 1]))
    }
  }

  @Test(arguments: InstructionSet.available, RowKernelTests.widths)
  func sumsAreRescaledByTheFixedRecipe(_ set: InstructionSet, _ width: Int) {
    var generator = SplitMix64(seed: UInt64(width))
    let sums = KernelMatrix<Float>(rows: Self.rowCount, columns: width) { Float($0 % 311) - 150 }
    let scales = KernelMatrix<Float>(rows: Self.rowCount, columns: 2) {
      $0 % 2 == 0 ? 0.013 * Float(1 + $0) : Float($0)
    }
    let weightSums = generator.floats(width).map { ($0 * 90).rounded() }
    let (weightSteps, bias) = (generator.floats(width), generator.floats(width))
    let quantizer = UniformQuantizer(step: 0.25, zeroPoint: 9, minimumCode: 0, maximumCode: 15)
    let expected = (0..<Self.rowCount).map { row in
      (0..<width).map { c in
        let centred = sums[row, c].addingProduct(-scales[row, 1], weightSums[c])
        return bias[c].addingProduct(centred, scales[row, 0] * weightSteps[c])
      }
    }
    let order: [Int32] = [6, -1, 4, 3, 2, 1, 0]
    for epilogue in [
      VITQ_ROW_EPILOGUE_STORE, VITQ_ROW_EPILOGUE_ACCUMULATE, VITQ_ROW_EPILOGUE_QUANTIZE,
    ] {
      let isCode = epilogue == VITQ_ROW_EPILOGUE_QUANTIZE
      let isScattered = epilogue == VITQ_ROW_EPILOGUE_ACCUMULATE
      let target = KernelMatrix<Float>(rows: Self.rowCount, columns: width) { _ in 0.5 }
      let codes = KernelMatrix<UInt8>(rows: Self.rowCount, columns: width) { _ in 0 }
      weightSums.withUnsafeBufferPointer { weightSums in
        weightSteps.withUnsafeBufferPointer { weightSteps in
          bias.withUnsafeBufferPointer { bias in
            order.withUnsafeBufferPointer { order in
              var scaling = vitq_row_scaling(
                weight_sums: weightSums.baseAddress, weight_steps: weightSteps.baseAddress,
                bias: bias.baseAddress, columns: width, epilogue: epilogue,
                quantizer: vitq_quantizer(
                  inverse_step: 4, zero_point: 9, low: 0, high: 15, shift: 0),
                target_rows: isScattered ? order.baseAddress : nil)
              kernels(set).f32_rescale_rows?(
                &scaling, Self.rowCount, sums.pointer, sums.stride, scales.pointer, scales.stride,
                isCode ? codes.memory : target.memory, isCode ? codes.stride : target.stride)
            }
          }
        }
      }
      #expect(target.isCanaryAlive && codes.isCanaryAlive)
      for row in 0..<Self.rowCount {
        if isCode {
          let found = (0..<width).map { Int(codes[row, $0]) }
          #expect(found == expected[row].map { quantizer.code(of: $0) })
        } else if isScattered {
          guard order[row] >= 0 else { continue }
          let found = (0..<width).map { target[Int(order[row]), $0] }
          #expect(found == expected[row].map { 0.5 + $0 })
        } else {
          #expect((0..<width).map { target[row, $0] } == expected[row])
        }
      }
      if isScattered { #expect((0..<width).allSatisfy { target[5, $0] == 0.5 }) }
    }
  }

  /// Rows of both signs, of either sign alone, of zeros and of tiny numbers.
  private static func rows(_ width: Int) -> KernelMatrix<Float> {
    var generator = SplitMix64(seed: UInt64(width))
    let values = generator.floats(rowCount * width)
    return KernelMatrix(rows: rowCount, columns: width) { index in
      switch index / width {
      case 1: abs(values[index]) + 0.25
      case 2: -abs(values[index]) * 7
      case 3: 0
      case 4: values[index] * 1e-37
      default: values[index] * 3 + 0.5
      }
    }
  }

  /// The quantizer of a row, as `Program.RowQuantization` defines it.
  private static func quantizer(of x: [Float], largest: Int) -> UniformQuantizer {
    let (low, high) = (min(x.min() ?? 0, 0), max(x.max() ?? 0, 0))
    var step = (high - low) / Float(largest)
    if step < 1e-30 { step = 1 }
    return UniformQuantizer(
      step: step, zeroPoint: Int((-low / step).rounded(.toNearestOrEven)), minimumCode: 0,
      maximumCode: largest)
  }
}
