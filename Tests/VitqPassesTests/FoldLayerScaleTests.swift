import Testing
import VitqGraph
import VitqOps
import VitqPasses
import VitqTensor
import VitqTestSupport

struct FoldLayerScaleTests {
  @Test func foldsAScaleThatOnlyTheLinearLayerFeeds() throws {
    let graph = try scaledLinear(isShared: false)
    let folded = try FoldLayerScale().run(on: graph)
    #expect(
      folded.description == """
        %0 = input() [2, 2] "x"
        %1 = constant() [3, 2] "scaled.weight"
        %2 = constant() [3] "scaled.bias"
        %3 = linear(%0, %1, %2) [2, 3] "scaled"
        return %3
        """)
    #expect(folded.constant(named: "scaled.weight") == Tensor([3, 2], [1, 1, 2, 2, 3, 3]))
    let x = Tensor([2, 2], [1, -2, 0.5, 3])
    let (found, expected) = (try folded.evaluated(on: x), try graph.evaluated(on: x))
    #expect(Tolerance.rounding.accepts(found[0].elements, expected[0].elements))
  }

  @Test func keepsAScaleWhoseInputHasAnotherUse() throws {
    let graph = try scaledLinear(isShared: true)
    #expect(try FoldLayerScale().run(on: graph).description == graph.description)
  }

  @Test func isNamedInKebabCase() {
    #expect(FoldLayerScale().name == "fold-layer-scale")
    #expect(SplitQKV().name == "split-qkv")
    #expect(UsePolynomialGELU().name == "use-polynomial-gelu")
  }

  private func scaledLinear(isShared: Bool) throws -> Graph {
    var graph = Graph()
    let x = try graph.add("x", Input([2, 2]))
    let w = try graph.add("w", Constant(Tensor([3, 2], [1, 1, 1, 1, 1, 1])))
    let b = try graph.add("b", Constant(Tensor([3], [0, 1, 0])))
    let h = try graph.add("h", Linear(), [x, w, b])
    let s = try graph.add("s", Constant(Tensor([3], [1, 2, 3])))
    let y = try graph.add("scaled", Multiply(), [h, s])
    graph.outputs = isShared ? [h, y] : [y]
    return graph
  }
}
