import CVitqKernels

/// What the uniform quantization kernels need of a quantizer.
package struct UniformCoding: Equatable, Sendable {
  package var step: Float
  package var inverseStep: Float
  package var zeroPoint: Float
  package var codes: ClosedRange<Float>

  package init(step: Float, inverseStep: Float, zeroPoint: Float, codes: ClosedRange<Float>) {
    self.step = step
    self.inverseStep = inverseStep
    self.zeroPoint = zeroPoint
    self.codes = codes
  }

  fileprivate var parameters: vitq_f32_quantizer {
    vitq_f32_quantizer(
      step: step, inverse_step: inverseStep, zero_point: zeroPoint, low: codes.lowerBound,
      high: codes.upperBound)
  }
}

/// What the logarithmic quantization kernels need of a quantizer.
package struct LogCoding: Equatable, Sendable {
  package var stepsPerOctave: Float
  package var offset: Float
  /// The real value of one unit of a level; results are in levels if it is 1.
  package var unit: Float
  /// The levels of codes 0 to 15; code 16 is 0.
  package var levels: [Float]

  package init(stepsPerOctave: Float, offset: Float, unit: Float, levels: [Float]) {
    precondition(levels.count == 16, "\(levels.count) levels")
    self.stepsPerOctave = stepsPerOctave
    self.offset = offset
    self.unit = unit
    self.levels = levels
  }

  fileprivate var parameters: vitq_f32_log_quantizer {
    var parameters = vitq_f32_log_quantizer()
    parameters.steps_per_octave = stepsPerOctave
    parameters.offset = offset
    parameters.unit = unit
    unsafe withUnsafeMutableBytes(of: &parameters.levels) { bytes in
      let slots = unsafe bytes.bindMemory(to: Float.self)
      for (i, level) in levels.enumerated() { unsafe slots[i] = level }
    }
    return parameters
  }
}

/// Quantizers and their straight-through derivatives.
///
/// A one-scale encoded operand is decoded on the way in: scale · (x − zero).
extension VectorKernels {
  /// y = scale (x − zero).
  package func decode(
    _ x: TensorView, scale: Float, zeroPoint: Float, into y: MutableTensorView
  ) {
    expectCount(y, x)
    unsafe table.decode(x.shape.elementCount, scale, zeroPoint, x.pointer, y.pointer)
  }

  /// y = code(scale (x − zero)).
  package func quantize(
    _ x: TensorView, scale: Float = 1, zeroPoint: Float = 0, _ coding: UniformCoding,
    into y: MutableTensorView
  ) {
    expectCount(y, x)
    unsafe table.quantize(
      x.shape.elementCount, scale, zeroPoint, x.pointer, coding.parameters, y.pointer)
  }

  /// y = step (code(scale (x − zero)) − zero point).
  package func fakeQuantize(
    _ x: TensorView, scale: Float = 1, zeroPoint: Float = 0, _ coding: UniformCoding,
    into y: MutableTensorView
  ) {
    expectCount(y, x)
    unsafe table.fake_quantize(
      x.shape.elementCount, scale, zeroPoint, x.pointer, coding.parameters, y.pointer)
  }

  /// dx = dy where the code of x is not clamped, 0 elsewhere.
  package func fakeQuantizeBackward(
    _ x: TensorView, _ coding: UniformCoding, cotangent dy: TensorView,
    into dx: MutableTensorView, accumulates: Bool
  ) {
    expectCount(dx, x, dy)
    unsafe table.fake_quantize_backward(
      x.shape.elementCount, x.pointer, coding.parameters, dy.pointer, dx.pointer,
      accumulates.flag)
  }

  /// y = levels[code(e)] unit.
  package func logQuantize(_ e: TensorView, _ coding: LogCoding, into y: MutableTensorView) {
    expectCount(y, e)
    var parameters = coding.parameters
    unsafe table.log_quantize(e.shape.elementCount, e.pointer, &parameters, y.pointer)
  }

  /// de = dy · value · ln 2 where the code of e is not clamped, 0 elsewhere.
  package func logQuantizeBackward(
    _ e: TensorView, _ coding: LogCoding, cotangent dy: TensorView,
    into de: MutableTensorView, accumulates: Bool
  ) {
    expectCount(de, e, dy)
    var parameters = coding.parameters
    unsafe table.log_quantize_backward(
      e.shape.elementCount, e.pointer, &parameters, dy.pointer, de.pointer, accumulates.flag)
  }
}
