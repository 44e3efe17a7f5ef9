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

  /// y = code(scale (x − zero)), each row by a quantizer of its own, whose step and zero point go
  /// behind the codes; of a real y, the values of the codes.
  ///
  /// The quantizer of a row spans the row and 0: low = min(x, 0), high = max(x, 0),
  /// step = (high − low) / (2^bits − 1), zero point = round(−low / step); step 1 for a row of zeros.
  package func quantizeRows(
    _ x: TensorView, scale: Float = 1, zeroPoint: Float = 0, bits: Int, into y: MutableTensorView
  ) {
    expectCount(y, x)
    let scales = unsafe y.encoding == .integerRows ? y.pointer + x.shape.elementCount : nil
    unsafe table.quantize_rows(
      x.shape.rowCount, x.shape.width, scale, zeroPoint, Float(1 << bits - 1), x.pointer,
      y.pointer, scales)
  }

  /// y[r, c] = fma(fma(−zero point[r], weightSums[c], x[r, c]), step[r] weightSteps[c], bias[c]).
  ///
  /// Row r of scales, [rows, 2], is step and zero point.
  package func rescaleRows(
    of x: TensorView, scales: TensorView, weightSums: [Float], weightSteps: [Float],
    bias: TensorView, into y: MutableTensorView
  ) {
    expectCount(y, x)
    expectRow(bias, of: x.shape)
    let width = x.shape.width
    precondition(
      scales.shape == [x.shape.rowCount, 2] && weightSums.count == width
        && weightSteps.count == width, "\(scales.shape), \(weightSums.count) sums")
    unsafe table.rescale_rows(
      x.shape.rowCount, width, x.pointer, scales.pointer, weightSums, weightSteps, bias.pointer,
      y.pointer)
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
