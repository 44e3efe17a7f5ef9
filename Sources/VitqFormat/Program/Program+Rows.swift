/// Quantizers that each row gives itself, as it comes.
///
/// With x a row and M = 2^bits − 1, in this order of FP32 operations,
///
///     low = min(x, 0)    high = max(x, 0)    step = (high − low) / M
///     zero point = clamp(roundToNearestEven(−low / step), 0 … M)
///     code(x) = clamp(roundToNearestEven(fma(x, 1 / step, zero point)), 0 … M)
///
/// A row whose step would not be within 2^±100, such as one of zeros, has step 1. A linear layer
/// then stores its exact sums S = Σₖ a (w − u), rounded once, and
///
///     y[r, n] = fma(fma(−zero point[r], sum[n], S[r, n]), step[r] · step[n], bias[n])
///
/// with sum[n] = Σₖ (w[n, k] − u[n]) and the weights' step[n], as `v16_quantizer_of_row` and
/// `v16_rescaled` of `f32_math.h` have it.
extension Program {
  /// The operands of ``Instruction/quantizeRows(_:)``.
  package struct RowQuantization: Sendable, Equatable {
    package var source: BufferID
    package var rows: Range<Int>
    /// 1 to 8 bits a code.
    package var bits: Int
    /// u8.
    package var target: BufferID
    /// F32 of two columns: for each row its step and its zero point.
    package var scales: BufferID

    package init(
      source: BufferID, rows: Range<Int>, bits: Int, target: BufferID, scales: BufferID
    ) {
      self.source = source
      self.rows = rows
      self.bits = bits
      self.target = target
      self.scales = scales
    }
  }

  /// What happens to a result y of a linear layer whose input rows have quantizers of their own.
  package enum RowEpilogue: Sendable, Equatable {
    /// target = y, F32.
    case store
    /// target += y, F32: the residual stream.
    case accumulate
    /// target += y at the tokens that the rows in window order stand for; F32. Padding is dropped.
    case scatter(WindowGrid)
    /// target = gelu(y), F32; gelu in its polynomial form.
    case gelu
    /// target = code(y), u8; or code(y) − zero point, s8, if the target is s8.
    case quantize(UniformQuantizer)
  }

  /// The operands of ``Instruction/rescaleRows(_:)``.
  package struct RowRescaling: Sendable, Equatable {
    /// The sums S, F32.
    package var source: BufferID
    /// As a ``RowQuantization`` left them.
    package var scales: BufferID
    package var rows: Range<Int>
    /// F32, one for each output, not padded.
    package var weightSums: Constant
    package var weightSteps: Constant
    package var bias: Constant
    package var epilogue: RowEpilogue
    package var target: BufferID
    /// Result row r goes to r + targetOffset; 0 if they are scattered.
    package var targetOffset: Int

    package init(
      source: BufferID, scales: BufferID, rows: Range<Int>, weightSums: Constant,
      weightSteps: Constant, bias: Constant, epilogue: RowEpilogue, target: BufferID,
      targetOffset: Int = 0
    ) {
      self.source = source
      self.scales = scales
      self.rows = rows
      self.weightSums = weightSums
      self.weightSteps = weightSteps
      self.bias = bias
      self.epilogue = epilogue
      self.target = target
      self.targetOffset = targetOffset
    }
  }
}

extension Program.RowQuantization: CustomStringConvertible {
  package var description: String {
    "\(target)[\(rows)], \(scales)[\(rows)] = quantize_rows \(source), \(bits) bits"
  }
}

extension Program.RowRescaling: CustomStringConvertible {
  package var description: String {
    let first = "\(rows.lowerBound + targetOffset)..<\(rows.upperBound + targetOffset)"
    let text = "rescale_rows \(source)[\(rows)] by \(scales) \(weightSteps)"
    switch epilogue {
    case .store: return "\(target)[\(first)] = \(text)"
    case .accumulate: return "\(target)[\(first)] += \(text)"
    case .scatter(let grid): return "\(target) += \(text) from \(grid)"
    case .gelu: return "\(target)[\(first)] = \(text), gelu"
    case .quantize(let quantizer): return "\(target)[\(first)] = \(text), \(quantizer.codes)"
    }
  }
}
