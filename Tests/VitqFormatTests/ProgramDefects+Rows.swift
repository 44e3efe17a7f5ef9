import VitqFormat

/// What can be wrong with the instructions of ``ProgramSample`` that know scales by rows.
extension ProgramDefects {
  static let rows: [Defect] = quantizations + rescalings + scattered + realResults

  private static let u8 = Program.BufferID(index: 2)
  private static let f32 = Program.BufferID(index: 1)
  private static let missing = Program.BufferID(index: 99)

  private static let quantizations: [Defect] = [
    Defect("quantizeRows", "source") { quantization(&$0) { $0.source = u8 } },
    Defect("quantizeRows", "source") { quantization(&$0) { $0.source = missing } },
    Defect("quantizeRows", "bits") { quantization(&$0) { $0.bits = 0 } },
    Defect("quantizeRows", "bits") { quantization(&$0) { $0.bits = 9 } },
    Defect("quantizeRows", "target") { quantization(&$0) { $0.target = f32 } },
    Defect("quantizeRows", "target") {
      quantization(&$0) { $0.target = Program.BufferID(index: 0) }
    },
    Defect("quantizeRows", "scales") { quantization(&$0) { $0.scales = u8 } },
    Defect("quantizeRows", "scales") { quantization(&$0) { $0.scales = f32 } },
    Defect("quantizeRows", "rows") { quantization(&$0) { $0.rows = 0..<8 } },
    Defect("quantizeRows", "rows") { quantization(&$0) { $0.rows = 3..<3 } },
    // Of two columns, the scales could be what is quantized.
    Defect("quantizeRows", "target") {
      quantization(&$0) { $0.source = $0.scales }
    },
    // Scales of seven rows for eight.
    Defect("quantizeWindows", "scales") {
      quantization(&$0) { $0.scales = Program.BufferID(index: 17) }
    },
  ]

  private static let rescalings: [Defect] = [
    Defect("rescaleStream", "source") { rescaling(&$0) { $0.source = u8 } },
    Defect("rescaleStream", "scales") { rescaling(&$0) { $0.scales = f32 } },
    Defect("rescaleStream", "scales") { rescaling(&$0) { $0.scales = missing } },
    Defect("rescaleTokens", "scales") {
      rescaling(&$0) { $0.scales = Program.BufferID(index: 17) }
    },
    Defect("rescaleStream", "rows") { rescaling(&$0) { $0.rows = 0..<8 } },
    Defect("rescaleStream", "rows") { rescaling(&$0) { $0.rows = 7..<7 } },
    Defect("rescaleStream", "weightSums") {
      rescaling(&$0) { $0.weightSums = Program.Constant("none") }
    },
    Defect("rescaleStream", "weightSteps") {
      rescaling(&$0) { $0.weightSteps = Program.Constant("wide") }
    },
    Defect("rescaleStream", "bias") { rescaling(&$0) { $0.bias = Program.Constant("nan") } },
    Defect("rescaleStream", "target") { rescaling(&$0) { $0.target = $0.source } },
    Defect("rescaleStream", "target") { rescaling(&$0) { $0.target = u8 } },
    Defect("rescaleStream", "target") {
      rescaling(&$0) { $0.target = Program.BufferID(index: 8) }
    },
    Defect("rescaleStream", "targetOffset") { rescaling(&$0) { $0.targetOffset = 1 << 20 } },
    Defect("rescaleGelu", "targetOffset") { rescaling(&$0) { $0.targetOffset = 1 } },
    Defect("rescaleGelu", "targetOffset") { rescaling(&$0) { $0.targetOffset = -1 } },
    Defect("rescaleQueries", "target") { rescaling(&$0) { $0.target = f32 } },
    Defect("rescaleQueries", "target") { rescaling(&$0) { $0.epilogue = .gelu } },
    Defect("rescaleKeys", "epilogue.zeroPoint") {
      rescaling(&$0) {
        $0.epilogue = .quantize(
          UniformQuantizer(step: 1, zeroPoint: 0, minimumCode: 0, maximumCode: 255))
      }
    },
    Defect("rescaleQueries", "epilogue.step") {
      rescaling(&$0) {
        $0.epilogue = .quantize(
          UniformQuantizer(step: 0, zeroPoint: 0, minimumCode: 0, maximumCode: 255))
      }
    },
  ]

  private static let scattered: [Defect] = [
    Defect("rescaleTokens", "epilogue.windowWidth") {
      scatter(&$0) { $0.windowWidth = 0 }
    },
    Defect("rescaleTokens", "epilogue.shiftRows") { scatter(&$0) { $0.shiftRows = 2 } },
    Defect("rescaleTokens", "source") { scatter(&$0) { $0.windowWidth = 3 } },
    Defect("rescaleTokens", "target") { scatter(&$0) { $0.width = 4 } },
    Defect("rescaleTokens", "rows") { rescaling(&$0) { $0.rows = 0..<4 } },
    Defect("rescaleTokens", "targetOffset") { rescaling(&$0) { $0.targetOffset = 1 } },
  ]

  /// A result with a quantizer is u8, one without F32.
  private static let realResults: [Defect] = [
    Defect("realAttention", "target") { attention(&$0) { $0.target = u8 } },
    Defect("realAttention", "target") {
      attention(&$0) { $0.quantizer = ProgramSample.quantizer }
    },
    Defect("realWindowAttention", "target") {
      attention(&$0) { $0.quantizer = ProgramSample.quantizer }
    },
    Defect("realWindowNorm", "target") {
      guard case .gatherNorm(var norm) = $0 else { preconditionFailure("not a norm") }
      norm.quantizer = ProgramSample.quantizer
      $0 = .gatherNorm(norm)
    },
  ]

  private static func quantization(
    _ instruction: inout Program.Instruction, _ change: (inout Program.RowQuantization) -> Void
  ) {
    guard case .quantizeRows(var quantization) = instruction else {
      preconditionFailure("not a quantization of rows")
    }
    change(&quantization)
    instruction = .quantizeRows(quantization)
  }

  private static func rescaling(
    _ instruction: inout Program.Instruction, _ change: (inout Program.RowRescaling) -> Void
  ) {
    guard case .rescaleRows(var rescaling) = instruction else {
      preconditionFailure("not a rescaling of rows")
    }
    change(&rescaling)
    instruction = .rescaleRows(rescaling)
  }

  private static func scatter(
    _ instruction: inout Program.Instruction, _ change: (inout Program.WindowGrid) -> Void
  ) {
    rescaling(&instruction) {
      guard case .scatter(var grid) = $0.epilogue else { preconditionFailure("not scattered") }
      change(&grid)
      $0.epilogue = .scatter(grid)
    }
  }
}
