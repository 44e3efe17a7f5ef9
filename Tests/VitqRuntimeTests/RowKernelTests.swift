import CVitqKernels
import Testing
import VitqRuntime
import VitqTestSupport

struct RowKernelTests {
  static let widths = [1, 2, 15, 16, 17, 31, 33, 97, 192, 768]
  static let quantizer = vitq_quantizer(
    inverse_step: 30, zero_point: 120, low: 0, high: 255, shift: 0)

  @Test(arguments: InstructionSet.available, widths)
  func layerNormEqualsTheReference(_ set: InstructionSet, _ width: Int) {
    let (expected, expectedCodes) = layerNorm(.scalar, width)
    let (found, foundCodes) = layerNorm(set, width)
    #expect(found.map(\.bitPattern) == expected.map(\.bitPattern))
    #expect(foundCodes == expectedCodes)
  }

  @Test(arguments: InstructionSet.available, widths)
  func meanAndQuantizeEqualTheReference(_ set: InstructionSet, _ width: Int) {
    let results = [InstructionSet.scalar, set].map { set in
      let source = matrix(rows: 7, width)
      let mean = KernelMatrix<Float>(rows: 1, columns: width) { _ in 0 }
      let codes = KernelMatrix<UInt8>(rows: 7, columns: width) { _ in 0 }
      var quantizer = Self.quantizer
      kernels(set).f32_mean?(7, width, source.pointer, source.stride, mean.pointer)
      kernels(set).f32_u8_quantize?(
        &quantizer, 7, width, source.pointer, source.stride, codes.pointer, codes.stride)
      #expect(mean.isCanaryAlive && codes.isCanaryAlive)
      return (mean.elements, codes.elements)
    }
    #expect(Tolerance.exact.accepts(results[0].0, results[1].0))
    #expect(results[0].1 == results[1].1)
    let source = matrix(rows: 7, width)
    let expected = (0..<width).map { c in (0..<7).reduce(Float(0)) { $0 + source[$1, c] } / 7 }
    #expect(Tolerance.rounding.accepts(results[1].0, expected))
  }

  /// Codes half way between two, under zero points that are even and odd.
  @Test(arguments: InstructionSet.available, [0, 7, 8] as [Int32])
  func tiesGoToTheEvenCode(_ set: InstructionSet, _ shift: Int32) {
    let width = 40
    let source = KernelMatrix<Float>(rows: 3, columns: width) { Float($0) / 2 }
    let codes = KernelMatrix<UInt8>(rows: 3, columns: width) { _ in 0 }
    var quantizer = vitq_quantizer(
      inverse_step: 1, zero_point: 0, low: 0, high: 50, shift: shift)
    kernels(set).f32_u8_quantize?(
      &quantizer, 3, width, source.pointer, source.stride, codes.pointer, codes.stride)
    for row in 0..<3 {
      for column in 0..<width {
        let code = Int32(min(source[row, column].rounded(.toNearestOrEven), 50))
        #expect(codes[row, column] == UInt8(truncatingIfNeeded: code - shift))
      }
    }
  }

  @Test(arguments: InstructionSet.available, [3, 4, 16])
  func patchesAreReadChannelByChannel(_ set: InstructionSet, _ side: Int) {
    let (height, width, columns) = (2 * side, 5 * side, 3 * side * side)
    let image = (0..<height * width * 3).map { UInt8(truncatingIfNeeded: $0 &* 167) }
    let target = KernelMatrix<UInt8>(rows: 10, columns: columns) { _ in 0 }
    kernels(set).u8_image_patches?(image, width, side, 0, 10, target.pointer, target.stride)
    for patch in 0..<10 {
      for element in 0..<columns {
        let (c, i, j) = (
          element / (side * side), element / side % side, element % side
        )
        let pixel = (patch / 5 * side + i) * width + patch % 5 * side + j
        #expect(target[patch, element] == image[pixel * 3 + c])
      }
    }
    #expect(target.isCanaryAlive)
  }

  /// Each kernel of the list stands in one suite; a new line in the list must be added to one.
  @Test func everyKernelOfTheListIsTested() {
    let tested: Set = [
      "u8_s4_linear", "u8_s8_linear", "u8_s8_attention", "f32_f32_layer_norm",
      "f32_u8_layer_norm", "f32_u8_quantize", "f32_mean", "u8_codebook", "f32_u8_quantize_rows",
      "f32_rescale_rows", "u8_image_patches",
    ]
    var listed: Set<String> = []
    while let name = vitq_integer_kernel_name(listed.count) { listed.insert(String(cString: name)) }
    #expect(listed == tested)
  }

  private func matrix(rows: Int, _ width: Int) -> KernelMatrix<Float> {
    var generator = SplitMix64(seed: UInt64(width))
    let values = generator.floats(rows * width)
    return KernelMatrix(rows: rows, columns: width) { values[$0] * 3 + 0.5 }
  }

  private func layerNorm(_ set: InstructionSet, _ width: Int) -> ([Float], [UInt8]) {
    var generator = SplitMix64(seed: 5)
    let source = matrix(rows: 5, width)
    let gamma = generator.floats(width), beta = generator.floats(width)
    let target = KernelMatrix<Float>(rows: 5, columns: width) { _ in 0 }
    let codes = KernelMatrix<UInt8>(rows: 5, columns: width) { _ in 0 }
    gamma.withUnsafeBufferPointer { gamma in
      beta.withUnsafeBufferPointer { beta in
        var normalization = vitq_normalization(
          gamma: gamma.baseAddress, beta: beta.baseAddress, epsilon: 1e-6, width: width)
        var quantizer = Self.quantizer
        kernels(set).f32_f32_layer_norm?(
          &normalization, 5, source.pointer, source.stride, target.pointer, target.stride)
        kernels(set).f32_u8_layer_norm?(
          &normalization, &quantizer, 5, source.pointer, source.stride, codes.pointer,
          codes.stride)
      }
    }
    #expect(target.isCanaryAlive && codes.isCanaryAlive)
    return (target.elements, codes.elements)
  }
}
