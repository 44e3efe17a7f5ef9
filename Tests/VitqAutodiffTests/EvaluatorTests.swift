import Synchronization
import Testing
import VitqAutodiff
import VitqGraph
import VitqTensor
import VitqTestSupport

struct EvaluatorTests {
  private let vector: Shape = [3]

  @Test(arguments: 0..<60 as Range<UInt64>)
  func sharesMemoryWithoutChangingAnyResult(_ seed: UInt64) throws {
    let random = try RandomGraph(seed: seed)
    let graph = random.graph
    var generator = SplitMix64(seed: seed &+ 1000)
    let kept = graph.ids.filter { _ in Int.random(in: 0..<3, using: &generator) == 0 }
    let seeds = graph.ids.filter { _ in Int.random(in: 0..<3, using: &generator) == 0 }
    let wanted = graph.ids.filter { _ in Int.random(in: 0..<3, using: &generator) == 0 }
    let evaluator = Evaluator(
      graph, constants: ConstantPool(graph), keeping: kept, seeds: seeds, gradients: wanted)

    for _ in 0..<2 {
      func vectors(_ ids: [NodeID]) -> [NodeID: Tensor] {
        var tensors: [NodeID: Tensor] = [:]
        for id in ids {
          tensors[id] = Tensor([RandomGraph.width], generator.floats(RandomGraph.width))
        }
        return tensors
      }
      let (inputs, cotangents) = (vectors(random.inputs), vectors(seeds))
      let expected = ReferenceEvaluation(graph, inputs: inputs, seeds: cotangents)
      for (id, tensor) in inputs { evaluator.input(id).copy(from: tensor.elements) }
      for (id, tensor) in cotangents { evaluator.cotangent(id).copy(from: tensor.elements) }
      evaluator.forward()
      evaluator.backward()
      for id in kept {
        #expect(evaluator.value(id).tensor == expected.values[id.index], "value of \(id)")
      }
      for id in wanted where !seeds.contains(id) {
        let (found, wanted) = (evaluator.gradient(id).tensor, expected.gradients[id.index])
        #expect(
          Tolerance.rounding.accepts(found.elements, wanted.elements), "gradient of \(id)")
      }
    }
  }

  @Test func gradientsMatchCentralDifferences() throws {
    var graph = Graph()
    let x = try graph.add("x", SampleInput(shape: vector))
    let square = try graph.add("square", SampleSquare(), [x])
    let bell = try graph.add("bell", SampleBell(), [square])
    let product = try graph.add("product", SampleProduct(), [bell, x])
    let constants = ConstantPool(graph)
    let evaluator = Evaluator(
      graph, constants: constants, keeping: [product], seeds: [product], gradients: [x])
    let point: [Float] = [0.3, -1.1, 0.8]
    func total(_ point: [Float]) -> Float {
      evaluator.input(x).copy(from: point)
      evaluator.forward()
      return evaluator.value(product).tensor.elements.reduce(0, +)
    }
    let expected = point.indices.map { i in
      var (above, below) = (point, point)
      above[i] += 1e-2
      below[i] -= 1e-2
      return (total(above) - total(below)) / 2e-2
    }
    _ = total(point)
    evaluator.cotangent(product).fill(1)
    evaluator.backward()
    #expect(
      Tolerance.finiteDifference.accepts(evaluator.gradient(x).tensor.elements, expected))
  }

  @Test func evaluatesOnlyWhatIsAskedFor() throws {
    var graph = Graph()
    let x = try graph.add("x", SampleInput(shape: vector))
    let (wanted, idle) = (SampleProbe.Count(), SampleProbe.Count())
    let kept = try graph.add("kept", SampleProbe(count: wanted), [x])
    try graph.add("idle", SampleProbe(count: idle), [kept])
    let evaluator = Evaluator(graph, constants: ConstantPool(graph), keeping: [kept])
    evaluator.forward()
    evaluator.forward()
    #expect(wanted.value.load(ordering: .relaxed) == 2)
    #expect(idle.value.load(ordering: .relaxed) == 0)
  }

  @Test func evaluatesWhatDependsOnConstantsOnce() throws {
    var graph = Graph()
    let x = try graph.add("x", SampleInput(shape: vector))
    let weight = try graph.add("w", SampleConstant(value: Tensor(vector, [1, 2, 3])))
    let count = SampleProbe.Count()
    let folded = try graph.add("folded", SampleProbe(count: count), [weight])
    let sum = try graph.add("sum", SampleSum(), [x, folded])
    let constants = ConstantPool(graph)
    for _ in 0..<3 {
      let evaluator = Evaluator(graph, constants: constants, keeping: [sum])
      evaluator.input(x).fill(1)
      evaluator.forward()
      #expect(evaluator.value(sum).tensor.elements == [2, 3, 4])
    }
    #expect(count.value.load(ordering: .relaxed) == 1)
    #expect(constants.holds(folded) && !constants.holds(sum))
  }

  @Test func aConstantWhoseGradientIsWantedIsAParameter() throws {
    var graph = Graph()
    let x = try graph.add("x", SampleInput(shape: vector))
    let weight = try graph.add("w", SampleConstant(value: Tensor(vector, [1, 2, 3])))
    let rounded = try graph.add("rounded", SampleRounding(step: 1), [weight])
    let product = try graph.add("product", SampleProduct(), [x, rounded])
    let constants = ConstantPool(graph)
    let evaluator = Evaluator(
      graph, constants: constants, keeping: [product], seeds: [product], gradients: [weight])
    evaluator.input(x).copy(from: [2, 3, 4])
    evaluator.forward()
    #expect(evaluator.value(product).tensor.elements == [2, 6, 12])

    evaluator.input(weight).copy(from: [5, 5, 6.9])
    evaluator.forward()
    #expect(evaluator.value(product).tensor.elements == [10, 15, 28])
    evaluator.cotangent(product).fill(1)
    evaluator.backward()
    #expect(evaluator.gradient(weight).tensor.elements == [2, 3, 4])
    #expect(constants.value(weight)?.tensor.elements == [1, 2, 3])
  }

  @Test func aNodeThatNoSeedDependsOnHasGradientZero() throws {
    var graph = Graph()
    let x = try graph.add("x", SampleInput(shape: vector))
    let y = try graph.add("y", SampleInput(shape: vector))
    let square = try graph.add("square", SampleSquare(), [x])
    let evaluator = Evaluator(
      graph, constants: ConstantPool(graph), keeping: [], seeds: [square], gradients: [x, y])
    evaluator.input(x).fill(2)
    evaluator.forward()
    evaluator.cotangent(square).fill(1)
    evaluator.backward()
    #expect(evaluator.gradient(x).tensor.elements == [4, 4, 4])
    #expect(evaluator.gradient(y).tensor.elements == [0, 0, 0])
  }

  @Test func memoryDoesNotGrowWithDepth() throws {
    func byteCount(depth: Int, gradients: Bool) throws -> Int {
      var graph = Graph()
      var node = try graph.add("x", SampleInput(shape: [1000]))
      let x = node
      for i in 0..<depth { node = try graph.add("n\(i)", SampleSum(), [node, node]) }
      return Evaluator(
        graph, constants: ConstantPool(graph), keeping: [node], seeds: gradients ? [node] : [],
        gradients: gradients ? [x] : []
      ).byteCount
    }
    #expect(try byteCount(depth: 4, gradients: false) == byteCount(depth: 40, gradients: false))
    #expect(try byteCount(depth: 4, gradients: true) == byteCount(depth: 40, gradients: true))
  }

  /// The gradient of x in x · y reads y alone, which is a constant.
  @Test func keepsOnlyWhatTheWantedGradientsRead() throws {
    func byteCount(depth: Int) throws -> Int {
      var graph = Graph()
      let x = try graph.add("x", SampleInput(shape: [1000]))
      let y = try graph.add("y", SampleConstant(value: Tensor(zeros: [1000])))
      var node = x
      for i in 0..<depth { node = try graph.add("n\(i)", SampleProduct(), [node, y]) }
      return Evaluator(
        graph, constants: ConstantPool(graph), keeping: [], seeds: [node], gradients: [x]
      ).byteCount
    }
    #expect(try byteCount(depth: 4) == byteCount(depth: 40))
  }
}
