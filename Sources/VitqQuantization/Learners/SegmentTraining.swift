import VitqAutodiff
import VitqGraph
import VitqOps
import VitqTensor

#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
#endif

/// Trains the weights and biases of one part of a model so that it gives what another part gave
/// (BRECQ's block reconstruction, arXiv:2102.05426, without its Fisher weights; method.md 5.2).
///
///     L = Σ |y − ȳ|² / (B D)
///
/// over all rows of all B images, D the width of a row. Adam; its rate falls along half a cosine. Of
/// a relative position bias the table over offsets is what changes.
struct SegmentTraining {
  let segment: GraphSegment
  /// The constants that change.
  let parameters: [NodeID]
  let iterations: Int
  let learningRate: Double
  let workers: Workers
  /// Whether the caller wants no result any more; asked before each step.
  let isCancelled: @Sendable () -> Bool

  /// The images are summed in a fixed number of groups, so threads do not show in the result.
  static let groupCount = 8

  /// Losses below this part of what the target's square gives are no trouble, rising or not.
  private static let harmlessShare = 0.01

  /// The parameters that are kept, and the losses on the way.
  struct Outcome {
    var parameters: [NodeID: Tensor]
    /// Before each step, and after the last.
    var losses: [Double]
    /// Whether the last step ended well above the first, and what is kept came of one before.
    var rise: LossRise?
  }

  /// Parameters that make the loss smaller; those of before if no step did.
  ///
  /// `progress` is called after each step.
  func run(
    inputs: [Tensor], targets: [Tensor], progress: (_ step: Int) -> Void = { _ in }
  ) throws(QuantizationError) -> Outcome {
    let groups = makeGroups(imageCount: inputs.count)
    let tables = segment.graph.relativeBiases
    var values = parameters.compactMap {
      tables[$0]?.table ?? (segment.graph[$0].operation as? any GraphConstant)?.value
    }
    let optimisers = values.map { Adam($0.shape, AdamRates(rate: Float(learningRate))) }
    func constants(_ values: [Tensor]) -> [Tensor] {
      zip(parameters, values).map { id, value in tables[id]?.bias(ofTable: value) ?? value }
    }
    var best = (values: values, loss: Double.infinity)
    var losses: [Double] = []
    for iteration in 0...iterations {
      if isCancelled() { throw .cancelled }
      let loss = evaluate(groups, constants(values), inputs: inputs, targets: targets)
      guard loss.isFinite else {
        throw .diverged(node: segment.graph[segment.output].name, iteration: iteration)
      }
      losses.append(loss)
      if loss < best.loss { best = (values, loss) }
      guard iteration < iterations else { break }
      let phase = Double.pi * Double(iteration) / Double(iterations)
      for (index, optimiser) in optimisers.enumerated() {
        optimiser.rates.rate = Float(learningRate / 2 * (1 + cos(phase)))
        let sum = groups.dropFirst().reduce(into: groups[0].gradients[index]) { sum, group in
          group.gradients[index].withView { part in
            sum.withMutableView {
              VectorKernels.current.scale(part, by: 1, into: $0, accumulates: true)
            }
          }
        }
        let gradient = tables[parameters[index]]?.tableGradient(ofBias: sum) ?? sum
        gradient.withView { gradient in
          values[index].withMutableView { optimiser.step($0, gradient: gradient) }
        }
      }
      progress(iteration + 1)
    }
    let power = targets.reduce(0) { sum, target in
      sum + target.withView { VectorKernels.current.dot($0, $0) } / Double(target.shape.width)
    }
    let (first, last) = (losses.first ?? 0, losses.last ?? 0)
    let isHarmless = last < Self.harmlessShare * power / Double(targets.count)
    return Outcome(
      parameters: Dictionary(uniqueKeysWithValues: zip(parameters, constants(best.values))),
      losses: losses, rise: isHarmless ? nil : LossRise(from: first, to: last))
  }

  private func makeGroups(imageCount: Int) -> [Group] {
    let count = min(Self.groupCount, imageCount)
    let pool = ConstantPool(segment.graph)
    return (0..<count).map { group in
      Group(
        images: group * imageCount / count..<(group + 1) * imageCount / count,
        evaluator: Evaluator(
          segment.graph, constants: pool, keeping: [segment.output], seeds: [segment.output],
          gradients: parameters),
        gradients: parameters.map { Tensor(zeros: segment.graph[$0].shape) })
    }
  }

  /// The loss at `values`; its gradients stay in the groups.
  private func evaluate(
    _ groups: [Group], _ values: [Tensor], inputs: [Tensor], targets: [Tensor]
  ) -> Double {
    let losses = workers.map(groups.count) {
    } body: { [segment, parameters] _, index in
      let group = groups[index]
      let evaluator = group.evaluator
      for (id, value) in zip(parameters, values) {
        value.withView { evaluator.input(id).copy(from: $0) }
      }
      var loss = 0.0
      for image in group.images {
        inputs[image].withView { evaluator.input(segment.input).copy(from: $0) }
        evaluator.forward()
        let unit = 1 / (Float(inputs.count) * Float(targets[image].shape.width))
        targets[image].withView { target in
          let cotangent = evaluator.cotangent(segment.output)
          VectorKernels.current.scale(
            evaluator.value(segment.output), by: 1, into: cotangent, accumulates: false)
          VectorKernels.current.scale(target, by: -1, into: cotangent, accumulates: true)
          loss += VectorKernels.current.dot(cotangent.view, cotangent.view) * Double(unit)
          VectorKernels.current.scale(
            cotangent.view, by: 2 * unit, into: cotangent, accumulates: false)
        }
        evaluator.backward()
        for (i, id) in parameters.enumerated() {
          group.gradients[i].withMutableView {
            VectorKernels.current.scale(
              evaluator.gradient(id), by: 1, into: $0, accumulates: image != group.images.lowerBound
            )
          }
        }
      }
      return loss
    }
    return losses.reduce(0, +)
  }
}

extension Graph {
  /// The constant position biases of windows that depend on the offset of two tokens alone.
  var relativeBiases: [NodeID: RelativeBias] {
    var found: [NodeID: RelativeBias] = [:]
    for node in nodes where node.operation is AttentionBias {
      let id = node.operands[1]
      if found[id] == nil, let bias = self[id].operation as? Constant {
        found[id] = RelativeBias(bias.value)
      }
    }
    return found
  }
}

/// Some images with memory to differentiate at them.
///
/// Only one thread at a time has a group: it is one item of work, and the items end before what
/// they left is read.
private final class Group: @unchecked Sendable {
  let images: Range<Int>
  let evaluator: Evaluator
  var gradients: [Tensor]

  init(images: Range<Int>, evaluator: Evaluator, gradients: [Tensor]) {
    self.images = images
    self.evaluator = evaluator
    self.gradients = gradients
  }
}
