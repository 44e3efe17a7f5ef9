import Testing
import VitqGraph
import VitqOps
import VitqPasses
import VitqTensor

struct UsePolynomialGELUTests {
  @Test(arguments: [(GELU(.erf), 1), (GELU(.tanh), 1), (GELU(.polynomial), 0)])
  func replacesTheOtherForms(_ gelu: GELU, _ expectedCount: Int) throws {
    var graph = Graph()
    let x = try graph.add("x", Input([1, 4]))
    graph.outputs = [try graph.add("y", gelu, [x])]
    let (rewritten, count) = try UsePolynomialGELU().rewrite(graph)
    #expect(count == expectedCount)
    #expect((rewritten.nodes[1].operation as? GELU) == GELU(.polynomial))
    #expect(rewritten.description == graph.description)
  }
}
