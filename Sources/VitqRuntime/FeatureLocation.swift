import VitqFormat

/// Where a program leaves the pooled features, and what the numbers there stand for.
struct FeatureLocation: Sendable {
  /// Row 0 holds them.
  let buffer: Program.BufferID
  /// What the codes of a u8 buffer stand for; `nil` for an F32 buffer.
  let quantizer: UniformQuantizer?

  /// `nil` if the program keeps no features, or codes whose quantizer it does not name.
  init?(_ program: Program) {
    guard let features = program.features else { return nil }
    buffer = features
    if program.buffers[features.index].type == .f32 {
      quantizer = nil
      return
    }
    // A buffer is used again and again; the classifier reads what was written last.
    guard
      let last = program.instructions.lazy.reversed().compactMap({
        Self.quantizer(of: $0, writing: features)
      }).first
    else { return nil }
    quantizer = last
  }

  private static func quantizer(
    of instruction: Program.Instruction, writing features: Program.BufferID
  ) -> UniformQuantizer? {
    switch instruction {
    case .quantize(_, _, let quantizer, let target) where target == features: quantizer
    case .layerNorm(_, _, _, _, _, let quantizer, let target) where target == features: quantizer
    default: nil
    }
  }
}
