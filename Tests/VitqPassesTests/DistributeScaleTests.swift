import Testing
import VitqGraph
import VitqOps
import VitqPasses
import VitqTensor
import VitqTestSupport

struct DistributeScaleTests {
  @Test func movesTheAverageOfTwoHeadsToTheHeads() throws {
    let graph = try averagedHeads(isShared: false)
    let distributed = try DistributeScale().run(on: graph)
    #expect(
      distributed.description == """
        %0 = input() [1, 2] "x"
        %1 = constant() [2, 2] "w"
        %2 = constant() [2] "b"
        %3 = linear(%0, %1, %2) [1, 2] "u"
        %4 = linear(%0, %1, %2) [1, 2] "v"
        %5 = constant() [2] "half"
        %6 = multiply(%3, %5) [1, 2] "logits.0"
        %7 = multiply(%4, %5) [1, 2] "logits.1"
        %8 = add(%6, %7) [1, 2] "logits"
        return %8
        """)
    let x = Tensor([1, 2], [0.3, -0.7])
    let (found, expected) = (try distributed.evaluated(on: x), try graph.evaluated(on: x))
    #expect(Tolerance.exact.accepts(found[0].elements, expected[0].elements))
  }

  @Test func keepsASumThatHasAnotherUse() throws {
    let graph = try averagedHeads(isShared: true)
    #expect(try DistributeScale().run(on: graph).description == graph.description)
  }

  private func averagedHeads(isShared: Bool) throws -> Graph {
    var graph = Graph()
    let x = try graph.add("x", Input([1, 2]))
    let w = try graph.add("w", Constant(Tensor([2, 2], [1, 2, 3, 4])))
    let b = try graph.add("b", Constant(Tensor([2], [0.1, 0.2])))
    let u = try graph.add("u", Linear(), [x, w, b])
    let v = try graph.add("v", Linear(), [x, w, b])
    let sum = try graph.add("sum", Add(), [u, v])
    let half = try graph.add("half", Constant(Tensor([2], [0.5, 0.5])))
    let logits = try graph.add("logits", Multiply(), [sum, half])
    graph.outputs = isShared ? [logits, sum] : [logits]
    return graph
  }
}
