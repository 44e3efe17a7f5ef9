import VitqAutodiff
import VitqGraph
import VitqImage
import VitqOps
import VitqPasses
import VitqRuntime
import VitqTensor

/// Two models whose inner values can be compared.
///
/// A quantized model reads pixels and may have its residual stream and heads rotated. A
/// full-precision graph is brought to the same form by the same passes, which the recipe in the
/// quantized file states; it still computes the same answers. Two graphs are compared node by node;
/// a packed model gives the tokens behind its blocks, and nothing else.
struct ModelPair: Sendable {
  /// A value that both models have.
  struct Point: Sendable {
    enum Kind: Sendable {
      /// Rows of the residual stream behind a block: those that both models compute, of how many.
      case block(Range<Int>, of: Int)
      case layer
    }
    let name: String
    let kind: Kind
    fileprivate let places: [Place]
  }

  /// Where a model has a value.
  fileprivate enum Place: Sendable {
    case node(NodeID)
    /// The tokens behind a block, from row `first` of the residual stream on.
    case tokens(block: Int, first: Int)
  }

  private enum Side: Sendable {
    case graph(GraphModel, ConstantPool)
    case program(Model)
  }

  let points: [Point]
  /// Whether nothing can be compared because the models turn their values differently, or by one of
  /// several rotations.
  let isTurnedApart: Bool
  private let sides: [Side]

  /// Pairs two models; there are no points if no value of one is a value of the other.
  init(_ first: Classifier, _ second: Classifier) throws(KitError) {
    let models = [first, second]
    let turnings = try models.map { model throws(KitError) in
      try model.isFullPrecision ? nil : Turning(recipe: model.recipe, path: model.path)
    }
    sides = try zip(models, turnings.reversed()).map { model, turning throws(KitError) in
      if let packed = model.packedModel { return .program(packed) }
      guard var graph = model.graphModel else {
        preconditionFailure("\(model.path): neither a graph nor a program")
      }
      if model.isFullPrecision, let turning { graph = try Self.prepared(graph, turning) }
      return .graph(
        graph, ConstantPool(graph.graph, arithmetic: graph.isQuantized ? .integer : .real))
    }
    let known = turnings.compactMap { $0 }
    isTurnedApart = known.contains { $0 != known[0] || $0.isOneOfSeveral }
    points = isTurnedApart ? [] : Self.blocks(of: sides) + Self.layers(of: sides)
  }

  private static func prepared(
    _ model: GraphModel, _ turning: Turning
  ) throws(KitError) -> GraphModel {
    let pipeline = Pipeline.beforeQuantization(
      mean: model.preprocessing.mean, standardDeviation: model.preprocessing.standardDeviation,
      rotations: turning.passes)
    var result = model
    do throws(GraphError) {
      result.graph = try pipeline.run(on: model.graph).graph
    } catch {
      throw KitError(.malformedInput, "graph: \(error)")
    }
    result.inputDomain = .pixels
    return result
  }

  private static func blocks(of sides: [Side]) -> [Point] {
    /// Rows that are computed, of how many, the width of each, and where they are.
    func block(_ index: Int, of side: Side) -> (Range<Int>, count: Int, width: Int, Place)? {
      switch side {
      case .graph(let model, _):
        guard let id = model.graph.landmarks[.blockOutput(block: index)] else { return nil }
        let shape = model.graph[id].shape
        return (0..<shape[0], shape[0], shape.width, .node(id))
      case .program(let model):
        guard index < model.blockCount else { return nil }
        let (computed, count, width) = model.tokens(ofBlock: index)
        return (computed, count, width, .tokens(block: index, first: computed.lowerBound))
      }
    }
    var points: [Point] = []
    while let (rowsA, countA, widthA, placeA) = block(points.count, of: sides[0]),
      let (rowsB, countB, widthB, placeB) = block(points.count, of: sides[1]),
      countA == countB, widthA == widthB
    {
      let rows = rowsA.clamped(to: rowsB)
      points.append(
        Point(
          name: "block \(points.count)", kind: .block(rows, of: countA), places: [placeA, placeB]))
    }
    return points
  }

  private static func layers(of sides: [Side]) -> [Point] {
    guard case .graph(let a, _) = sides[0], case .graph(let b, _) = sides[1] else { return [] }
    let (first, second) = (a.graph, b.graph)
    var named: [String: NodeID] = [:]
    for id in second.ids where second[id].operation is Linear { named[second[id].name] = id }
    return first.ids.compactMap { id in
      guard first[id].operation is Linear, let other = named[first[id].name],
        first[id].shape == second[other].shape
      else { return nil }
      return Point(name: first[id].name, kind: .layer, places: [.node(id), .node(other)])
    }
  }

  /// The blocks whose tokens ``Runner/errors(_:tokens:)`` wants of a side.
  func blocks(ofSide side: Int) -> [Int] {
    points.compactMap { point in
      if case .tokens(let block, _) = point.places[side] { block } else { nil }
    }
  }

  /// Memory to evaluate the graphs on one thread.
  final class Runner {
    private let evaluators: [Evaluator?]
    private let pair: ModelPair

    init(_ pair: ModelPair) {
      self.pair = pair
      evaluators = pair.sides.enumerated().map { index, side in
        guard case .graph(let model, let constants) = side, !pair.points.isEmpty else { return nil }
        let nodes = pair.points.compactMap { point in
          if case .node(let id) = point.places[index] { id } else { nil }
        }
        return Evaluator(
          model.graph, constants: constants, keeping: nodes, arithmetic: constants.arithmetic)
      }
    }

    /// The error of every point on an image.
    ///
    /// - Parameters:
    ///   - crops: The image of each model's input size.
    ///   - tokens: Those of ``ModelPair/blocks(ofSide:)`` for each model.
    /// - Returns: One for each of ``ModelPair/points``.
    func errors(_ crops: [PixelBuffer], tokens: [[BlockTokens]]) -> [SignalError] {
      for (index, side) in pair.sides.enumerated() {
        guard case .graph(let model, _) = side, let evaluator = evaluators[index] else { continue }
        let image = model.graph.landmarks[.image] ?? NodeID(index: 0)
        evaluator.input(image).copy(from: model.inputValues(of: crops[index]))
        evaluator.forward()
      }
      return pair.points.map { point in
        SignalError(
          reference: values(point, 0, tokens[0]), values(point, 1, tokens[1]))
      }
    }

    private func values(_ point: Point, _ side: Int, _ tokens: [BlockTokens]) -> [Float] {
      switch point.places[side] {
      case .tokens(let block, let first):
        guard case .block(let rows, _) = point.kind,
          let output = tokens.first(where: { $0.block == block })
        else { return [] }
        return rows.flatMap { output.tokens[$0 - first] }
      case .node(let id):
        guard let view = evaluators[side]?.value(id) else { return [] }
        let values = Self.real(view)
        guard case .block(let rows, _) = point.kind else { return values }
        let width = view.shape.width
        return Array(values[rows.lowerBound * width..<rows.upperBound * width])
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
