package import VitqFormat
package import VitqGraph
package import VitqTensor

/// Rounds to the values of a uniform quantizer (arXiv:1712.05877, section 2.1).
///
///     code = clamp(round(x / step + zero point))    y = step (code − zero point)
///
/// Operands: x. Result: the shape of x. In integer arithmetic the result is the codes, encoded
/// with steps and zero points; an integer operand is decoded on the way in.
package struct FakeQuantize: CatalogOperation {
  package static let mnemonic = "fake_quantize"

  /// One for the tensor, or one for each index of the first axis.
  package var quantizers: [UniformQuantizer]

  package init(_ quantizers: [UniformQuantizer]) { self.quantizers = quantizers }

  package func resultShape(_ operands: [Shape]) throws(ShapeError) -> Shape {
    try operands.expect(count: 1)
    let count = quantizers.count
    try operands.expect(0, "a first axis of \(count), one for each quantizer") {
      count == 1 || count > 0 && $0.rank >= 1 && $0[0] == count
    }
    try operands.expect(0, "quantizers of positive step and ascending codes within 2²³") { _ in
      quantizers.allSatisfy(\.isUsable)
    }
    return operands[0]
  }

  package func resultEncoding(_ operands: [Encoding]) -> Encoding? {
    guard operands[0] != .integerRows else { return nil }
    return .integer(
      scales: quantizers.map(\.step), zeroPoints: quantizers.map { Float($0.zeroPoint) })
  }

  package func savedCount(_ operands: [Shape]) -> Int { 0 }
  package var pullbackReads: PullbackReads { PullbackReads(operands: [0]) }

  package func forward(_ site: ForwardSite) {
    let (x, y) = (site.operands[0], site.result)
    let codings = quantizers.map(UniformCoding.init)
    let scales = x.encoding.affine
    let writesCodes = y.encoding != .real
    func quantize(
      _ x: TensorView, _ scale: (Float, Float), _ coding: UniformCoding,
      _ y: MutableTensorView
    ) {
      if writesCodes {
        VectorKernels.current.quantize(x, scale: scale.0, zeroPoint: scale.1, coding, into: y)
      } else {
        VectorKernels.current.fakeQuantize(
          x, scale: scale.0, zeroPoint: scale.1, coding, into: y)
      }
    }
    if codings.count == 1, scales.count == 1 {
      quantize(x, scales[0], codings[0], y)
    } else {
      for index in 0..<x.shape[0] {
        quantize(
          x.part(index), scales[scales.count == 1 ? 0 : index],
          codings[codings.count == 1 ? 0 : index], y.part(index))
      }
    }
  }

  /// Straight through (arXiv:1308.3432, section 4): ∂x = ∂y where the code is not clamped, else 0.
  package func pullback(_ site: PullbackSite) {
    guard let dx = site.gradients[0] else { return }
    let (x, dy) = (site.operands[0], site.cotangent)
    if quantizers.count == 1 {
      VectorKernels.current.fakeQuantizeBackward(
        x, UniformCoding(quantizers[0]), cotangent: dy, into: dx.view,
        accumulates: dx.accumulates)
    } else {
      for (index, quantizer) in quantizers.enumerated() {
        VectorKernels.current.fakeQuantizeBackward(
          x.part(index), UniformCoding(quantizer), cotangent: dy.part(index),
          into: dx.view.part(index), accumulates: dx.accumulates)
      }
    }
  }
}

extension UniformQuantizer {
  /// Whether FP32 holds its codes exactly and its step has a reciprocal.
  fileprivate var isUsable: Bool {
    let limit = -(1 << 23)...(1 << 23)
    return step > 0 && step.isFinite && inverseStep.isFinite && minimumCode <= maximumCode
      && [minimumCode, maximumCode, zeroPoint].allSatisfy(limit.contains)
  }
}

extension UniformCoding {
  /// What the kernels need of `quantizer`.
  package init(_ quantizer: UniformQuantizer) {
    self.init(
      step: quantizer.step, inverseStep: quantizer.inverseStep,
      zeroPoint: Float(quantizer.zeroPoint),
      codes: Float(quantizer.minimumCode)...Float(quantizer.maximumCode))
  }
}

extension Encoding {
  /// Scale and zero point of each group of elements; 1 and 0 of real elements.
  fileprivate var affine: [(Float, Float)] {
    switch self {
    case .real: [(1, 0)]
    case .integer(let scales, let zeroPoints): Array(zip(scales, zeroPoints))
    case .integerRows: preconditionFailure("codes by rows are decoded before")
    }
  }
}
