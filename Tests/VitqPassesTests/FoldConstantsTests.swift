import Testing
import VitqGraph
import VitqOps
import VitqPasses
import VitqTensor
import VitqTestSupport

struct FoldConstantsTests {
  @Test func computesWhatReadsConstantsOnly() throws {
    var graph = Graph()
    let x = try graph.add("x", Input([2, 2]))
    let a = try graph.add("a", Constant(Tensor([2, 2], [1, 2, 3, 4])))
    let b = try graph.add("b", Constant(Tensor([2], [10, 20])))
    let sum = try graph.add("sum", Add(), [a, b])
    let y = try graph.add("y", Add(), [x, sum])
    graph.outputs = [y]
    let folded = try FoldConstants().run(on: graph)
    #expect(
      folded.description == """
        %0 = input() [2, 2] "x"
        %1 = constant() [2, 2] "sum"
        %2 = add(%0, %1) [2, 2] "y"
        return %2
        """)
    #expect(folded.constant(named: "sum") == Tensor([2, 2], [11, 22, 13, 24]))
  }

  @Test func keepsWhatReadsAnInput() throws {
    var graph = Graph()
    let x = try graph.add("x", Input([1, 2]))
    let s = try graph.add("s", Constant(Tensor([2], [3, 4])))
    graph.outputs = [try graph.add("y", Multiply(), [x, s])]
    #expect(try FoldConstants().run(on: graph).description == graph.description)
  }
}
