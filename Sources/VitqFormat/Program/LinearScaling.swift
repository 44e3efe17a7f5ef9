/// What turns exact integer sums of a linear layer into real results.
///
/// With input codes a (step s, zero point z) and weight codes w[n, k] (step t[n], zero point u[n])
///
///     y[n] = fma(Σₖ a w[n] − u[n] Σₖ a, multipliers[n], offsets[n])
///     multipliers[n] = s t[n]        offsets[n] = b[n] − z s t[n] Σₖ (w[n, k] − u[n])
///
/// computed in double precision and rounded once. The difference of sums is a whole number below
/// 2²⁴ in every layer the runtime accepts, so it is exact as a float. The evaluator and the
/// lowering both call this, hence the same bits on both sides. Where each row of inputs has a step
/// and a zero point of its own, ``Program/RowRescaling`` takes its place.
package struct LinearScaling: Sendable, Equatable {
  package var multipliers: [Float]
  package var offsets: [Float]

  /// - Parameters:
  ///   - inputStep: s.
  ///   - inputZeroPoint: z.
  ///   - weightSteps: t, one for each output.
  ///   - centredWeightSums: Σₖ (w[n, k] − u[n]), one for each output.
  ///   - bias: b, one for each output.
  package init(
    inputStep: Float, inputZeroPoint: Float, weightSteps: [Float], centredWeightSums: [Int],
    bias: [Float]
  ) {
    precondition(
      weightSteps.count == bias.count && centredWeightSums.count == bias.count,
      "\(weightSteps.count) steps, \(centredWeightSums.count) sums, \(bias.count) biases")
    multipliers = weightSteps.map { Float(Double(inputStep) * Double($0)) }
    offsets = bias.indices.map { n in
      let scale = Double(inputStep) * Double(weightSteps[n])
      return Float(
        Double(bias[n]) - Double(inputZeroPoint) * scale * Double(centredWeightSums[n]))
    }
  }
}
