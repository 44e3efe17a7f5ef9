import Testing
import VitqGraph
import VitqOps
import VitqPasses
import VitqTensor

struct RoundPositionsTests {
  /// Numbers beside the nearest that a BF16 holds, whose significand has 8 bits.
  static let numbers: [(Float, Float)] = [
    (0, 0), (-0.0, -0.0), (1, 1), (-1.5, -1.5),
    // The significand of 1 + 2⁻⁷ is odd, that of 1 is even; ties go to the even one.
    (1 + 0x1p-8, 1), (1 + 0x1p-7 + 0x1p-8, 1 + 0x1p-6), (1 + 0x1.02p-8, 1 + 0x1p-7),
    (-1 - 0x1.02p-8, -1 - 0x1p-7), (1.9999999, 2), (0x1.FEFp127, 0x1.FEp127),
    (0x1.004p-130, 0x1p-130),
  ]

  @Test func roundsToTheNearestNumber() throws {
    let (exact, rounded) = (Self.numbers.map(\.0), Self.numbers.map(\.1))
    let (graph, count) = try RoundPositions().rewrite(Self.graph(Tensor([11, 1], exact)))
    #expect(count == 1)
    let constant = try #require(graph.nodes[1].operation as? Constant)
    #expect(constant.value.elements.map(\.bitPattern) == rounded.map(\.bitPattern))
    #expect(try RoundPositions().rewrite(graph).count == 0)
  }

  @Test(arguments: [
    // A row of its own may be a class token, and a bias is the same in all rows.
    Tensor([1, 3], [0.1, 0.2, 0.3]), Tensor([3], [0.1, 0.2, 0.3]),
    // Nothing to round.
    Tensor([2, 1], [0.5, 3]),
  ])
  func leavesOtherSums(_ constant: Tensor) throws {
    let graph = try Self.graph(constant)
    let (rewritten, count) = try RoundPositions().rewrite(graph)
    #expect(count == 0)
    #expect(rewritten.description == graph.description)
    #expect((rewritten.nodes[1].operation as? Constant)?.value == constant)
  }

  @Test func leavesSumsOfConstants() throws {
    var graph = Graph()
    let a = try graph.add("a", Constant(Tensor([2, 1], [0.1, 0.2])))
    graph.outputs = [try graph.add("y", Add(), [a, a])]
    #expect(try RoundPositions().rewrite(graph).count == 0)
  }

  private static func graph(_ constant: Tensor) throws -> Graph {
    var graph = Graph()
    let shape = constant.shape.rank == 1 ? [2, constant.shape[0]] : constant.shape.dimensions
    let x = try graph.add("x", Input(Shape(shape)))
    let position = try graph.add("position", Constant(constant))
    graph.outputs = [try graph.add("y", Add(), [x, position])]
    return graph
  }
}
