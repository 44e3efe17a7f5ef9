import VitqAutodiff
import VitqGraph
import VitqImage
import VitqOps
import VitqPasses
import VitqQuantization
import VitqTensor

/// Two graphs of one model whose inner values can be compared node by node.
///
/// A quantized graph reads pixels and may have its residual stream and heads rotated. The
/// full-precision graph is brought to the same form by the same passes, which the recipe in the
/// quantized file states; it still computes the same answers.
struct GraphPair: Sendable {
  /// A value that both graphs have.
  struct Point: Sendable {
    enum Kind: String, Sendable {
      case block
      case layer
    }
    let name: String
    let kind: Kind
    let first: NodeID
    let second: NodeID
  }

  let points: [Point]
  private let graphs: [GraphModel]
  private let constants: [ConstantPool]

  /// Pairs two graphs; there are no points if no value of one is a value of the other.
  init(_ first: GraphModel, _ second: GraphModel) throws(KitError) {
    var first = first
    if first.inputDomain == .normalized, second.inputDomain == .pixels {
      first = try Self.prepared(first, like: second)
    }
    graphs = [first, second]
    constants = graphs.map {
      ConstantPool($0.graph, arithmetic: $0.isQuantized ? .integer : .real)
    }
    points = Self.points(first.graph, second.graph)
  }

  private static func prepared(
    _ model: GraphModel, like other: GraphModel
  ) throws(KitError) -> GraphModel {
    var rotations: [Pipeline.Step] = []
    if let recipe = try other.runRecipe() {
      rotations = Pipeline.rotations(
        recipe.quantization.rotation, turnsHeads: recipe.quantization.rotatesHeads,
        seed: recipe.quantization.seed)
    }
    let pipeline = Pipeline.beforeQuantization(
      mean: model.preprocessing.mean, standardDeviation: model.preprocessing.standardDeviation,
      rotations: rotations)
    var result = model
    do throws(GraphError) {
      result.graph = try pipeline.run(on: model.graph).graph
    } catch {
      throw KitError(.malformedInput, "graph: \(error)")
    }
    result.inputDomain = .pixels
    return result
  }

  private static func points(_ first: Graph, _ second: Graph) -> [Point] {
    var points: [Point] = []
    var block = 0
    while let a = first.landmarks[.blockOutput(block: block)],
      let b = second.landmarks[.blockOutput(block: block)], first[a].shape == second[b].shape
    {
      points.append(Point(name: "block \(block)", kind: .block, first: a, second: b))
      block += 1
    }
    var named: [String: NodeID] = [:]
    for id in second.ids where second[id].operation is Linear { named[second[id].name] = id }
    for id in first.ids where first[id].operation is Linear {
      guard let other = named[first[id].name], first[id].shape == second[other].shape else {
        continue
      }
      points.append(Point(name: first[id].name, kind: .layer, first: id, second: other))
    }
    return points
  }

  /// Memory to evaluate both graphs on one thread.
  final class Runner {
    private let evaluators: [Evaluator]
    private let pair: GraphPair
    private let inputs: [NodeID]

    init(_ pair: GraphPair) {
      self.pair = pair
      inputs = pair.graphs.map { $0.graph.landmarks[.image] ?? NodeID(index: 0) }
      evaluators = [0, 1].map { side in
        Evaluator(
          pair.graphs[side].graph, constants: pair.constants[side],
          keeping: pair.points.map { side == 0 ? $0.first : $0.second },
          arithmetic: pair.constants[side].arithmetic)
      }
    }

    /// The error of every point on an image of the input's size, pixels of each graph's own.
    func errors(_ crops: [PixelBuffer]) -> [SignalError] {
      for side in [0, 1] {
        let model = pair.graphs[side]
        let values =
          switch model.inputDomain {
          case .normalized: model.preprocessing.normalize(crops[side])
          case .pixels: crops[side].planes
          }
        evaluators[side].input(inputs[side]).copy(from: values)
        evaluators[side].forward()
      }
      return pair.points.map { point in
        SignalError(
          reference: Self.real(evaluators[0].value(point.first)),
          Self.real(evaluators[1].value(point.second)))
      }
    }

    /// The numbers that a value's elements stand for.
    private static func real(_ view: TensorView) -> [Float] {
      let elements = view.tensor.elements
      if view.encoding == .integerRows {
        let (scales, width) = (view.rowScales, view.shape.width)
        return elements.enumerated().map { index, element in
          let row = index / width
          return scales[2 * row] * (element - scales[2 * row + 1])
        }
      }
      guard case .integer(let scales, let zeroPoints) = view.encoding else { return elements }
      let stride = elements.count / scales.count
      return elements.enumerated().map { index, element in
        let row = index / stride
        return scales[row] * (element - zeroPoints[row])
      }
    }
  }
}
