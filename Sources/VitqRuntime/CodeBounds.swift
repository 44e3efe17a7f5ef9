import VitqFormat

/// The largest magnitude of a byte that a program can store in each of its buffers.
///
/// Kernels use it to keep sums of products in few bits.
struct CodeBounds {
  private var bounds: [Int]

  init(_ program: Program) {
    bounds = [Int](repeating: 1, count: program.buffers.count)
    for instruction in program.instructions {
      guard let target = program.accesses(of: instruction).first(where: \.isWrite)?.buffer else {
        continue
      }
      let type = program.buffers[target.index].type
      let bound: Int
      switch instruction {
      case .linear(_, _, _, .quantize(let quantizer), _, _),
        .linear(_, _, _, .geluQuantize(let quantizer), _, _),
        .layerNorm(_, _, _, _, _, .some(let quantizer), _), .quantize(_, _, let quantizer, _):
        bound = Self.bound(of: quantizer, stored: type)
      case .codebook(_, _, let codes), .lookUp(_, _, let codes):
        bound = codes.max().map(Int.init) ?? 255
      case .gatherNorm(let norm):
        bound = norm.quantizer.map { Self.bound(of: $0, stored: type) } ?? 255
      case .attention(let attention):
        bound = attention.quantizer.map { Self.bound(of: $0, stored: type) } ?? 255
      case .quantizeRows(let quantization): bound = 1 << min(max(quantization.bits, 1), 8) - 1
      case .rescaleRows(let rescaling):
        guard case .quantize(let quantizer) = rescaling.epilogue else { fallthrough }
        bound = Self.bound(of: quantizer, stored: type)
      default: bound = 255
      }
      bounds[target.index] = max(bounds[target.index], bound)
    }
  }

  subscript(buffer: Program.BufferID) -> UInt32 { UInt32(bounds[buffer.index]) }

  private static func bound(
    of quantizer: UniformQuantizer, stored type: Program.ElementType
  ) -> Int {
    switch type {
    case .u8:
      quantizer.minimumCode >= 0 && quantizer.maximumCode <= 255 ? quantizer.maximumCode : 255
    case .s8:
      min(
        max(
          quantizer.maximumCode - quantizer.zeroPoint, quantizer.zeroPoint - quantizer.minimumCode),
        128)
    case .f32: 255
    }
  }
}
